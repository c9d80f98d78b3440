// Command consent shows what stops email. A one-click unsubscribe stops the email of one SubscriptionGroup. A bounce
// stops all email to an address.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/consent
package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The data that the emulator starts with: two groups, an email that needs consent and one that does not.
//
//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "consent:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		return err
	}
	defer emu.Close()

	if err := unsubscribe(ctx, emu); err != nil {
		return err
	}
	return bounce(ctx, emu)
}

func unsubscribe(ctx context.Context, emu *emulator.Emulator) error {
	fmt.Println("1. Alex unsubscribes")
	if err := send(ctx, emu, "discount", "offers", "alex@example.com"); err != nil {
		return err
	}

	offer := emu.Outbox().To("alex@example.com").Last()
	fmt.Println("   List-Unsubscribe:     ", offer.Headers.Get("List-Unsubscribe")[:29]+"…>")
	fmt.Println("   List-Unsubscribe-Post:", offer.Headers.Get("List-Unsubscribe-Post"))

	// A GET only shows a page, so a scanner that follows every link in an email does not unsubscribe. Only a POST does.
	browser := &http.Client{Transport: emu.Transport()}
	page, err := browser.Get(offer.Link("Unsubscribe"))
	if err != nil {
		return err
	}
	page.Body.Close()
	fmt.Printf("   GET of that link: %s; changes to Alex's subscriptions: %d\n",
		page.Status, len(emu.SubscriptionChanges("alex@example.com")))

	if err := emu.Unsubscribe(offer); err != nil { // the POST of a mail client, RFC 8058
		return err
	}
	for _, change := range emu.SubscriptionChanges("alex@example.com") {
		fmt.Printf("   POST: Alex is %s in %s, by %s\n", change.Status, change.Group, change.Source)
	}
	for _, mail := range [][2]string{{"discount", "offers"}, {"discount", "product-news"}, {"receipt", ""}} {
		if err := send(ctx, emu, mail[0], mail[1], "alex@example.com"); err != nil {
			return err
		}
	}
	return nil
}

func bounce(ctx context.Context, emu *emulator.Emulator) error {
	fmt.Println("2. Bruno's mailbox is gone")
	if err := send(ctx, emu, "receipt", "", "bruno@example.com"); err != nil {
		return err
	}
	if err := emu.Bounce(emu.Outbox().To("bruno@example.com").Last(), emulator.BounceHard); err != nil {
		return err
	}
	fmt.Println("   the email bounced; the address is suppressed:", emu.Profile("bruno@example.com").Suppressed)
	return send(ctx, emu, "receipt", "", "bruno@example.com")
}

// send sends one email, for a group unless that is "", and prints the outcome.
func send(ctx context.Context, emu *emulator.Emulator, template, group, to string) error {
	params := &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", template),
		To:         &segmentflow.Recipient{Email: to},
	}
	purpose := "no group"
	if group != "" {
		purpose = "group " + group
		params.SubscriptionGroupID = emu.ID("subscriptionGroup", group)
	}

	client := emu.Client()
	accepted, err := client.Emails.Send(ctx, params)
	if err != nil {
		return err
	}

	// Consent is checked just before the email is sent. The reply says Queued; only Retrieve returns the outcome.
	ended, err := client.Emails.Retrieve(ctx, accepted.ID)
	if err != nil {
		return err
	}

	fmt.Printf("   %s to %s, %s: %s", template, to, purpose, ended.Status)
	if ended.FailureMessage != nil {
		fmt.Printf(" (%s)", *ended.FailureMessage)
	}
	fmt.Println()
	return nil
}
