package emulator_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// A call, and the email that it has sent.
func Example() {
	emu, err := emulator.New() // in a test: emu := emulator.Start(t)
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()

	_, err = emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}

	msg := emu.Outbox().To("alex@example.com").Last() // in a test: Only(t)
	fmt.Println(msg.Subject, msg.Missing)
	// Output: Hello []
}

// A Journey waits for days. Advance passes them at once, and runs each task at its own time.
func ExampleEmulator_Advance() {
	emu, err := emulator.New(
		emulator.WithSeedFile("testdata/acme.yaml"),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	_, err = emu.Client().Events.Track(context.Background(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "chiara@example.com"},
		Data:    map[string]any{"plan": "Pro", "trialId": "t_77"},
	})
	if err != nil {
		log.Fatal(err)
	}

	emu.Advance(7 * 24 * time.Hour)

	for _, msg := range emu.Outbox().To("chiara@example.com").All() {
		fmt.Println(msg.At.Format("2006-01-02 15:04"), msg.Template)
	}
	// Output:
	// 2026-03-02 09:00 trial-welcome
	// 2026-03-05 09:00 trial-reminder
}

// No API key sends to an audience at once. A person approves it, which Human stands for.
func ExampleEmulator_Human() {
	emu, err := emulator.New(emulator.WithSeedFile("testdata/acme.yaml"))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	ctx, broadcasts := context.Background(), emu.Client().Broadcasts

	sale, err := broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:                "Autumn sale",
		SegmentID:           emu.ID("segment", "gold"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
		TemplateID:          emu.ID("template", "autumn-sale"),
	})
	if err != nil {
		log.Fatal(err)
	}
	confirmation, err := broadcasts.CreateConfirmation(ctx, sale.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("before:", emu.Outbox().Count())

	if err := emu.Human().Approve(confirmation.ConfirmationID); err != nil {
		log.Fatal(err)
	}
	emu.Advance(time.Minute) // the emails are sent in batches
	fmt.Println("after:", emu.Outbox().Template("autumn-sale").Count())
	// Output:
	// before: 0
	// after: 1
}

// The address bounces. It is suppressed, so the next email is skipped.
func ExampleEmulator_Script() {
	emu, err := emulator.New()
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	emu.Script("alex@example.com", emulator.PlannedFact{Type: "bounced"})

	for range 2 {
		_, err := emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		})
		if err != nil {
			log.Fatal(err)
		}
		emu.Advance(time.Minute)
	}

	for _, send := range emu.Sends().All() {
		fmt.Printf("%s %q\n", send.Status, send.Reason)
	}
	// Output:
	// Sent ""
	// Skipped "suppressed_bounce"
}

// Explain says why an email did not come.
func ExampleEmulator_Explain() {
	emu, err := emulator.New(
		emulator.WithSeedFile("testdata/acme.yaml"),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	event, err := emu.Client().Events.Track(context.Background(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "bruno@example.com"},
		Data:    map[string]any{"plan": "Free", "trialId": "t_78"},
	})
	if err != nil {
		log.Fatal(err)
	}

	_, why, _ := strings.Cut(emu.Explain(event.EventID), "\n") // the first line has the time and the id
	fmt.Print(why)
	// Output:
	// trial-onboarding: skipped, filter_mismatch
	//     because filter: /event/plan ("Free") in ["Pro","Team"] → false
}

// Restore goes back to an image.
func ExampleEmulator_Restore() {
	emu, err := emulator.New(emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()

	img, err := emu.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	emu.Advance(72 * time.Hour)
	fmt.Println(emu.Now().Format(time.DateOnly))

	if err := emu.Restore(img); err != nil {
		log.Fatal(err)
	}
	fmt.Println(emu.Now().Format(time.DateOnly))
	// Output:
	// 2026-03-05
	// 2026-03-02
}

// The journal has the bodies of calls too. What a Template marks as sensitive is not in it.
func ExampleWithJournalBodies() {
	emu, err := emulator.New(emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithJournalBodies())
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()

	_, err = emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "password-reset"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data:       map[string]any{"resetUrl": "https://acme.example/reset/s3cret"},
	})
	if err != nil {
		log.Fatal(err)
	}
	data, _, _ := strings.Cut(emu.Requests().Last().Body, ",")
	fmt.Println(data)
	// Output: {"data":{"resetUrl":"[redacted]"}
}
