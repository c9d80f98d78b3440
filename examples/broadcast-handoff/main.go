// Command broadcast-handoff prepares a Broadcast through the API. The API cannot send it immediately: a person does
// that in the dashboard. The program then reads the results.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/broadcast-handoff
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The data that the emulator starts with: a Template, a Segment and its members.
//
//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "broadcast-handoff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(monday))
	if err != nil {
		return err
	}
	defer emu.Close()
	client := emu.Client() // the same client that calls the hosted API, with an in-process transport

	id, err := draft(ctx, client, emu)
	if err != nil {
		return err
	}

	// All steps use the API, except for the person's approval in handOff.
	steps := []func(context.Context, *segmentflow.Client, *emulator.Emulator, string) error{
		preview, preflight, test, noSendNow, handOff, results,
	}
	for _, step := range steps {
		if err := step(ctx, client, emu, id); err != nil {
			return err
		}
	}
	return nil
}

func draft(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator) (id string, err error) {
	made, err := client.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:                "Autumn sale",
		SegmentID:           emu.ID("segment", "gold"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"), // the consent that recipients need
		TemplateID:          emu.ID("template", "autumn-sale"),
		From:                "Acme Outdoor <hello@new.acme.example>", // instead of the Template's sender
	})
	if err != nil {
		return "", err
	}
	broadcast, err := client.Broadcasts.Retrieve(ctx, made.ID)
	if err != nil {
		return "", err
	}
	fmt.Printf("1. A draft: %s is %s\n", broadcast.Name, broadcast.Status)
	return made.ID, nil
}

func preview(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator, id string) error {
	alex := emu.ID("profile", "alex@example.com") // without this, the sample is for the first recipient
	seen, err := client.Broadcasts.Preview(ctx, id, &segmentflow.PreviewCarrierParams{ProfileID: alex})
	if err != nil {
		return err
	}

	fmt.Println("2. Preview: who would get it, and how it would look")
	printAudience(seen.Audience)
	for _, who := range seen.Recipients {
		fmt.Println("     ", who.Email)
	}
	if seen.Sample == nil {
		return errors.New("the preview has no sample")
	}
	mail := fmt.Sprintf("To: %s\nSubject: %s\n\n%s",
		seen.Sample.Email, seen.Sample.Subject, strings.TrimSpace(seen.Sample.Text))
	fmt.Println("   | " + strings.ReplaceAll(mail, "\n", "\n   | "))
	return nil
}

func preflight(ctx context.Context, client *segmentflow.Client, _ *emulator.Emulator, id string) error {
	fmt.Println("3. Preflight: what prevents sending, and what deserves a second look")
	if err := printPreflight(ctx, client, id); err != nil {
		return err
	}

	// Null clears the sender of the Broadcast. The Template's sender, on a verified domain, applies again.
	if _, err := client.Broadcasts.Update(ctx, id, &segmentflow.UpdateBroadcastParams{
		From: segmentflow.Null[string](),
	}); err != nil {
		return err
	}
	fmt.Println("   After an update of the draft, with the Template's sender:")
	return printPreflight(ctx, client, id)
}

func test(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator, id string) error {
	send, err := client.Broadcasts.SendTest(ctx, id, &segmentflow.SendTestParams{Email: "mira@acme.example"})
	if err != nil {
		return err
	}

	got := emu.Outbox().To("mira@acme.example").Last()
	fmt.Printf("4. A test to one recipient, %s: %q. Emails in the outbox: %d\n",
		send.To.Email, got.Subject, emu.Outbox().Count())
	fmt.Println("   The preflight no longer warns that there was no test:")
	return printPreflight(ctx, client, id)
}

// noSendNow shows the two locks on sending to an audience. First, the client has no method that sends immediately.
// Second, a key without allowSends can prepare a Broadcast, but cannot even create a confirmation, whatever its scopes
// are.
func noSendNow(ctx context.Context, _ *segmentflow.Client, emu *emulator.Emulator, id string) error {
	fmt.Println("5. No call sends immediately. Without allowSends, a key cannot create a confirmation or a schedule:")

	planner := emu.ClientFor(emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}}))
	_, handedOver := planner.Broadcasts.CreateConfirmation(ctx, id)
	_, scheduled := planner.Broadcasts.Schedule(ctx, id, &segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour})
	for _, err := range []error{handedOver, scheduled} {
		if !errors.Is(err, segmentflow.ErrSendNotAllowed) {
			return fmt.Errorf("want send_not_allowed for a key without allowSends, got %w", err)
		}
		fmt.Println("  ", err)
	}
	return nil
}

func handOff(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator, id string) error {
	confirmation, err := client.Broadcasts.CreateConfirmation(ctx, id)
	if err != nil {
		return err
	}
	fmt.Printf("6. The handoff: a person decides at %s\n", confirmation.ConfirmationURL)
	fmt.Printf("   %q to %d recipients, from %s <%s>; valid for %s. Emails to Alex so far: %d\n",
		confirmation.SubjectPreview,
		confirmation.AudienceCount,
		confirmation.SenderProfile.Name,
		confirmation.SenderProfile.FromEmail,
		confirmation.ExpiresAt.Sub(emu.Now()),
		emu.Outbox().To("alex@example.com").Count(),
	)

	// In production a person who is signed in clicks in the dashboard. Here the program does it.
	if err := emu.Human().Approve(confirmation.ConfirmationID); err != nil {
		return err
	}
	fmt.Printf("   The person approves. Email to Alex: %q\n", emu.Outbox().To("alex@example.com").Last().Subject)
	return nil
}

func results(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator, id string) error {
	emu.Advance(time.Minute) // an email is delivered, or bounces, a moment after it was sent
	if err := emu.Open(emu.Outbox().To("alex@example.com").Last()); err != nil {
		return err
	}
	if err := emu.Unsubscribe(emu.Outbox().To("chiara@example.com").Last()); err != nil {
		return err
	}

	got, err := client.Broadcasts.Results(ctx, id)
	if err != nil {
		return err
	}
	d := got.Detail
	skipped := 0
	for _, n := range d.Skipped {
		skipped += n
	}

	fmt.Printf("7. Results: the Broadcast is %s\n", got.Status)
	fmt.Printf("   audience %d = eligible %d + skipped %d\n", d.Audience, d.Eligible, skipped)
	fmt.Printf("   eligible %d = queued %d + processing %d + sent %d + failed %d + skipped at send %d + cancelled %d\n",
		d.Eligible, d.Queued, d.Processing, d.Sent, d.Failed, d.SkippedAtSend, d.Cancelled)
	fmt.Printf("   of the sent emails: delivered %d, bounced %d; opened by %d, unsubscribed %d\n",
		d.Delivered, d.Bounced, d.Opened.Unique, d.Unsubscribed)
	return nil
}

func printAudience(a segmentflow.Audience) {
	fmt.Printf("   Audience of %d: %d eligible, skipped by reason: %v\n", a.Total, a.Eligible, a.Skipped)
}

func printPreflight(ctx context.Context, client *segmentflow.Client, id string) error {
	found, err := client.Broadcasts.Preflight(ctx, id)
	if err != nil {
		return err
	}
	fmt.Printf("   ready: %t\n", found.Ready)
	if err := printFindings("blocker", found.Blockers); err != nil {
		return err
	}
	return printFindings("warning", found.Warnings)
}

func printFindings(kind string, findings []segmentflow.PreflightFinding) error {
	for _, f := range findings {
		fmt.Printf("     %s %s: %s\n", kind, f.Code, f.Message)
		if len(f.Details) == 0 {
			continue
		}
		details, err := json.Marshal(f.Details)
		if err != nil {
			return err
		}
		fmt.Printf("       %s\n", details)
	}
	return nil
}
