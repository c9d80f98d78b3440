package segmentflow_test

import (
	"context"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func ExampleNewslettersService_Create() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	newsletter, err := client.Newsletters.Create(ctx, &segmentflow.CreateNewsletterParams{
		Name:                "Workshop news",
		SubscriptionGroupID: emu.ID("subscriptionGroup", "trail-notes"), // its subscribers are the readers
		TemplateID:          emu.ID("template", "trail-notes-issue"),
	})
	if err != nil {
		log.Fatal(err)
	}
	newsletter, err = client.Newsletters.Update(ctx, newsletter.ID, &segmentflow.UpdateNewsletterParams{
		Cadence: segmentflow.Value("monthly"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(newsletter.Name, *newsletter.Cadence)
	// Output: Workshop news monthly
}

func ExampleNewslettersService_All() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	for newsletter, err := range client.Newsletters.All(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(newsletter.Name)
	}
	// Output: Trail Notes
}

func ExampleNewslettersService_List() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	page, err := client.Newsletters.List(ctx, &segmentflow.ListNewslettersParams{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Newsletters), "on this page; the last:", page.NextCursor == nil)
	// Output: 1 on this page; the last: true
}

func ExampleNewslettersService_Retrieve() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	newsletter, err := client.Newsletters.Retrieve(ctx, emu.ID("newsletter", "trail-notes"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(newsletter.Name, "appears", *newsletter.Cadence)
	// Output: Trail Notes appears every second Thursday
}

// issue returns the id of a draft that is ready to be sent.
func issue(emu *emulator.Emulator) string {
	draft, err := emu.Client().NewsletterIssues.Create(context.Background(), emu.ID("newsletter", "trail-notes"),
		&segmentflow.CreateNewsletterIssueParams{Title: "Short days"})
	if err != nil {
		log.Fatal(err)
	}
	return draft.ID
}

// The readers, the sender, the Template and the number come from the Newsletter.
func ExampleNewsletterIssuesService_Create() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	draft, err := client.NewsletterIssues.Create(ctx, emu.ID("newsletter", "trail-notes"),
		&segmentflow.CreateNewsletterIssueParams{
			Title:   "Short days",
			Subject: "Three walks, ${/profile/firstName}",
		})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(draft.Number, draft.Title, draft.Status)
	// Output: 1 Short days NotStarted
}

// From the draft to the readers: change it, look at it, test it, schedule it.
func ExampleNewsletterIssuesService_Schedule() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := issue(emu)

	if _, err := client.NewsletterIssues.Update(ctx, id, &segmentflow.UpdateNewsletterIssueParams{
		Subject: segmentflow.Value("Three walks for short days"),
	}); err != nil {
		log.Fatal(err)
	}
	preview, err := client.NewsletterIssues.Preview(ctx, id, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(preview.Audience.Eligible, "readers would get:", preview.Sample.Subject)
	test := &segmentflow.SendTestParams{Email: "mira@acme.example"}
	if _, err := client.NewsletterIssues.SendTest(ctx, id, test); err != nil {
		log.Fatal(err)
	}
	check, err := client.NewsletterIssues.Preflight(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	if !check.Ready {
		log.Fatal(check.Blockers)
	}
	thursday := &segmentflow.ScheduleCarrierParams{ScheduledAt: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)}
	if _, err := client.NewsletterIssues.Schedule(ctx, id, thursday); err != nil {
		log.Fatal(err)
	}

	emu.Advance(73 * time.Hour) // Thursday comes
	results, err := client.NewsletterIssues.Results(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results.Status, results.Detail.Delivered, "delivered")
	// Output:
	// 1 readers would get: Three walks for short days
	// Sent 1 delivered
}

// No call publishes at once: a person approves the Issue in the dashboard.
func ExampleNewsletterIssuesService_CreateConfirmation() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := issue(emu)

	confirmation, err := client.NewsletterIssues.CreateConfirmation(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	// A person opens confirmation.ConfirmationURL. Here the emulator plays this person.
	if err := emu.Human().Approve(confirmation.ConfirmationID); err != nil {
		log.Fatal(err)
	}
	sent, err := client.NewsletterIssues.Retrieve(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.Title, "started at", sent.StartedAt)
	// Output: Short days started at 2026-03-02 09:00:00 +0000 UTC
}

// Cancel makes a scheduled Issue a draft again. Archive puts a draft away.
func ExampleNewsletterIssuesService_Cancel() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := issue(emu)

	soon := &segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour}
	if _, err := client.NewsletterIssues.Schedule(ctx, id, soon); err != nil {
		log.Fatal(err)
	}
	draft, err := client.NewsletterIssues.Cancel(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(draft.Status, draft.ScheduledAt)

	archived, err := client.NewsletterIssues.Archive(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(archived.Status)
	// Output:
	// NotStarted <nil>
	// Archived
}

func ExampleNewsletterIssuesService_All() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	if _, err := client.NewsletterIssues.Duplicate(ctx, issue(emu)); err != nil {
		log.Fatal(err)
	}

	for issue, err := range client.NewsletterIssues.All(ctx, emu.ID("newsletter", "trail-notes"), nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(issue.Number, issue.Title)
	}
	// Unordered output:
	// 1 Short days
	// 2 Short days (copy)
}

func ExampleNewsletterIssuesService_List() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	issue(emu)

	drafts := []segmentflow.BroadcastStatus{segmentflow.BroadcastStatusNotStarted}
	page, err := client.NewsletterIssues.List(ctx, emu.ID("newsletter", "trail-notes"),
		&segmentflow.ListNewsletterIssuesParams{Status: drafts})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Issues), "draft")
	// Output: 1 draft
}
