// Command newsletter-issue writes one Issue of a Newsletter, schedules it, cancels the schedule to correct it, and
// schedules it again. Cancelling before the scheduled time loses nothing. Three days pass in a moment, and the Issue is
// sent.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/newsletter-issue
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The data that the emulator starts with: a Newsletter, its group and its readers.
//
//go:embed seed.yaml
var seedFile []byte

// text is the content of the Issue. An email to an audience needs an unsubscribe link, and should have the sender's
// name and postal address.
const text = `Good morning, ${/profile/firstName}. Three walks for short days: ` +
	`along the river, around the lake, up the hill.

Acme Outdoor GmbH, Lindenstr. 5, 10969 Berlin
Unsubscribe: ${/system/unsubscribeUrl}`

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "newsletter-issue:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	thursday := monday.AddDate(0, 0, 3)
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(monday))
	if err != nil {
		return err
	}
	defer emu.Close()
	client := emu.Client() // the same client that calls the hosted API, with an in-process transport

	id, err := draft(ctx, client, emu.ID("newsletter", "trail-notes"))
	if err != nil {
		return err
	}

	fmt.Println("2. Schedule, for Thursday")
	if err := schedule(ctx, client, id, thursday); err != nil {
		return err
	}
	if err := takeBack(ctx, client, id); err != nil {
		return err
	}

	fmt.Println("4. Schedule again")
	if err := schedule(ctx, client, id, thursday); err != nil {
		return err
	}
	if err := letTimePass(ctx, client, emu); err != nil {
		return err
	}
	return results(ctx, client, id)
}

func draft(ctx context.Context, client *segmentflow.Client, newsletterID string) (id string, err error) {
	newsletter, err := client.Newsletters.Retrieve(ctx, newsletterID)
	if err != nil {
		return "", err
	}

	// The readers, the sender and the number come from the Newsletter, and the Template if the Newsletter has one.
	issue, err := client.NewsletterIssues.Create(ctx, newsletter.ID, &segmentflow.CreateNewsletterIssueParams{
		Title:   "Short days",
		Subject: "Two walks for short days",
		Text:    text,
	})
	if err != nil {
		return "", err
	}
	fmt.Printf("1. A draft of %s (%s)\n", newsletter.Name, *newsletter.Cadence)
	show(issue)
	return issue.ID, nil
}

// schedule needs a key with allowSends, like every call that causes an Issue to be sent. No call publishes immediately.
func schedule(ctx context.Context, client *segmentflow.Client, id string, at time.Time) error {
	issue, err := client.NewsletterIssues.Schedule(ctx, id, &segmentflow.ScheduleCarrierParams{ScheduledAt: at})
	if err != nil {
		return err
	}
	show(issue)
	return nil
}

func takeBack(ctx context.Context, client *segmentflow.Client, id string) error {
	fmt.Println("3. Cancel: a draft again, and nothing is lost")
	issue, err := client.NewsletterIssues.Cancel(ctx, id)
	if err != nil {
		return err
	}
	show(issue)

	// Only a draft can be changed, so that no Issue changes while it is being sent.
	issue, err = client.NewsletterIssues.Update(ctx, id, &segmentflow.UpdateNewsletterIssueParams{
		Subject: segmentflow.Value("Three walks for short days"),
	})
	if err != nil {
		return err
	}
	fmt.Println("   Corrected, because a draft can be changed:")
	show(issue)
	return nil
}

// letTimePass advances the clock past the scheduled time. Bruno subscribes before that time and gets the Issue, because
// the readers are computed when the Issue is sent.
func letTimePass(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator) error {
	emu.Advance(48 * time.Hour)
	yes := &segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusSubscribed}
	bruno, group := emu.ID("profile", "bruno@example.com"), emu.ID("subscriptionGroup", "trail-notes")
	if _, err := client.Profiles.SetSubscription(ctx, bruno, group, yes); err != nil {
		return err
	}
	fmt.Printf("5. Time passes. %s: Bruno subscribes; emails in the outbox: %d\n",
		emu.Now().Format("Monday"), emu.Outbox().Count())

	emu.Advance(24*time.Hour + time.Minute) // an email is delivered a moment after it was sent
	sent := emu.Outbox().Carrier(emulator.CarrierNewsletterIssue)
	fmt.Printf("   %s: emails in the outbox: %d. One of them:\n", emu.Now().Format("Monday"), sent.Count())
	msg := sent.To("bruno@example.com").Last()
	mail := fmt.Sprintf("From: %s <%s>\nTo: %s\nSubject: %s\n\n%s",
		msg.From.Name, msg.From.Email, msg.To[0].Email, msg.Subject, msg.Text)
	fmt.Println("   | " + strings.ReplaceAll(mail, "\n", "\n   | "))
	return nil
}

func results(ctx context.Context, client *segmentflow.Client, id string) error {
	issue, err := client.NewsletterIssues.Retrieve(ctx, id)
	if err != nil {
		return err
	}
	got, err := client.NewsletterIssues.Results(ctx, id)
	if err != nil {
		return err
	}

	fmt.Println("6. Results")
	show(issue)
	d := got.Detail
	fmt.Printf("   %d subscribers, %d eligible, skipped by reason: %v\n", d.Audience, d.Eligible, d.Skipped)
	fmt.Printf("   %d sent, %d failed, %d delivered, %d unsubscribed\n", d.Sent, d.Failed, d.Delivered, d.Unsubscribed)
	return nil
}

// show prints the state of an Issue. A draft and a scheduled Issue are both NotStarted. They differ in the time.
func show(issue *segmentflow.NewsletterIssue) {
	when := "not scheduled"
	switch {
	case issue.StartedAt != nil:
		when = "started at " + issue.StartedAt.Format(time.RFC3339)
	case issue.ScheduledAt != nil:
		when = "will be sent at " + issue.ScheduledAt.Format(time.RFC3339)
	}
	fmt.Printf("   Issue %d, %s: %q, %s, %s\n", issue.Number, issue.Title, *issue.Subject, issue.Status, when)
}
