package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Report what happened. The Journeys that start on this event decide about emails.
func ExampleEventsService_Track() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	event, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event: "trial.started",
		Profile: segmentflow.ProfileIdentity{
			ExternalID: "cus_124",
			Properties: map[string]any{"company": "Bruno's Bikes"}, // stays with the Profile: /profile/company
		},
		Data: map[string]any{"trialId": "t_77", "plan": "Pro"}, // belongs to this event: /event/plan
	}, segmentflow.WithIdempotencyKey("trial.started:t_77"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Journeys matched:", event.MatchedJourneys)
	fmt.Println("runs started:", event.EnrolledJourneys, "skipped:", event.SkippedJourneys)
	// Output:
	// Journeys matched: 1
	// runs started: 1 skipped: 0
}

// A value in RedactedDataPaths is blanked before anything is stored.
func ExampleEventsService_Track_redacted() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	tracked, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event:             "password_reset.requested",
		Profile:           segmentflow.ProfileIdentity{Email: "alex@example.com"},
		Data:              map[string]any{"resetRequestId": "r_1", "resetUrl": "https://acme.example/r?token=s3cr3t"},
		RedactedDataPaths: []string{"/event/resetUrl"},
		OccurredAt:        time.Date(2026, 3, 2, 8, 59, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(emu.Event(tracked.EventID).Data["resetUrl"])
	// Output: [redacted]
}

// Start one named Journey for one Profile, and look at its run.
func ExampleJourneysService_Trigger() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	started, err := client.Journeys.Trigger(ctx, "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{ExternalID: "cus_124"},
		Variables: map[string]any{"newTier": "gold"}, // belongs to this run: /data/newTier
	}, segmentflow.WithIdempotencyKey("loyalty-upgrade:cus_124:gold"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(started.Status)

	run, err := client.Journeys.RetrieveRun(ctx, started.RunID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Status)
	// Output:
	// queued
	// completed
}

// A run that failed says why. A run that waits is running.
func ExampleJourneysService_RetrieveRun() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	if _, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "bruno@example.com"},
		Data:    map[string]any{"trialId": "t_77", "plan": "Pro"},
	}); err != nil {
		log.Fatal(err)
	}
	runID := emu.Runs("trial-onboarding").Last().RunID

	for range 2 {
		run, err := client.Journeys.RetrieveRun(ctx, runID)
		if err != nil {
			log.Fatal(err)
		}
		switch run.Status {
		case segmentflow.JourneyRunStatusCompleted, segmentflow.JourneyRunStatusExited:
			fmt.Println(run.Status, "at", run.CompletedAt)
		case segmentflow.JourneyRunStatusFailed:
			fmt.Println("failed:", *run.Error)
		default:
			fmt.Println("in progress")
		}
		emu.Advance(72 * time.Hour) // the Journey waits for three days
	}
	// Output:
	// in progress
	// completed at 2026-03-05 09:00:00 +0000 UTC
}

// A Journey that starts by an event cannot be triggered.
func ExampleJourneysService_Trigger_refused() {
	emu := acme()
	defer emu.Close()

	_, err := emu.Client().Journeys.Trigger(context.Background(), "trial-onboarding", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{Email: "alex@example.com"},
	})
	apiErr, ok := errors.AsType[*segmentflow.Error](err)
	if ok && apiErr.Reason() == segmentflow.ReasonJourneyNotAPIEntry {
		fmt.Println("track the event instead")
	}
	// Output: track the event instead
}
