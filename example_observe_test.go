package segmentflow_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// An observer is called once for each call, whatever became of it. The module otel makes spans and metrics of it.
func ExampleWithObserver() {
	emu := acme()
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "retrieveTemplate", Status: http.StatusServiceUnavailable, Times: 1})

	client := emu.Client(segmentflow.WithObserver(func(_ context.Context, event segmentflow.CallEvent) {
		fmt.Println(event.Operation, event.Status, "attempts:", event.Attempts, "failed:", event.Err != nil)
	}))
	ctx := context.Background()
	if _, err := client.Templates.Retrieve(ctx, emu.ID("template", "order-receipt")); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Emails.Retrieve(ctx, ""); err == nil {
		log.Fatal("an empty id was sent")
	}
	// Output:
	// retrieveTemplate 200 attempts: 2 failed: false
	// retrieveEmail 0 attempts: 0 failed: true
}

// Middleware sees every attempt, and asks which call it belongs to.
func ExampleCallInfo() {
	emu := acme()
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "sendEmail", Status: http.StatusServiceUnavailable, Times: 1})

	printing := func(next http.RoundTripper) http.RoundTripper {
		// roundTripper is a func type whose method RoundTrip calls the func.
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if call, ok := segmentflow.CallInfo(req.Context()); ok {
				fmt.Println(call.Attempt, call.Operation, call.Route, call.IdempotencyKey)
			}
			return next.RoundTrip(req)
		})
	}
	client := emu.Client(segmentflow.WithMiddleware(printing))
	if _, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421")); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 sendEmail /api/v1/emails receipt:ord_9421
	// 2 sendEmail /api/v1/emails receipt:ord_9421
}
