package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// A program notes which addresses bounced. The webhooks are those of the emulator: Segmentflow documents none.
func ExampleParseWebhook() {
	const secret = "whsec_shop"
	hooks := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := segmentflow.ParseWebhook(r, secret, time.Now())
		switch {
		case errors.Is(err, segmentflow.ErrWebhookSignature), errors.Is(err, segmentflow.ErrWebhookExpired):
			w.WriteHeader(http.StatusForbidden)
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		case event.Type == segmentflow.WebhookEmailBounced:
			fmt.Println(event.Email.To, "bounced:", event.Email.Detail.Kind)
		}
	})

	emu, err := emulator.New(emulator.WithWebhook(emulator.Webhook{Handler: hooks, Secret: secret}))
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	if _, err := emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "bounced@simulator.test"},
	}); err != nil {
		panic(err)
	}
	emu.Advance(time.Minute)
	// Output: bounced@simulator.test bounced: hard
}
