package segmentflow_test

import (
	"context"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Wait polls until the send is Sent, Failed or Skipped. With an emulator it takes no time.
func ExampleEmailsService_Wait() {
	emu := acme()
	defer emu.Close()
	client := emu.Client()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.Status)
	send, err = client.Emails.Wait(ctx, send.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.Status)
	// Output:
	// Queued
	// Sent
}

func ExampleJourneysService_WaitRun() {
	emu := acme()
	defer emu.Close()
	client := emu.Client()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	started, err := client.Journeys.Trigger(ctx, "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{ExternalID: "cus_124"},
		Variables: map[string]any{"newTier": "gold"},
	})
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.Journeys.WaitRun(ctx, started.RunID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Status)
	// Output: completed
}

func ExampleBroadcastsService_Wait() {
	emu := acme()
	defer emu.Close()
	client := emu.Client()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	id := sale(emu)
	confirmation, err := client.Broadcasts.CreateConfirmation(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	if err := emu.Human().Approve(confirmation.ConfirmationID); err != nil { // a person, in the dashboard
		log.Fatal(err)
	}
	broadcast, err := client.Broadcasts.Wait(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(broadcast.Status, broadcast.Stats.Sent)
	// Output: Sent 1
}

func ExampleNewsletterIssuesService_Wait() {
	emu := acme()
	defer emu.Close()
	client := emu.Client()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	id := issue(emu)
	confirmation, err := client.NewsletterIssues.CreateConfirmation(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	if err := emu.Human().Approve(confirmation.ConfirmationID); err != nil { // a person, in the dashboard
		log.Fatal(err)
	}
	sent, err := client.NewsletterIssues.Wait(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.Status, sent.Stats.Sent)
	// Output: Sent 1
}
