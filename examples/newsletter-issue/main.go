// Command newsletter-issue writes one Issue of a Newsletter, schedules it, takes it back to correct it, and schedules it
// again: cancelling before the time loses nothing. Three days pass in a moment, and the Issue is sent.
// Nothing leaves the process: no account, no key, no network. Run it with: go run ./examples/newsletter-issue
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

// The world that the emulator starts with: a Newsletter, its group and its readers.
//
//go:embed seed.yaml
var seedFile []byte

// What the Issue says. A mail to an audience needs a way out, and shows who sends it and where they are.
const text = `Good morning, ${/profile/firstName}. Three walks for short days: along the river, around the lake, up the hill.

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
	client := emu.Client() // the same client that talks to the hosted API, over an in-process transport

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
	// Who gets it, from whom, and its number come from the Newsletter. One that has a Template gives that too.
	issue, err := client.NewsletterIssues.Create(ctx, newsletter.ID, &segmentflow.CreateNewsletterIssueParams{
		Title: "Short days", Subject: "Two walks for short days", Text: text,
	})
	if err != nil {
		return "", err
	}
	fmt.Printf("1. A draft of %s (%s)\n", newsletter.Name, *newsletter.Cadence)
	show(issue)
	return issue.ID, nil
}

// schedule needs a key with allowSends, as everything does that makes an Issue leave. There is no call that publishes now.
func schedule(ctx context.Context, client *segmentflow.Client, id string, at time.Time) error {
	issue, err := client.NewsletterIssues.Schedule(ctx, id, &segmentflow.ScheduleCarrierParams{ScheduledAt: at})
	if err != nil {
		return err
	}
	show(issue)
	return nil
}

func takeBack(ctx context.Context, client *segmentflow.Client, id string) error {
	fmt.Println("3. Cancel: a draft again, with all that it was")
	issue, err := client.NewsletterIssues.Cancel(ctx, id)
	if err != nil {
		return err
	}
	show(issue)
	// Only a draft can be changed, so that nobody corrects a mail that has half left.
	issue, err = client.NewsletterIssues.Update(ctx, id, &segmentflow.UpdateNewsletterIssueParams{
		Subject: segmentflow.Value("Three walks for short days"),
	})
	if err != nil {
		return err
	}
	fmt.Println("   Corrected, which only a draft can be:")
	show(issue)
	return nil
}

// letTimePass lets Bruno subscribe on the way: the readers are those of the moment at which the Issue leaves.
func letTimePass(ctx context.Context, client *segmentflow.Client, emu *emulator.Emulator) error {
	emu.Advance(48 * time.Hour)
	yes := &segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusSubscribed}
	bruno, group := emu.ID("profile", "bruno@example.com"), emu.ID("subscriptionGroup", "trail-notes")
	if _, err := client.Profiles.SetSubscription(ctx, bruno, group, yes); err != nil {
		return err
	}
	fmt.Printf("5. Time passes. %s: Bruno subscribes; mail in the outbox: %d\n", emu.Now().Format("Monday"), emu.Outbox().Count())
	emu.Advance(24*time.Hour + time.Minute) // mail is delivered a moment after it has left
	sent := emu.Outbox().Carrier(emulator.CarrierNewsletterIssue)
	fmt.Printf("   %s: mail in the outbox: %d. One of them:\n", emu.Now().Format("Monday"), sent.Count())
	msg := sent.To("bruno@example.com").Last()
	mail := fmt.Sprintf("From: %s <%s>\nTo: %s\nSubject: %s\n\n%s", msg.From.Name, msg.From.Email, msg.To[0].Email, msg.Subject, msg.Text)
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

// show prints where an Issue stands. A draft and a scheduled Issue are both NotStarted; the time is what tells them apart.
func show(issue *segmentflow.NewsletterIssue) {
	when := "not scheduled"
	switch {
	case issue.StartedAt != nil:
		when = "left at " + issue.StartedAt.Format(time.RFC3339)
	case issue.ScheduledAt != nil:
		when = "leaves at " + issue.ScheduledAt.Format(time.RFC3339)
	}
	fmt.Printf("   Issue %d, %s: %q, %s, %s\n", issue.Number, issue.Title, *issue.Subject, issue.Status, when)
}
