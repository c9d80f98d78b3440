package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func ExampleNew() {
	client, err := segmentflow.New(os.Getenv("SEGMENTFLOW_API_KEY"), segmentflow.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	_ = client
}

func ExampleEmailsService_Send() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	send, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55",
		To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
		Data:       map[string]any{"orderId": "ord_9421", "total": 42.5},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.ID, send.Status)
}

func ExampleEmailsService_BatchSend() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	batch, err := client.Emails.BatchSend(context.Background(), &segmentflow.BatchSendParams{
		Defaults: &segmentflow.BatchDefaults{TemplateID: "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55"},
		Items: []segmentflow.BatchSendItem{
			{IdempotencyKey: "receipt:ord_9421", To: &segmentflow.Recipient{Email: "alex@example.com"}},
			{IdempotencyKey: "receipt:ord_9422", To: &segmentflow.Recipient{ExternalID: "cus_124"}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range batch.Items {
		if item.Err != nil {
			log.Printf("%s was rejected: %v", item.IdempotencyKey, item.Err)
		}
	}
}

func ExampleEmailsService_SendAll() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for order := range 250_000 { // read them from your database, one at a time
			if !yield(segmentflow.BatchSendItem{
				IdempotencyKey: fmt.Sprintf("receipt:%d", order), // after a crash, run the program again
				TemplateID:     "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55",
				To:             &segmentflow.Recipient{ExternalID: fmt.Sprintf("cus_%d", order)},
			}) {
				return
			}
		}
	}
	for item, err := range client.Emails.SendAll(context.Background(), items, segmentflow.SendAllOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		if item.Err != nil {
			log.Printf("%s was rejected: %v", item.IdempotencyKey, item.Err)
		}
	}
}

func ExampleEventsService_Track() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	event, err := client.Events.Track(context.Background(), &segmentflow.TrackEventParams{
		Event: "order.created",
		Profile: segmentflow.ProfileIdentity{
			ExternalID: "cus_123",
			Properties: map[string]any{"tier": "gold"},
		},
		Data:              map[string]any{"orderId": "ord_9421", "resetUrl": "https://acme.example/r/1"},
		RedactedDataPaths: []string{"/event/resetUrl"},
	}, segmentflow.WithIdempotencyKey("order.created:ord_9421"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(event.EnrolledJourneys, "of", event.MatchedJourneys, "journeys started")
}

func ExampleJourneysService_Trigger() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	started, err := client.Journeys.Trigger(context.Background(), "trial-onboarding", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "alex@example.com"},
		Variables: map[string]any{"plan": "Pro"},
	})
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.Journeys.RetrieveRun(context.Background(), started.RunID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Status)
}

func ExampleProfilesService_All() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	gold := segmentflow.ProfileFilter{
		ProfilePropertyFilter: []segmentflow.ProfilePropertyFilter{{ID: "tier", Values: []string{"gold"}}},
	}
	for profile, err := range client.Profiles.All(context.Background(), &segmentflow.ListProfilesParams{
		ProfileFilter: gold,
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(profile.Email, string(profile.Properties["points"].Value))
	}
}

func ExampleProfilesService_Update() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Profiles.Update(
		context.Background(),
		"b7c9a5de-3c0b-4f52-a6c9-6b0a7c2b8b90",
		&segmentflow.UpdateProfileParams{
			Properties: map[string]any{
				"tier":      "gold",
				"trialPlan": nil, // removes the property
			}, // all other properties stay
			Phone: segmentflow.Null[string](), // removes the phone number
		},
	)
	if err != nil {
		log.Fatal(err)
	}
}

// A program prepares a Broadcast. A person sends it.
func ExampleBroadcastsService_CreateConfirmation() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	draft, err := client.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:                "Spring sale",
		SegmentID:           "2d1c0b9a-8f7e-4d6c-9b5a-4f3e2d1c0b9a",
		SubscriptionGroupID: "3e2d1c0b-9a8f-4e7d-8c6b-5a4f3e2d1c0b",
		TemplateID:          "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55",
	})
	if err != nil {
		log.Fatal(err)
	}
	check, err := client.Broadcasts.Preflight(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	if !check.Ready {
		log.Fatal(check.Blockers)
	}
	confirmation, err := client.Broadcasts.CreateConfirmation(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d recipients: approve at %s\n", confirmation.AudienceCount, confirmation.ConfirmationURL)
}

func ExampleBroadcastsService_Schedule() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	broadcast, err := client.Broadcasts.Schedule(context.Background(), "4f3e2d1c-0b9a-4f8e-9d7c-6b5a4f3e2d1c",
		&segmentflow.ScheduleCarrierParams{ScheduledAt: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("will be sent at", broadcast.ScheduledAt)
}

func ExampleError() {
	client, err := segmentflow.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Emails.Retrieve(context.Background(), "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55")
	apiErr, isAPI := errors.AsType[*segmentflow.Error](err)
	switch {
	case errors.Is(err, segmentflow.ErrNotFound):
		fmt.Println("there is no such email")
	case isAPI:
		fmt.Println(apiErr.Status, apiErr.Code, apiErr.RequestID)
	}
}
