package segmentflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// A call that a person waits for gives up sooner. Its own limits do not change the client.
func ExampleWithCallTimeout() {
	emu := acme()
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "retrieveTemplate", Status: http.StatusServiceUnavailable})

	_, err := emu.Client().Templates.Retrieve(context.Background(), emu.ID("template", "order-receipt"),
		segmentflow.WithCallTimeout(2*time.Second), segmentflow.WithCallMaxRetries(1))
	apiErr, ok := errors.AsType[*segmentflow.Error](err)
	fmt.Println(ok && errors.Is(err, segmentflow.ErrUnavailable), apiErr.Attempts)
	// Output: true 2
}

// With returns a client with other options that shares the connections.
func ExampleClient_With() {
	emu := acme()
	defer emu.Close()
	client := emu.Client()

	patient, err := client.With(segmentflow.WithMaxRetries(10), segmentflow.WithUserAgent("backfill/1.0"))
	if err != nil {
		log.Fatal(err)
	}
	emu.Fail(emulator.Fault{Operation: "retrieveTemplate", Status: http.StatusServiceUnavailable, Times: 5})

	var resp segmentflow.Response
	_, err = patient.Templates.Retrieve(context.Background(), emu.ID("template", "order-receipt"),
		segmentflow.WithResponse(&resp))
	fmt.Println(err, resp.Attempts)
	// Output: <nil> 6
}

// The client itself keeps below a rate limit, so that the API need not refuse a call.
func ExampleWithRateLimit() {
	emu := acme()
	defer emu.Close()
	emu.RateLimit("sendEmail", 10, time.Second)

	client := emu.Client(segmentflow.WithRateLimit(10, time.Second))
	for range 25 {
		if _, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "order-receipt"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(emu.Outbox().Count(), "sent,", emu.Requests().Status(http.StatusTooManyRequests).Count(), "refused")
	// Output: 25 sent, 0 refused
}

// The reply as it is, whether or not it is JSON.
func ExampleClient_Do_raw() {
	emu := acme()
	defer emu.Close()

	var reply bytes.Buffer
	path := "/api/v1/segments/" + emu.ID("segment", "gold")
	if err := emu.Client().Do(context.Background(), http.MethodGet, path, nil, &reply); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.Contains(reply.Bytes(), []byte("Gold members")))
	// Output: true
}
