package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// sale returns the id of a draft that is ready to be sent.
func sale(emu *emulator.Emulator) string {
	draft, err := emu.Client().Broadcasts.Create(context.Background(), &segmentflow.CreateBroadcastParams{
		Name:                "Autumn sale",
		SegmentID:           emu.ID("segment", "gold"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
		TemplateID:          emu.ID("template", "autumn-sale"),
	})
	if err != nil {
		log.Fatal(err)
	}
	return draft.ID
}

// A program prepares a Broadcast. Without a time it is a draft.
func ExampleBroadcastsService_Create() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	draft, err := client.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:                "Autumn sale",
		SegmentID:           emu.ID("segment", "gold"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"), // the consent that recipients need
		TemplateID:          emu.ID("template", "autumn-sale"),
	})
	if err != nil {
		log.Fatal(err)
	}
	broadcast, err := client.Broadcasts.Retrieve(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(broadcast.Name, broadcast.Status, broadcast.ScheduledAt)
	// Output: Autumn sale NotStarted <nil>
}

// Update changes a draft. Null clears a field.
func ExampleBroadcastsService_Update() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	broadcast, err := client.Broadcasts.Update(ctx, sale(emu), &segmentflow.UpdateBroadcastParams{
		Subject:   segmentflow.Value("Only today, ${/profile/firstName}"),
		SegmentID: segmentflow.Null[string](), // no audience yet
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*broadcast.Subject, broadcast.SegmentID)
	// Output: Only today, ${/profile/firstName} <nil>
}

// Preview shows who would get it, and how it would look.
func ExampleBroadcastsService_Preview() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	preview, err := client.Broadcasts.Preview(ctx, sale(emu), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(preview.Audience.Eligible, "of", preview.Audience.Total, "would get it")
	fmt.Println(preview.Sample.Email, preview.Sample.Subject)
	// Output:
	// 1 of 1 would get it
	// alex@example.com Autumn sale, Alex
}

// Preflight lists what prevents sending, and what deserves a second look.
func ExampleBroadcastsService_Preflight() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	draft, err := client.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:       "Autumn sale",
		TemplateID: emu.ID("template", "autumn-sale"),
	})
	if err != nil {
		log.Fatal(err)
	}
	check, err := client.Broadcasts.Preflight(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready:", check.Ready)
	for _, blocker := range check.Blockers {
		fmt.Println(blocker.Code)
	}
	// Output:
	// ready: false
	// segment_missing
	// subscription_group_missing
}

// A test goes to one recipient and never counts in the results.
func ExampleBroadcastsService_SendTest() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	send, err := client.Broadcasts.SendTest(ctx, sale(emu), &segmentflow.SendTestParams{Email: "mira@acme.example"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.Status, "to", send.To.Email)
	// Output: Queued to mira@acme.example
}

// The handoff: a program creates a confirmation, and a person approves it in the dashboard.
func ExampleBroadcastsService_CreateConfirmation() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := sale(emu)

	confirmation, err := client.Broadcasts.CreateConfirmation(ctx, id)
	if apiErr, ok := errors.AsType[*segmentflow.Error](err); ok && errors.Is(err, segmentflow.ErrValidationFailed) {
		log.Fatal(apiErr.Blockers()) // the same as those of Preflight
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q to %d, valid for %s\n",
		confirmation.SubjectPreview, confirmation.AudienceCount, confirmation.ExpiresAt.Sub(emu.Now()))

	// A person opens confirmation.ConfirmationURL. Here the emulator plays this person.
	if err := emu.Human().Approve(confirmation.ConfirmationID); err != nil {
		log.Fatal(err)
	}
	emu.Advance(time.Minute)

	results, err := client.Broadcasts.Results(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results.Status, results.Detail.Sent, "sent,", results.Detail.Delivered, "delivered")
	// Output:
	// "Autumn sale, Alex" to 1, valid for 15m0s
	// Sent 1 sent, 1 delivered
}

// A schedule can be taken back until its time.
func ExampleBroadcastsService_Schedule() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := sale(emu)

	scheduled, err := client.Broadcasts.Schedule(ctx, id, &segmentflow.ScheduleCarrierParams{
		ScheduledAt: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), // or ScheduledIn: 72 * time.Hour
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("will be sent at", scheduled.ScheduledAt)

	draft, err := client.Broadcasts.Cancel(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a draft again:", draft.ScheduledAt == nil)
	// Output:
	// will be sent at 2026-03-05 09:00:00 +0000 UTC
	// a draft again: true
}

// Create a scheduled Broadcast in one call.
func ExampleBroadcastsService_Create_scheduled() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	_, err := client.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:                "Autumn sale",
		SegmentID:           emu.ID("segment", "gold"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
		TemplateID:          emu.ID("template", "autumn-sale"),
		ScheduledIn:         2 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	emu.Advance(2 * time.Hour)
	fmt.Println(emu.Outbox().Template("autumn-sale").Count())
	// Output: 1
}

func ExampleBroadcastsService_All() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	copied, err := client.Broadcasts.Duplicate(ctx, sale(emu))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Broadcasts.Archive(ctx, copied.ID); err != nil {
		log.Fatal(err)
	}

	for broadcast, err := range client.Broadcasts.All(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(broadcast.Name, broadcast.Status)
	}
	// Unordered output:
	// Autumn sale NotStarted
	// Autumn sale (copy) Archived
}

func ExampleBroadcastsService_List() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	sale(emu)

	drafts, err := client.Broadcasts.List(ctx, &segmentflow.ListBroadcastsParams{
		Status: []segmentflow.BroadcastStatus{segmentflow.BroadcastStatusNotStarted},
		Limit:  10,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(drafts.Broadcasts), "on this page; the last:", drafts.NextCursor == nil)
	// Output: 1 on this page; the last: true
}
