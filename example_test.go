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
				IdempotencyKey: fmt.Sprintf("receipt:%d", order), // after a crash, run it again
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
		Event:             "order.created",
		Profile:           segmentflow.ProfileIdentity{ExternalID: "cus_123", Properties: map[string]any{"tier": "gold"}},
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
		Profile:   segmentflow.ProfileIdentity{Email: "alex@example.com"},
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
