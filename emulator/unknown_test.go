package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// happenings are ids of each kind.
type happenings struct {
	shop
	send, message, event, run, broadcast, confirmation string
}

func openHappenings(t *testing.T) happenings {
	t.Helper()
	h := happenings{shop: openShop(t)}
	h.event = h.track(trial("Pro", "t1")).EventID
	h.run = h.onlyRun("trial-onboarding").RunID
	h.send = h.shop.send(receipt(h.receipt(), 1)).ID
	h.message = h.emu.Outbox().Last().ID
	created, err := h.client.Broadcasts.Create(t.Context(), &segmentflow.CreateBroadcastParams{
		Name:                "Autumn",
		SegmentID:           h.emu.ID("segment", "gold"),
		SubscriptionGroupID: h.emu.ID("subscriptionGroup", "offers"),
		TemplateID:          h.emu.ID("template", "autumn-sale"),
	})
	require.NoError(t, err)
	h.broadcast = created.ID
	confirmation, err := h.client.Broadcasts.CreateConfirmation(t.Context(), h.broadcast)
	require.NoError(t, err)
	h.confirmation = confirmation.ConfirmationID
	return h
}

func TestAnUnknownIDIsRepeatedWithTheLatest(t *testing.T) {
	h := openHappenings(t)
	runs := "There is no such JourneyRun. The latest runs, newest first:\n" +
		"  " + h.run + "  trial-onboarding of chiara@example.com, running"
	people := "alex@example.com (externalId cus_123), bruno@example.com (externalId cus_124) and " +
		"chiara@example.com (externalId cus_125)."
	explained := "There is no such EmailSend, UserEvent, JourneyRun, Broadcast, NewsletterIssue or Profile. "
	external := "There is no such Profile. That is the externalId of alex@example.com."
	lost := "0b6c1c2e-5a0f-4d53-9d52-00000000f0f1"
	sends := "The latest EmailSends, newest first:\n" +
		"  " + h.send + "  order-receipt to alex@example.com, Sent\n" +
		"  " + h.emu.Outbox().Carrier("journey").Only(t).SendID + "  trial-welcome to chiara@example.com, Sent\n"
	last := strings.TrimPrefix(runs, "There is no such JourneyRun. ") + "\n" +
		"The latest Broadcasts, newest first:\n" +
		"  " + h.broadcast + `  "Autumn", NotStarted`
	nearest := "There is no such Profile. The nearest Profiles are " + people
	events := "The latest UserEvents, newest first:\n" +
		"  " + h.event + "  trial.started of chiara@example.com\n" +
		"  " + h.seeded(1) + "  order.created of bruno@example.com\n" +
		"  " + h.seeded(0) + "  order.created of alex@example.com"
	for want, ask := range map[string]ask{
		`Run("no-such"): ` + runs: run("no-such"),
		`Run(""): ` + runs:        run(""),
		`Event("no-such"): There is no such UserEvent. ` + events:              event("no-such"),
		`Profile("alx@example.com"): ` + nearest:                               profile("alx@example.com"),
		`Profile("cus_12"): ` + nearest:                                        profile("cus_12"),
		`Profile("cus_123"): ` + external:                                      profile("cus_123"),
		`Explain("alx@example.com"): ` + explained + nearest[26:]:              explain(h.run, "alx@example.com"),
		`SubscriptionChanges("alx@example.com"): ` + nearest:                   changes("alx@example.com"),
		`Explain("` + lost + `"): ` + explained + sends + events + "\n" + last: explain(lost),
	} {
		require.Equal(t, "emulator: "+want, failureIn(t, h.emu, ask))
	}

	require.EqualError(t, h.emu.Human().Approve("no-such"),
		`segmentflow: 404 not_found: Approve("no-such"): There is no such Confirmation. The open confirmations:`+"\n"+
			"  "+h.confirmation+`  Broadcast "Autumn", open`)
	require.ErrorIs(t, h.emu.Human().Reject(h.send), segmentflow.ErrNotFound)

	got := call(t, h.emu, "GET", "/_emulator/runs/no-such", "", "Host", "localhost")
	require.Equal(t, 404, got.status)
	require.Equal(t, "There is no such JourneyRun.", got.json(t)["message"])
	require.Equal(t, strings.TrimPrefix(runs, "There is no such JourneyRun. "),
		got.json(t)["details"].(map[string]any)["advice"])
}

// seeded returns the id of the n-th event of the seed, which has no key.
func (h happenings) seeded(n int) string { return h.emu.ID("event", fmt.Sprint("#", n)) }

// ask is a question that fails.
type ask = func(emu *emulator.Emulator)

func run(id string) ask        { return func(emu *emulator.Emulator) { emu.Run(id) } }
func event(id string) ask      { return func(emu *emulator.Emulator) { emu.Event(id) } }
func profile(email string) ask { return func(emu *emulator.Emulator) { emu.Profile(email) } }
func changes(email string) ask {
	return func(emu *emulator.Emulator) { emu.SubscriptionChanges(email) }
}
func explain(refs ...string) ask {
	return func(emu *emulator.Emulator) { emu.Explain(refs...) }
}

func TestTheIDOfAnotherKindIsNamed(t *testing.T) {
	h := openHappenings(t)
	seedIDs := h.emu.ID
	welcome := h.emu.Outbox().Carrier("journey").Only(t).SendID
	broadcast := `a Broadcast: "Autumn", NotStarted, whose newest confirmation is ` + h.confirmation + "."
	for id, what := range map[string]string{
		h.send:    "an EmailSend: order-receipt to alex@example.com, Sent.",
		welcome:   "an EmailSend: trial-welcome to chiara@example.com, Sent, sent by the run " + h.run + ".",
		h.message: "a Message: order-receipt to alex@example.com, Sent, of the EmailSend " + h.send + ".",
		h.event:   "a UserEvent: trial.started of chiara@example.com, which started the run " + h.run + ".",
		h.run: "a JourneyRun: trial-onboarding of chiara@example.com, running, started by the event " +
			h.event + ".",
		h.broadcast:                                 broadcast,
		h.confirmation:                              `a Confirmation: Broadcast "Autumn", open.`,
		seedIDs("template", "order-receipt"):        "a Template: order-receipt.",
		seedIDs("profile", "alex@example.com"):      "a Profile: alex@example.com.",
		seedIDs("subscriptionGroup", "offers"):      "a SubscriptionGroup: offers.",
		strings.ToUpper(seedIDs("segment", "gold")): "a Segment: gold.",
		seedIDs("journey", "trial-onboarding"):      "a Journey: trial-onboarding.",
	} {
		if id != h.run {
			require.Equal(t, `emulator: Run("`+id+`"): There is no such JourneyRun. That is the id of `+what,
				failureIn(t, h.emu, run(id)))
		}
		if id != h.event {
			require.Equal(t, `emulator: Event("`+id+`"): There is no such UserEvent. That is the id of `+what,
				failureIn(t, h.emu, event(id)))
		}
		if id != h.confirmation {
			require.EqualError(t, h.emu.Human().Approve(id),
				`segmentflow: 404 not_found: Approve("`+id+`"): There is no such Confirmation. That is the id of `+what)
		}
	}

	alex := h.emu.ID("profile", "alex@example.com")
	require.NoError(t, h.client.Profiles.Delete(t.Context(), alex))
	require.Equal(t,
		`emulator: Run("`+alex+`"): There is no such JourneyRun. That is the id of a Profile: it has been deleted.`,
		failureIn(t, h.emu, run(alex)))
}

func TestAnEmptyWorldSaysThatThereIsNothing(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday))
	for want, ask := range map[string]ask{
		`Run("x"): There is no such JourneyRun. There are no runs.`:        run("x"),
		`Event("x"): There is no such UserEvent. There are no UserEvents.`: event("x"),
		`Profile("x"): There is no such Profile. There are no Profiles.`:   profile("x"),
		`Advance(-1h0m0s): the clock does not go back: it is at 2026-03-02T09:00:00.000Z, ` +
			`and the target is 2026-03-02T08:00:00.000Z; only Reset and Restore go back`: func(emu *emulator.Emulator) {
			emu.Advance(-time.Hour)
		},
	} {
		require.Equal(t, "emulator: "+want, failureIn(t, emu, ask))
	}
	require.EqualError(t, emu.Human().Approve("x"),
		`segmentflow: 404 not_found: Approve("x"): There is no such Confirmation. There are no open confirmations.`)
}

func TestAVerbOnAMessageSaysWhichAndWhyNot(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1))
	msg := s.emu.Outbox().Only(t)
	about := "message " + msg.ID + `, "Your order ord_1" to alex@example.com: `
	other := emulator.Start(t)
	const noMessage = ": the message is nil; Outbox.Last returns nil if no message matches"
	for want, err := range map[string]error{
		"Click: " + about + `it has no web link that contains "Nowhere"; its links are:` +
			"\n  \"Track your parcel\" https://example.com/t/1\n  \"support\" mailto:support@acme.example": s.emu.Click(
			msg, "Nowhere"),
		"Bounce: " + about + "the kind of a bounce is hard or soft": s.emu.Bounce(msg, "medium"),
		"Open: " + about + "There is no such Message. There are no messages; " +
			"one of another emulator, or from before a Reset, is unknown here.": other.Open(msg),
		"Unsubscribe: " + about + "it has no List-Unsubscribe header: " +
			"only emails to a SubscriptionGroup have one": s.emu.Unsubscribe(msg),
		"Open" + noMessage:        s.emu.Open(nil),
		"Bounce" + noMessage:      s.emu.Bounce(nil, "hard"),
		"Complain" + noMessage:    s.emu.Complain(nil),
		"Click" + noMessage:       s.emu.Click(nil, "x"),
		"Unsubscribe" + noMessage: s.emu.Unsubscribe(nil),
	} {
		require.EqualError(t, err, "emulator: "+want)
	}
	require.NoError(t, s.emu.Bounce(msg, emulator.BounceHard))
	require.EqualError(t, s.emu.Open(msg), "emulator: Open: "+about+"invalid_state: opened cannot follow bounced.")
}

func TestClickListsTheLinksOfAnEmailWithoutSensitiveValues(t *testing.T) {
	s := openShop(t)
	s.seedText(`
templates:
  - key: linked
    purpose: Transactional
    definition:
      subject: Linked
      body:
        root: html
        elements:
          html: {type: Html, props: {}, children: [link]}
          link: {type: Link, props: {text: Shop, href: https://shop.example/}, children: []}
  - key: secret
    purpose: Transactional
    definition:
      subject: Secret
      sensitiveTransactionalVariablePaths: [/data/url]
      body:
        root: html
        elements:
          html: {type: Html, props: {}, children: [link]}
          link: {type: Link, props: {text: Reset, href: {$state: /data/url}}, children: []}
`)
	sendTo(t, s.emu, "secret", "nadia@example.com", func(p *segmentflow.SendEmailParams) {
		p.Data = map[string]any{"url": "https://shop.example/reset"}
	})
	require.ErrorContains(t, s.emu.Click(s.emu.Outbox().Only(t), "Nowhere"),
		"msg.Links() has its links (1), and they may contain sensitive values")
	sendTo(t, s.emu, "linked", "alex@example.com")
	require.ErrorContains(t, s.emu.Click(s.emu.Outbox().To("alex@example.com").Only(t), "Nowhere"),
		`it has no web link that contains "Nowhere"; its links are:`+"\n"+`  "Shop" https://shop.example/`)
}
