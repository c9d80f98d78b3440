package emulator_test

import (
	"context"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// An app that makes its client itself takes the options of the emulator.
func ExampleEmulator_ClientOptions() {
	emu, err := emulator.New() // in a test: emulator.Start(t)
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()

	client, err := segmentflow.New(emu.APIKey(), append(emu.ClientOptions(), segmentflow.WithUserAgent("shop/1.0"))...)
	if err != nil {
		log.Fatal(err)
	}
	send, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send.Status, emu.Outbox().Count())
	// Output: Queued 1
}

// The client tries again after the 20 seconds that the server asks for, and the test does not wait.
func ExampleEmulator_Client() {
	emu, err := emulator.New(emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()

	emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, Status: 503, RetryAfter: 20 * time.Second})
	var resp segmentflow.Response
	_, err = emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}, segmentflow.WithResponse(&resp))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Attempts, "attempts with the key", resp.IdempotencyKey)
	fmt.Println("The clock still shows", emu.Now().Format(time.TimeOnly))
	// Output:
	// 2 attempts with the key auto_00000001-50a6-86d5-91b8-1271597bafb1
	// The clock still shows 09:00:00
}
