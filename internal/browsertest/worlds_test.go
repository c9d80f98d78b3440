package browsertest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// world is the world of a test before somebody looks at it. Its methods do what programs and recipients do.
type world struct {
	*testing.T
	emu    *emulator.Emulator
	client *segmentflow.Client
}

// order sends the receipt of an order, and returns the id of the EmailSend.
func (w world) order(email, id string) string {
	w.Helper()
	send, err := w.client.Emails.Send(w.Context(), &segmentflow.SendEmailParams{
		TemplateID: w.emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: email},
		Data: map[string]any{
			"orderId": id, "total": 101.5, "currency": "EUR", "trackingUrl": "https://acme.example/track/" + id,
			"lines": []map[string]any{{"sku": "a", "name": "Trail shoe", "price": "89.50"}},
		},
	}, segmentflow.WithIdempotencyKey("receipt:"+id))
	require.NoError(w, err)
	return send.ID
}

// track reports an event, and returns its id.
func (w world) track(event, email string, data map[string]any) string {
	w.Helper()
	tracked, err := w.client.Events.Track(w.Context(), &segmentflow.TrackEventParams{
		Event: event, Profile: segmentflow.ProfileIdentity{Email: email}, Data: data,
	})
	require.NoError(w, err)
	return tracked.EventID
}

// trial starts a trial, with a Journey that sends a second email after three days, and returns the id of the run.
func (w world) trial(email, id string) string {
	w.Helper()
	w.track("trial.started", email, map[string]any{"trialId": id, "plan": "Pro"})
	return w.emu.Runs("trial-onboarding").Last().RunID
}

// broadcast makes the draft of a Broadcast, and returns its id.
func (w world) broadcast(name string) string {
	w.Helper()
	made, err := w.client.Broadcasts.Create(w.Context(), &segmentflow.CreateBroadcastParams{
		Name:                name,
		SegmentID:           w.emu.ID("segment", "gold"),
		SubscriptionGroupID: w.emu.ID("subscriptionGroup", "offers"),
		TemplateID:          w.emu.ID("template", "autumn-sale"),
	})
	require.NoError(w, err)
	return made.ID
}

// ask asks a person to confirm a Broadcast, and returns the id of the confirmation.
func (w world) ask(broadcast string) string {
	w.Helper()
	confirmation, err := w.client.Broadcasts.CreateConfirmation(w.Context(), broadcast)
	require.NoError(w, err)
	return confirmation.ConfirmationID
}

// sent sends a Broadcast that a person approves, lets its recipients react, and returns its id.
func (w world) sent(name string) string {
	w.Helper()
	id := w.broadcast(name)
	require.NoError(w, w.emu.Human().Approve(w.ask(id)))
	w.emu.Advance(time.Minute)
	require.NoError(w, w.emu.Open(w.emu.Outbox().Last()))
	return id
}

// issue makes the draft of a NewsletterIssue, and returns its id.
func (w world) issue() string {
	w.Helper()
	issue, err := w.client.NewsletterIssues.Create(w.Context(), w.emu.ID("newsletter", "trail-notes"),
		&segmentflow.CreateNewsletterIssueParams{Title: "Short days", Subject: "Three walks"})
	require.NoError(w, err)
	return issue.ID
}

// refused makes a call that the API refuses.
func (w world) refused() {
	w.Helper()
	_, err := w.client.Emails.Send(w.Context(), &segmentflow.SendEmailParams{
		TemplateID: w.emu.ID("template", "order-receipt"), To: &segmentflow.Recipient{Email: "no address"},
	})
	require.ErrorIs(w, err, segmentflow.ErrInvalidRequest)
}

// days lets five days of a shop's life pass: orders, trials, campaigns, and what goes wrong.
func (w world) days() {
	w.Helper()
	w.sent("Autumn sale")
	for i, email := range []string{"alex@example.com", "chiara@example.com", "bruno@example.com"} {
		w.trial(email, fmt.Sprintf("t_%d", i+1))
		w.order(email, fmt.Sprintf("ord_94%d", 21+i))
		w.emu.Advance(7 * time.Hour)
	}
	w.order("bounced@simulator.test", "ord_9424")
	w.emu.Advance(72 * time.Hour)
	w.order("bounced@simulator.test", "ord_9425") // skipped, because the address bounces

	w.emu.Fail(emulator.Fault{Operation: "listSegments", Times: 2, Status: http.StatusServiceUnavailable})
	w.refused()
	schedule := &segmentflow.ScheduleCarrierParams{ScheduledIn: 48 * time.Hour}
	_, err := w.client.NewsletterIssues.Schedule(w.Context(), w.issue(), schedule)
	require.NoError(w, err)
	for i, email := range []string{"chiara@example.com", "alex@example.com"} {
		w.trial(email, fmt.Sprintf("t_%d", i+4))
	}
	w.order("alex@example.com", "ord_9426")
	w.ask(w.broadcast("Winter sale"))
}

// many sends more email than a page of a list has.
func (w world) many() {
	w.Helper()
	for i := range 60 {
		w.order(fmt.Sprintf("reader%d@example.com", i), fmt.Sprintf("ord_%d", i))
	}
}
