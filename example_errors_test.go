package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// Match the code with errors.Is. The fields of *Error have the rest.
func ExampleError() {
	emu := acme()
	defer emu.Close()

	_, err := emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "autumn-sale"), // a Promotional Template
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	apiErr, isAPI := errors.AsType[*segmentflow.Error](err)
	switch {
	case errors.Is(err, segmentflow.ErrNotFound):
		fmt.Println("there is no such Template")
	case errors.Is(err, segmentflow.ErrValidationFailed):
		fmt.Println("refused because of", apiErr.Reason())
	case isAPI:
		fmt.Println(apiErr.Status, apiErr.Code, apiErr.RequestID)
	}
	// Output: refused because of template_purpose
}

// A request that breaks the schema has all its issues, not only the first.
func ExampleIssue() {
	emu := acme()
	defer emu.Close()

	_, err := emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: "order-receipt", // a key, not an id
		To:         &segmentflow.Recipient{Email: "no address"},
	})
	if apiErr, ok := errors.AsType[*segmentflow.Error](err); ok && errors.Is(err, segmentflow.ErrInvalidRequest) {
		for _, issue := range apiErr.Issues {
			fmt.Println(issue.In, issue.Path, issue.Code)
		}
	}
	// Unordered output:
	// body /templateId format
	// body /to/email format
}

// The client waits and repeats a call that was refused. If the API is busy for longer, the caller gets its answer.
func ExampleWithMaxRetries() {
	emu := acme()
	defer emu.Close()
	emu.Fail(emulator.Fault{Operation: "sendEmail", Status: http.StatusTooManyRequests, RetryAfter: time.Minute})

	client := emu.Client(segmentflow.WithMaxRetries(5))
	_, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))

	if apiErr, ok := errors.AsType[*segmentflow.Error](err); ok && errors.Is(err, segmentflow.ErrRateLimited) {
		fmt.Println("try again in", apiErr.RetryAfter, "with the key", apiErr.IdempotencyKey)
	}
	// Output: try again in 1m0s with the key receipt:ord_9421
}

// The context limits the whole call: all attempts and all waits. The error is the context's and an *Error.
func ExampleError_Unwrap() {
	emu := acme()
	defer emu.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	_, err := emu.Client().Emails.Retrieve(ctx, emu.ID("template", "order-receipt"))
	apiErr, isAPI := errors.AsType[*segmentflow.Error](err)
	fmt.Println(errors.Is(err, context.Canceled), isAPI, apiErr.Attempts)
	// Output: true true 0
}

// Null clears a field, Value sets it, and the zero value leaves it as it is.
func ExampleNullable() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	alex := emu.ID("profile", "alex@example.com")

	phones := []segmentflow.Nullable[string]{segmentflow.Value("+49301234567"), {}, segmentflow.Null[string]()}
	for _, phone := range phones {
		profile, err := client.Profiles.Update(ctx, alex, &segmentflow.UpdateProfileParams{Phone: phone})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("has a phone number:", profile.Phone != nil)
	}
	// Output:
	// has a phone number: true
	// has a phone number: true
	// has a phone number: false
}
