package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The API is down for two calls. The client repeats its call, and the email is sent once.
func ExampleEmulator_Fail() {
	emu, err := emulator.New()
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	down := emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 2, Status: 503, RetryAfter: time.Millisecond})

	var reply segmentflow.Response
	_, err = emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}, segmentflow.WithResponse(&reply))

	fmt.Println(err, reply.Attempts, "attempts,", down.Hits(), "failed,", emu.Outbox().Count(), "email")
	// Output: <nil> 3 attempts, 2 failed, 1 email
}

// The email is sent, but the reply is lost. A job that runs again with the same key sends nothing more.
func ExampleFault_afterCommit() {
	emu, err := emulator.New()
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, AfterCommit: true, Drop: true})

	client := emu.Client(segmentflow.WithMaxRetries(0))
	job := func() error {
		_, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		}, segmentflow.WithIdempotencyKey("welcome:alex"))
		return err
	}
	fmt.Println("first run failed:", job() != nil)
	fmt.Println("second run failed:", job() != nil)
	fmt.Println("emails:", emu.Outbox().Count())
	// Output:
	// first run failed: true
	// second run failed: false
	// emails: 1
}

// A key may send two emails a minute. The clock of the emulator refills the bucket.
func ExampleEmulator_RateLimit() {
	emu, err := emulator.New(emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	emu.RateLimit("sendEmail", 2, time.Minute)

	client := emu.Client(segmentflow.WithMaxRetries(0))
	send := func() error {
		_, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		})
		return err
	}
	for range 3 {
		if apiErr, failed := errors.AsType[*segmentflow.Error](send()); failed {
			fmt.Println(apiErr.Code, "retry after", apiErr.RetryAfter)
			continue
		}
		fmt.Println("sent")
	}
	emu.Advance(30 * time.Second)
	fmt.Println("limited 30 seconds later:", errors.Is(send(), segmentflow.ErrRateLimited))
	// Output:
	// sent
	// sent
	// rate_limited retry after 30s
	// limited 30 seconds later: false
}
