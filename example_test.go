package segmentflow_test

import (
	"context"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// acme returns an emulator with the world of a small shop, on Monday, 2 March 2026, at 9:00. All examples run on it. A
// program takes its client from segmentflow.NewFromEnv instead.
func acme() *emulator.Emulator {
	emu, err := emulator.New(
		emulator.WithSeedFile("emulator/testdata/acme.yaml"),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)),
	)
	if err != nil {
		log.Fatal(err)
	}
	return emu
}

// One email, and what its recipient got.
func Example() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data:       map[string]any{"orderId": "ord_9421", "total": "101.50", "currency": "EUR"},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.Status)

	msg := emu.Outbox().Last()
	fmt.Println(msg.Subject)
	// Output:
	// Queued
	// Your order ord_9421
}
