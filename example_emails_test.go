package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func ExampleEmailsService_Send() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	type line struct {
		SKU   string `json:"sku"`
		Name  string `json:"name"`
		Price string `json:"price"`
	}
	type order struct {
		ID       string `json:"orderId"`
		Lines    []line `json:"lines"`
		Total    string `json:"total"`
		Currency string `json:"currency"`
	}
	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "order-receipt"), // the id of a Transactional Template
		To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
		Data:       order{"ord_9421", []line{{"socks", "Wool socks", "12.00"}}, "12.00", "EUR"}, // /data/*
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421")) // the reason for this email
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.Status, "from", send.From.Email, "to", send.To.Email)
	fmt.Println(send.Subject)
	// Output:
	// Queued from shop@acme.example to alex@example.com
	// Your order ord_9421
}

// The same key never sends two emails, whichever process repeats the call.
func ExampleWithIdempotencyKey() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	receipt := func() (id string, replayed bool) {
		var resp segmentflow.Response
		send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "order-receipt"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
			Data:       map[string]any{"orderId": "ord_9421"},
		}, segmentflow.WithIdempotencyKey("receipt:ord_9421"), segmentflow.WithResponse(&resp))
		if err != nil {
			log.Fatal(err)
		}
		return send.ID, resp.Replayed
	}
	first, replayed := receipt()
	fmt.Println("replayed:", replayed)
	second, replayed := receipt() // after a crash, say
	fmt.Println("replayed:", replayed)
	fmt.Println("same email:", first == second)
	fmt.Println("emails:", emu.Outbox().Count())
	// Output:
	// replayed: false
	// replayed: true
	// same email: true
	// emails: 1
}

func ExampleEmailsService_Retrieve() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID:          emu.ID("template", "order-receipt"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
		To:                  &segmentflow.Recipient{Email: "bruno@example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	send, err = client.Emails.Retrieve(ctx, send.ID)
	if err != nil {
		log.Fatal(err)
	}
	switch send.Status {
	case segmentflow.EmailSendStatusSent:
		fmt.Println("sent")
	case segmentflow.EmailSendStatusSkipped:
		fmt.Println("skipped because:", send.SkipReason())
	case segmentflow.EmailSendStatusFailed:
		fmt.Println("failed because:", send.FailureReason())
	default:
		fmt.Println("not sent yet")
	}
	// Output: skipped because: unsubscribed
}

// A batch has up to 100 items. A rejected item does not affect the others.
func ExampleEmailsService_BatchSend() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	batch, err := client.Emails.BatchSend(ctx, &segmentflow.BatchSendParams{
		Defaults: &segmentflow.BatchDefaults{TemplateID: emu.ID("template", "order-receipt")},
		Items: []segmentflow.BatchSendItem{
			{IdempotencyKey: "receipt:ord_1", To: &segmentflow.Recipient{ExternalID: "cus_123"}},
			{IdempotencyKey: "receipt:ord_2", To: &segmentflow.Recipient{Email: "no address"}},
			{IdempotencyKey: "receipt:ord_3", To: &segmentflow.Recipient{ExternalID: "cus_124"}},
		},
	})
	if err != nil {
		log.Fatal(err) // the whole call failed; rejected items are not an error
	}
	fmt.Println(batch.Accepted, "accepted,", batch.Rejected, "rejected")
	for _, item := range batch.Items {
		if item.Err != nil {
			fmt.Println(item.IdempotencyKey, item.Err.Code, item.Err.Issues[0].Path)
		}
	}
	// Output:
	// 2 accepted, 1 rejected
	// receipt:ord_2 invalid_request /items/1/to/email
}

// Err joins the errors of the rejected items, for callers that need all items or none.
func ExampleBatchResult_Err() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	batch, err := client.Emails.BatchSend(ctx, &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{{
			IdempotencyKey: "sale:alex",
			TemplateID:     emu.ID("template", "autumn-sale"), // not a Transactional Template
			To:             &segmentflow.Recipient{Email: "alex@example.com"},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(batch.Err(), segmentflow.ErrValidationFailed))
	// Output: true
}

// SendAll takes an iterator, which can read the items from a file or a database one at a time. The keys of the items
// come from the orders, so that a second run after a crash sends no email twice.
func ExampleEmailsService_SendAll() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for order := range 250 {
			if !yield(segmentflow.BatchSendItem{
				IdempotencyKey: fmt.Sprintf("receipt:ord_%d", order),
				To:             &segmentflow.Recipient{Email: fmt.Sprintf("customer%d@example.com", order)},
				Data:           map[string]any{"orderId": fmt.Sprintf("ord_%d", order)},
			}) {
				return
			}
		}
	}
	opts := segmentflow.SendAllOptions{
		Defaults: &segmentflow.BatchDefaults{TemplateID: emu.ID("template", "order-receipt")},
		Progress: func(p segmentflow.SendAllProgress) { fmt.Println(p.Done, "done,", p.Rejected, "rejected") },
	}
	for item, err := range client.Emails.SendAll(ctx, items, opts) {
		if err != nil {
			log.Fatal(err) // run again: what was sent is not sent twice
		}
		if item.Err != nil {
			fmt.Println(item.IdempotencyKey, item.Err)
		}
	}
	fmt.Println("emails:", emu.Outbox().Count())
	// Output:
	// 100 done, 0 rejected
	// 200 done, 0 rejected
	// 250 done, 0 rejected
	// emails: 250
}

// A backfill waits for the rate limit of the API, however often that takes.
func ExampleEmailsService_SendAll_rateLimit() {
	emu := acme()
	defer emu.Close()
	emu.RateLimit("batchSendEmails", 1, time.Second) // one batch a second

	items := slices.Repeat([]segmentflow.BatchSendItem{{
		TemplateID: emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}}, 500)
	sent := 0
	for item, err := range emu.Client().Emails.SendAll(
		context.Background(), slices.Values(items), segmentflow.SendAllOptions{},
	) {
		if err != nil {
			log.Fatal(err)
		}
		if item.Send != nil {
			sent++
		}
	}
	fmt.Println(sent, "sent; the API refused some batches:", emu.Requests().Status(429).Count() > 0)
	// Output: 500 sent; the API refused some batches: true
}
