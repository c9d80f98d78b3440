// Command quickstart shows the basics in one process: an email that the program sends, an event that starts a Journey,
// and the email that the Journey sends three days later, which takes only a moment.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/quickstart
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The data that the emulator starts with: Templates, a Journey and one Profile.
//
//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(monday))
	if err != nil {
		return err
	}
	defer emu.Close()
	client := emu.Client() // the same client that calls the hosted API, with an in-process transport

	if err := sendOneEmail(ctx, client, emu); err != nil {
		return err
	}
	if err := startJourney(ctx, client, emu); err != nil {
		return err
	}
	return letTimePass(emu)
}

func sendOneEmail(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator) error {
	fmt.Println("1. One email: client.Emails.Send")
	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data: map[string]any{
			"orderId":     "ord_9421",
			"total":       42.5,
			"trackingUrl": "https://acme.example/track/9421",
		},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
	if err != nil {
		return err
	}
	accepted := send.Status
	if send, err = client.Emails.Retrieve(ctx, send.ID); err != nil {
		return err
	}
	fmt.Printf("   The reply says %s; a moment later the email is %s. In the outbox:\n\n", accepted, send.Status)
	return showNewest(emu, 1)
}

func startJourney(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator) error {
	fmt.Println("2. One event: client.Events.Track")
	event, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
		Data:    map[string]any{"trialId": "t_77", "plan": "Pro"},
	}, segmentflow.WithIdempotencyKey("trial.started:t_77"))
	if err != nil {
		return err
	}
	fmt.Printf("   It matched %d Journey and started %d run, which sends an email at once:\n\n",
		event.MatchedJourneys, event.EnrolledJourneys)
	return showNewest(emu, 2)
}

func letTimePass(emu *emulator.Emulator) error {
	fmt.Println("3. Three days: emu.Advance(72 * time.Hour)")
	before, began := emu.Now(), time.Now()
	emu.Advance(72 * time.Hour)
	fmt.Printf("   From %s to %s in %s. The Journey has continued:\n\n",
		before.Format(time.DateTime), emu.Now().Format(time.DateTime), time.Since(began).Round(time.Microsecond))
	if err := showNewest(emu, 3); err != nil {
		return err
	}
	fmt.Println("Everything happened in this process. " +
		"Next: the test in README.md, or go run ./examples/testing-your-app")
	return nil
}

// showNewest prints the newest email of the outbox, which must contain this many.
func showNewest(emu *emulator.Emulator, want int) error {
	outbox := emu.Outbox()
	if got := outbox.Count(); got != want {
		return fmt.Errorf("the outbox contains %d emails, not %d", got, want)
	}
	msg := outbox.Last()
	mail := fmt.Sprintf("To: %s\nSubject: %s\n\n%s", msg.To[0].Email, msg.Subject, strings.TrimSpace(msg.Text))
	fmt.Println("   | " + strings.ReplaceAll(mail, "\n", "\n   | ") + "\n")
	return nil
}
