package emulator_test

import (
	"context"
	"fmt"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// receipts has a Template whose email needs the consent of its recipient, and somebody who has unsubscribed.
const receipts = `
domains: [{domain: acme.example, status: verified}]
senderProfiles: [{key: acme, name: Acme, email: hello@acme.example, default: true}]
subscriptionGroups: [{key: offers, name: Offers, policy: OptOut}]
templates:
  - {key: sale, purpose: Transactional, definition: {subject: Sale, text: "20 % off"}}
journeys:
  - {key: trial, status: Active, entry: {type: event, event: trial.started, filter: {$state: /event/plan, eq: pro}},
     start: a, nodes: [{id: a, type: delay, for: P3D, next: b}, {id: b, type: exit}]}
profiles:
  - {email: alex@example.com, properties: {plan: pro}, subscriptions: {offers: Unsubscribed}}
  - {email: bruno@example.com, properties: {plan: free}}
`

// startExample starts an emulator with the seed above. A test calls emulator.Start(t).
func startExample() *emulator.Emulator {
	seed, err := emulator.ParseSeed([]byte(receipts))
	if err != nil {
		panic(err)
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		panic(err)
	}
	return emu
}

// An email that was not sent is in no outbox. Sends has it, with the reason. The seed says that alex has unsubscribed.
func ExampleEmulator_Sends() {
	emu := startExample()
	defer emu.Close()
	client := emu.Client()

	// The code under test sends.
	_, err := client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID:          emu.ID("template", "sale"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
		To:                  &segmentflow.Recipient{Email: "alex@example.com"},
	})
	if err != nil {
		panic(err)
	}

	for _, send := range emu.Sends().To("alex@example.com").All() {
		fmt.Println(send.Template, send.Status, send.Reason)
	}
	// Output: sale Skipped unsubscribed
}

// The code under test makes a mistake. Requests shows what the API answered, and why.
func ExampleEmulator_Requests() {
	emu := startExample()
	defer emu.Close()
	client := emu.Client()

	// The code under test makes a mistake.
	_, _ = client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "sale"),
		To:         &segmentflow.Recipient{Email: "alex"},
	}, segmentflow.WithIdempotencyKey("order-1"))

	request := emu.Requests().Operation("sendEmail").Last()
	fmt.Println(request.Status, request.Code, request.IdempotencyKey)
	fmt.Println(request.Issues[0].Path, request.Issues[0].Message)
	// Output:
	// 400 invalid_request order-1
	// /to/email must be an email address without a display name
}

// The entry of the seeded Journey has a filter: only the plan pro starts a run.
func ExampleEmulator_Runs() {
	emu := startExample()
	defer emu.Close()
	client := emu.Client()

	for _, email := range []string{"alex@example.com", "bruno@example.com"} {
		_, err := client.Events.Track(context.Background(), &segmentflow.TrackEventParams{
			Event:   "trial.started",
			Profile: segmentflow.ProfileIdentity{Email: email},
			Data:    map[string]any{"plan": emu.Profile(email).Properties["plan"].Value},
		})
		if err != nil {
			panic(err)
		}
	}

	fmt.Println(emu.Runs("trial").Count(), "run")
	run := emu.Runs("trial").Profile("alex@example.com").Last()
	fmt.Println(run.Status, "at", run.Waiting.Node)
	// Output:
	// 1 run
	// running at a
}

// An event has its outcome at each Journey, with the reason.
func ExampleEmulator_Events() {
	emu := startExample()
	defer emu.Close()
	client := emu.Client()

	_, err := client.Events.Track(context.Background(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "bruno@example.com"},
		Data:    map[string]any{"plan": "free"},
	})
	if err != nil {
		panic(err)
	}

	event := emu.Events().Name("trial.started").Profile("bruno@example.com").Last()
	fmt.Println(event.Outcomes[0].Journey, event.Outcomes[0].Outcome, event.Outcomes[0].Reason)
	fmt.Println(event.Outcomes[0].Why)
	// Output:
	// trial skipped filter_mismatch
	// filter: /event/plan ("free") eq "pro" → false
}

// The seed has two Profiles. One of them has the plan pro and has unsubscribed.
func ExampleEmulator_Profiles() {
	emu := startExample()
	defer emu.Close()

	for _, profile := range emu.Profiles().Property("plan", "pro").Unsubscribed("offers").All() {
		fmt.Println(profile.Email)
	}
	fmt.Println(emu.Profiles().Count())
	// Output:
	// alex@example.com
	// 2
}
