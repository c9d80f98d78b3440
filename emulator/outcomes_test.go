package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// sendOrder sends an order receipt to an address and returns the message.
func (s shop) sendOrder(email string, change ...func(*segmentflow.SendEmailParams)) *emulator.Message {
	s.Helper()
	sendTo(s, s.emu, "order-receipt", email,
		append([]func(*segmentflow.SendEmailParams){func(p *segmentflow.SendEmailParams) {
			p.Data = receipt(s.receipt(), 1).Data
		}}, change...)...)
	return s.emu.Outbox().To(email).Last()
}

// offers makes an email belong to the group offers.
func (s shop) offers(p *segmentflow.SendEmailParams) {
	p.SubscriptionGroupID = s.emu.ID("subscriptionGroup", "offers")
}

func tracked(p *segmentflow.SendEmailParams) { p.Tracking = &segmentflow.Tracking{Clicks: true} }

// facts returns the facts of a message so far.
func (s shop) facts(msg *emulator.Message) []string {
	s.Helper()
	for _, m := range s.emu.Outbox().All() {
		if m.ID == msg.ID {
			return factNames(m)
		}
	}
	return nil
}

func facts(types ...string) (list []emulator.PlannedFact) {
	for _, typ := range types {
		list = append(list, emulator.PlannedFact{Type: typ})
	}
	return list
}

func TestABounceSuppressesAndTheNextSendIsSkipped(t *testing.T) {
	s := openShop(t)
	msg := s.sendOrder("alex@example.com")
	require.NoError(t, s.emu.Bounce(msg, emulator.BounceHard))
	bounce := s.emu.Outbox().Only(t).Facts[1]
	require.Equal(t, emulator.Fact{Type: "bounced", At: monday, Kind: "hard", Code: "5.1.1"}, bounce)
	require.Equal(t, "bounce", s.emu.Profile("alex@example.com").Suppressed)

	next := s.retrieve(s.send(receipt(s.receipt(), 2)))
	require.Equal(t, segmentflow.EmailSendStatusSkipped, next.Status)
	require.Equal(t, "suppressed_bounce", *next.FailureMessage)
	s.emu.Advance(time.Hour)
	require.Equal(t, []string{"accepted", "bounced"}, s.facts(msg), "a bounced email is not delivered later")
	require.Equal(t, 1, s.emu.Outbox().Count())
}

func TestFiveSoftBouncesInARowSuppress(t *testing.T) {
	s := openShop(t)
	soft := func() { require.NoError(t, s.emu.Bounce(s.sendOrder("alex@example.com"), emulator.BounceSoft)) }
	for range 4 {
		soft()
	}
	s.sendOrder("alex@example.com")
	s.emu.Advance(time.Second) // a delivery: the count of soft bounces starts again
	for range 4 {
		soft()
	}
	require.Empty(t, s.emu.Profile("alex@example.com").Suppressed)
	soft()
	require.Equal(t, "bounce", s.emu.Profile("alex@example.com").Suppressed)
	require.Equal(t, "suppressed_bounce", *sendTo(t, s.emu, "order-receipt", "Alex@Example.com").FailureMessage)
}

func TestALateSoftBounceDoesNotEndTheRow(t *testing.T) {
	s := openShop(t)
	for range 5 {
		require.Empty(t, s.emu.Profile("alex@example.com").Suppressed)
		msg := s.sendOrder("alex@example.com")
		s.emu.Advance(time.Second)
		require.Equal(t, []string{"accepted", "delivered"}, s.facts(msg))
		require.NoError(t, s.emu.Bounce(msg, emulator.BounceSoft))
	}
	require.Equal(t, "bounce", s.emu.Profile("alex@example.com").Suppressed)

	const planned = "planned@example.com"
	s.emu.Script(planned, emulator.PlannedFact{Type: "delivered"},
		emulator.PlannedFact{Type: "bounced", Kind: emulator.BounceSoft, After: time.Hour})
	for range 5 {
		s.sendOrder(planned)
	}
	s.emu.Advance(2 * time.Hour)
	require.Equal(t, "bounce", s.emu.Profile(planned).Suppressed, "the deliveries came before all of the bounces")
}

func TestADeliveryEndsTheRowUntilThatEmailBounces(t *testing.T) {
	s := openShop(t)
	soft := func(msg *emulator.Message) { require.NoError(t, s.emu.Bounce(msg, emulator.BounceSoft)) }
	for range 4 {
		soft(s.sendOrder("alex@example.com"))
	}
	first, second := s.sendOrder("alex@example.com"), s.sendOrder("alex@example.com")
	s.emu.Advance(time.Second)
	soft(first)
	require.Empty(t, s.emu.Profile("alex@example.com").Suppressed, "the second email was delivered")
	soft(second)
	require.Equal(t, "bounce", s.emu.Profile("alex@example.com").Suppressed)
}

func TestABroadcastCountsInARowOfSoftBounces(t *testing.T) {
	s := openShop(t)
	p := press{t, s.emu}
	soft := func(msg *emulator.Message) { require.NoError(t, s.emu.Bounce(msg, emulator.BounceSoft)) }
	broadcast := func() *emulator.Message {
		require.NoError(t, s.emu.Human().Approve(p.confirm(p.draft(nil))))
		return s.emu.Outbox().To("alex@example.com").Last()
	}
	for range 3 {
		soft(s.sendOrder("alex@example.com"))
	}
	msg := broadcast()
	soft(msg)
	s.emu.Advance(time.Minute)
	require.Equal(t, []string{"accepted", "bounced"}, s.facts(msg), "the others of the batch were delivered")
	msg = broadcast()
	s.emu.Advance(time.Minute)
	require.Equal(t, []string{"accepted", "delivered"}, s.facts(msg))
	soft(s.sendOrder("alex@example.com"))
	require.Empty(t, s.emu.Profile("alex@example.com").Suppressed, "the Broadcast was delivered")
	soft(msg)
	require.Equal(t, "bounce", s.emu.Profile("alex@example.com").Suppressed)
}

func TestAComplaintSuppressesTheAddressAndUnsubscribesFromTheGroup(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Complain(s.sendOrder("alex@example.com", s.offers)))
	alex := s.emu.Profile("alex@example.com")
	require.Equal(t, "complaint", alex.Suppressed)
	require.Equal(t, map[string]string{"offers": "Unsubscribed", "trail-notes": "Subscribed"}, alex.Subscriptions)
	changes := s.emu.SubscriptionChanges("alex@example.com")
	require.Equal(t, "complaint", changes[len(changes)-1].Source)
	require.Equal(t, "suppressed_complaint", *sendTo(t, s.emu, "order-receipt", "alex@example.com").FailureMessage)
}

func TestAnOpenOrClickDeliversTheEmailFirst(t *testing.T) {
	s := openShop(t)
	msg := s.sendOrder("alex@example.com", s.offers)
	require.NoError(t, s.emu.Open(msg))
	require.NoError(t, s.emu.Open(msg))
	require.NoError(t, s.emu.Click(msg, "Track"))
	require.NoError(t, s.emu.Unsubscribe(msg))
	require.NoError(t, s.emu.Complain(msg))
	s.emu.Advance(time.Minute)
	require.Equal(t,
		[]string{"accepted", "delivered", "opened", "opened", "clicked", "unsubscribed", "complained"},
		s.facts(msg))
	require.Equal(t, "https://example.com/t/1", s.emu.Outbox().Only(t).Facts[4].URL)
}

func TestFactsThatContradictEachOtherAreRefused(t *testing.T) {
	s := openShop(t)
	bounced := s.sendOrder("alex@example.com")
	late := s.sendOrder("bruno@example.com")
	touched := s.sendOrder("chiara@example.com")
	require.NoError(t, s.emu.Bounce(bounced, emulator.BounceSoft))
	for name, err := range map[string]error{
		"opened":     s.emu.Open(bounced),
		"complained": s.emu.Complain(bounced),
		"clicked":    s.emu.Click(bounced, "Track"),
		"bounced":    s.emu.Bounce(bounced, emulator.BounceHard),
	} {
		require.ErrorContains(t, err, name+" cannot follow bounced")
	}

	require.Equal(t, []string{"accepted", "bounced"}, s.facts(bounced))
	require.Empty(t, s.emu.Profile("alex@example.com").Suppressed)

	s.emu.Advance(time.Second)
	require.NoError(t, s.emu.Bounce(late, emulator.BounceHard), "a server may bounce an email that it has delivered")
	require.Equal(t, []string{"accepted", "delivered", "bounced"}, s.facts(late))
	require.NoError(t, s.emu.Complain(touched))
	require.ErrorContains(t, s.emu.Complain(touched), "complained cannot follow complained")
	require.ErrorContains(t, s.emu.Bounce(touched, emulator.BounceHard), "bounced cannot follow complained")
	require.ErrorContains(t, s.emu.Bounce(touched, "medium"), "a bounce is hard or soft")
	require.ErrorContains(t, emulator.Start(t, emulator.WithSeedNumber(2)).Open(touched), "no such Message")
}

func TestAScriptTakesPrecedenceOverASimulatedAddress(t *testing.T) {
	s := openShop(t)
	s.emu.Script("Bounced@Simulator.test", facts("delivered", "opened", "opened")...)
	msg := s.sendOrder("bounced@simulator.test")
	s.emu.Advance(3 * time.Second)
	require.Equal(t, []string{"accepted", "delivered", "opened", "opened"}, s.facts(msg))
	s.emu.Script("bounced@simulator.test",
		emulator.PlannedFact{Type: "delayed"},
		emulator.PlannedFact{Type: "bounced", Kind: "soft", After: time.Hour})
	msg = s.sendOrder("bounced@simulator.test")
	s.emu.Advance(time.Hour)
	require.Equal(t, []string{"accepted", "delayed"}, s.facts(msg))
	s.emu.Advance(time.Second)
	last := s.emu.Outbox().Last().Facts[2]
	require.Equal(t,
		emulator.Fact{Type: "bounced", At: msg.At.Add(time.Hour + time.Second), Kind: "soft", Code: "4.2.2"},
		last)
	s.emu.Script("bounced@simulator.test")
	msg = s.sendOrder("bounced@simulator.test")
	s.emu.Advance(48 * time.Hour)
	require.Equal(t, []string{"accepted"}, s.facts(msg), "a script without facts")
}

func TestAScriptForASendReplacesItsScheduledFacts(t *testing.T) {
	s := openShop(t)
	send, other := s.send(receipt(s.receipt(), 1)), s.sendOrder("alex@example.com")
	s.emu.Script(send.ID, facts("delayed", "delivered", "complained")...)
	s.emu.Advance(time.Second + 5*time.Minute)
	msg := s.emu.Outbox().Carrier(emulator.CarrierEmail, send.ID).Only(t)
	require.Equal(t, []string{"accepted", "delayed", "delivered"}, factNames(msg))
	require.Equal(t, []string{"accepted", "delivered"}, s.facts(other))
	s.emu.Advance(time.Second)
	require.Equal(t, []string{"accepted", "delayed", "delivered", "complained"}, s.facts(msg))
}

func TestAFactOfATestKeepsTheRestOfAScript(t *testing.T) {
	s := openShop(t)
	s.emu.Script("alex@example.com", facts("delivered", "opened", "clicked")...)
	msg := s.sendOrder("alex@example.com")
	require.NoError(t, s.emu.Open(msg))
	s.emu.Advance(time.Minute)
	require.Equal(t, []string{"accepted", "delivered", "opened", "opened", "clicked"}, s.facts(msg))
}

func TestAScriptSurvivesARestart(t *testing.T) {
	path := emulator.WithDatabase(t.TempDir() + "/world.db")
	s := openShop(t, path)
	s.emu.Script("alex@example.com", facts("delivered", "complained")...)
	s.sendOrder("alex@example.com")
	require.NoError(t, s.emu.Close())
	s = openShop(t, path)
	s.emu.Advance(time.Minute)
	require.Equal(t, []string{"accepted", "delivered", "complained"}, factNames(s.emu.Outbox().Only(t)))
}

func TestAScriptThatCannotHappenFailsTheTest(t *testing.T) {
	w := &recorder{}
	emu := emulator.Start(w)
	t.Cleanup(func() { require.NoError(t, emu.Close()) })
	for _, c := range []struct {
		target string
		facts  []emulator.PlannedFact
		want   string
	}{
		{"alex", facts("delivered"), `"alex" is neither an address nor the id of an EmailSend; ` +
			`pass one such as alex@example.com`},
		{"00000000-0000-4000-8000-000000000000", facts("delivered"), "is not the id of an EmailSend that was sent"},
		{"alex@example.com", facts("bounced", "opened"), "fact 2: opened cannot follow bounced"},
		{"alex@example.com", facts("delivered", "delayed"), "delayed cannot follow delivered"},
		{"alex@example.com", facts("eaten"), `unknown fact "eaten"`},
		{"alex@example.com", []emulator.PlannedFact{{Type: "opened", Kind: "hard"}}, "only bounced has a kind"},
		{"alex@example.com", []emulator.PlannedFact{{Type: "clicked", URL: "/relative"}}, "http or https"},
		{"alex@example.com", []emulator.PlannedFact{{Type: "opened", After: -1}}, "after must not be negative"},
	} {
		emu.Script(c.target, c.facts...)
		require.Contains(t, w.failures[len(w.failures)-1], c.want)
	}
	require.Len(t, w.failures, 8)
}

func TestAJourneyReactsToTheFactsOfATest(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "thanks", "name": "Thanks", "status": "Active",
		"entry": {"type": "event", "event": "order.created"}, "start": "wait", "nodes": [
		{"id": "wait", "type": "waitFor", "timeout": "P7D", "timeoutNext": "done",
		 "branches": [{"id": "opened", "condition": {"received": {"event": "opened"}}, "next": "done"}]},
		{"id": "done", "type": "exit"}]}`)
	msg := s.sendOrder("alex@example.com")
	s.track(&segmentflow.TrackEventParams{Event: "order.created", Profile: alex})
	require.Equal(t, segmentflow.JourneyRunStatusRunning, s.onlyRun("thanks").Status)
	require.NoError(t, s.emu.Open(msg))
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, s.onlyRun("thanks").Status)
	require.Contains(t, steps(s.onlyRun("thanks"))[0], "opened")
}

func TestOutcomesOfTheControlPlaneEqualThoseOfGo(t *testing.T) {
	s := openShop(t)
	msg := s.sendOrder("alex@example.com", s.offers)
	outcome := func(body string) answer { return s.post("/messages/"+msg.ID+"/outcome", body) }
	now := "2026-03-02T09:00:00.000Z"
	for _, c := range []struct {
		body string
		want map[string]any
	}{
		{`{"type": "delayed"}`, map[string]any{"type": "delayed", "at": now}},
		{`{"type": "delivered"}`, map[string]any{"type": "delivered", "at": now}},
		{`{"type": "opened"}`, map[string]any{"type": "opened", "at": now}},
		{`{"type": "clicked"}`, map[string]any{"type": "clicked", "at": now, "url": "https://example.com/t/1"}},
		{`{"type": "clicked", "url": "https://example.com/other"}`,
			map[string]any{"type": "clicked", "at": now, "url": "https://example.com/other"}},
		{`{"type": "unsubscribed"}`, map[string]any{"type": "unsubscribed", "at": now, "source": "one_click"}},
		{`{"type": "complained"}`, map[string]any{"type": "complained", "at": now}},
	} {
		a := outcome(c.body)
		require.Equal(t, 200, a.status, a.body)
		require.Equal(t, c.want, a.json(t))
	}

	require.Equal(t, "Unsubscribed", s.emu.Profile("alex@example.com").Subscriptions["offers"])
	a := outcome(`{"type": "bounced", "kind": "hard"}`)
	require.Equal(t, 409, a.status)
	require.Equal(t, "invalid_state", a.json(t)["error"])
	require.Equal(t, map[string]any{"status": "opened"}, a.json(t)["details"])
	msg = s.sendOrder("bruno@example.com")
	require.Equal(t,
		map[string]any{"type": "bounced", "at": now, "kind": "hard", "code": "5.1.1"},
		outcome(`{"type": "bounced", "kind": "hard"}`).json(t))
	msg = s.sendOrder("chiara@example.com")
	require.Equal(t, 409, outcome(`{"type": "unsubscribed"}`).status, "there is no group to leave")
}

func TestASubscriptionChangeIsKeptIfTheEmailCannotHaveTheFact(t *testing.T) {
	s := openShop(t)
	msg := s.sendOrder("alex@example.com", s.offers)
	require.Equal(t, 200, s.post("/messages/"+msg.ID+"/outcome", `{"type": "bounced"}`).status)
	require.Equal(t, 200, s.post("/messages/"+msg.ID+"/outcome", `{"type": "unsubscribed"}`).status)
	require.Equal(t, "Unsubscribed", s.emu.Profile("alex@example.com").Subscriptions["offers"])
	require.Equal(t, []string{"accepted", "bounced"}, s.facts(s.emu.Outbox().To("alex@example.com").Only(t)))
}

func TestOutcomesOfTheControlPlaneAreChecked(t *testing.T) {
	s := openShop(t)
	msg := s.sendOrder("alex@example.com")
	for body, issue := range map[string]string{
		``:                                      "body /type required",
		`[]`:                                    "body  malformed",
		`{}`:                                    "body /type required",
		`{"type": 1}`:                           "body /type type",
		`{"type": "accepted"}`:                  "body /type enum",
		`{"type": "bounced", "kind": "odd"}`:    "body /kind enum",
		`{"type": "opened", "kind": "hard"}`:    "body /kind conflict",
		`{"type": "opened", "url": "x"}`:        "body /url conflict",
		`{"type": "clicked", "url": "/x"}`:      "body /url format",
		`{"type": "clicked", "link": "x"}`:      "body /link unknown_field",
		`{"type": "clicked", "url": "ftp://x"}`: "body /url format",
	} {
		a := s.post("/messages/"+msg.ID+"/outcome", body)
		require.Equal(t, 400, a.status, body)
		require.Equal(t, []string{issue}, a.issues(t), body)
	}
	require.Equal(t, []string{"accepted"}, s.facts(msg))
	require.Equal(t, 404, s.post("/messages/"+strings.ToUpper(s.receipt())+"/outcome", `{"type": "opened"}`).status)
}
