package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The code under test answers first and sends later, from a goroutine of its own.
func ExampleOutbox_Await() {
	emu, err := emulator.New()
	if err != nil {
		panic(err)
	}
	defer emu.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	go func() {
		_, _ = emu.Client().Emails.Send(ctx, &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		})
	}()

	msg, err := emu.Outbox().To("alex@example.com").Await(ctx) // in a test: .Eventually(t)
	if err != nil {
		panic(err)
	}
	fmt.Println(msg.Subject)
	// Output: Hello
}

// If the email does not come, the error says what happened instead.
func ExampleOutbox_Await_explained() {
	emu, err := emulator.New(emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		panic(err)
	}
	defer emu.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = emu.Outbox().To("alex@example.com").Await(ctx)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	fmt.Println(err)
	// Output:
	// true
	// outbox: no message to alex@example.com; the clock is at 2026-03-02T09:00:00.000Z
	//   there is no Profile with the email alex@example.com
	// nothing was sent
	// nothing is due later
	// the wait ended: context deadline exceeded
}

// AwaitEvent waits until the code under test reports what happened.
func ExampleEmulator_AwaitEvent() {
	emu, err := emulator.New()
	if err != nil {
		panic(err)
	}
	defer emu.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	go func() {
		_, _ = emu.Client().Events.Track(ctx, &segmentflow.TrackEventParams{
			Event:   "order.created",
			Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
			Data:    map[string]any{"orderId": "ord_9421"},
		})
	}()

	event, err := emu.AwaitEvent(ctx, "order.created")
	if err != nil {
		panic(err)
	}
	fmt.Println(event.Event, event.Data["orderId"])
	// Output: order.created ord_9421
}
