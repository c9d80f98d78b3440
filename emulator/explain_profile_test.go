package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTheStoryOfAPersonIsInOrder(t *testing.T) {
	s := openShop(t)
	s.emu.Advance(time.Minute)
	entered := s.track(trial("Pro", "t1"))
	run := s.onlyRun("trial-onboarding").RunID
	s.emu.Advance(time.Hour)
	skipped := s.track(trial("Free", "t2"))
	s.emu.Advance(time.Hour)
	welcome := s.emu.Outbox().Last()
	require.NoError(t, s.emu.Open(welcome))
	require.NoError(t, s.emu.Complain(welcome))
	s.emu.Advance(time.Hour)
	receipt := sendTo(t, s.emu, "order-receipt", "chiara@example.com")
	bought := trial("Pro", "t1")
	bought.Event = "plan.purchased"
	exit := s.track(bought)

	want := "Profile chiara@example.com, externalId cus_125, " + s.emu.ID("profile", "chiara@example.com") + "\n" +
		"  gets no emails since 2026-03-02T11:01:00.000Z: suppressed_complaint, " +
		"by the fact complained of the EmailSend " + welcome.SendID + "\n" +
		"  Unsubscribed from offers since 2026-03-02T11:01:00.000Z\n" +
		"  Unsubscribed from trail-notes by its policy OptIn\n" +
		"  member of lapsed\n" +
		"2026-03-02T09:01:00.000Z UserEvent trial.started of chiara@example.com, " + entered.EventID + "\n" +
		"  trial-onboarding: enrolled\n" +
		`    because filter: /event/plan ("Pro") in ["Pro","Team"] → true` + "\n" +
		"2026-03-02T09:01:00.000Z run of trial-onboarding version 1, " + run + ": started\n" +
		"2026-03-02T09:01:00.000Z EmailSend of trial-welcome by the run " + run + ", " + welcome.SendID + ": Sent\n" +
		"2026-03-02T10:01:00.000Z UserEvent trial.started of chiara@example.com, " + skipped.EventID + "\n" +
		"  trial-onboarding: skipped, filter_mismatch\n" +
		`    because filter: /event/plan ("Free") in ["Pro","Team"] → false` + "\n" +
		"2026-03-02T11:01:00.000Z opened, of the EmailSend " + welcome.SendID + "\n" +
		"2026-03-02T11:01:00.000Z complained, of the EmailSend " + welcome.SendID + "\n" +
		"2026-03-02T11:01:00.000Z Unsubscribed from offers by complaint\n" +
		"2026-03-02T12:01:00.000Z UserEvent plan.purchased of chiara@example.com, " + exit.EventID + "\n" +
		"  no Journey that starts with this event was Active\n" +
		"2026-03-02T12:01:00.000Z EmailSend of order-receipt, " + receipt.ID + ": Skipped, suppressed_complaint\n" +
		"2026-03-02T12:01:00.000Z run of trial-onboarding version 1, " + run + ": exited, exit_rule:converted\n" +
		`    because an event plan.purchased; filter: /event/trialId ("t1") exists true → true` + "\n"
	for _, ref := range []string{
		"chiara@example.com", "Chiara@Example.com", "cus_125", s.person("chiara@example.com"),
	} {
		require.Equal(t, want, s.emu.Explain(ref))
	}
	require.Equal(t, want,
		call(t, s.emu, "GET", "/_emulator/explain/cus_125", "", "Host", "localhost").body)

	require.Equal(t, "2026-03-02T12:01:00.000Z EmailSend of order-receipt to chiara@example.com, "+receipt.ID+"\n"+
		"  2026-03-02T12:01:00.000Z Skipped, suppressed_complaint\n"+
		"    gets no emails since 2026-03-02T11:01:00.000Z: suppressed_complaint, "+
		"by the fact complained of the EmailSend "+welcome.SendID+"\n"+
		"  sent for email\n", s.emu.Explain(receipt.ID))
	require.Equal(t, s.emu.Explain(welcome.SendID), s.emu.Explain(welcome.ID), "a Message is its EmailSend")
}

func TestTheStoryOfAPersonEndsWithWhatWaits(t *testing.T) {
	s := openShop(t)
	event := s.track(trial("Pro", "t1"))
	story := s.emu.Explain("chiara@example.com")
	run := s.onlyRun("trial-onboarding").RunID
	require.True(t, strings.HasSuffix(story, "run of trial-onboarding version 1 for chiara@example.com, "+run+"\n"+
		"  2026-03-02T09:00:00.000Z entered by the event trial.started, "+event.EventID+"\n"+
		`    because filter: /event/plan ("Pro") in ["Pro","Team"] → true`+"\n"+
		"  2026-03-02T09:00:00.000Z email welcome: sent\n"+
		"  waits at wait until 2026-03-05T09:00:00.000Z\n"), story)
}

func TestALongStoryKeepsTheNewest(t *testing.T) {
	s := openShop(t)
	for n := range 30 {
		s.emu.Advance(time.Minute)
		s.send(receipt(s.receipt(), n))
		s.track(&segmentflow.TrackEventParams{Event: "came", Profile: alex})
		require.NoError(t, s.emu.Open(s.emu.Outbox().Last()))
	}
	story := s.emu.Explain("alex@example.com")
	require.Contains(t, story, "… earlier entries are left out\n2026-03-02T09:11:00.000Z UserEvent")
	require.Less(t, strings.Count(story, "\n"), 100)
}

func TestTheStoryOfABroadcastNamesWhoIsLeftOut(t *testing.T) {
	s := openShop(t)
	gold := map[string]any{"tier": "gold"}
	people := []emulator.SeedProfile{
		{Email: "left@example.com", Properties: gold, Subscriptions: map[string]string{"offers": "Unsubscribed"}},
		{Email: "gone@example.com", Properties: gold, Suppressed: "manual"},
		{Email: "later@example.com", Properties: gold},
		{Email: "stays@example.com", Properties: gold},
	}
	require.NoError(t, s.emu.Seed(emulator.Seed{Profiles: people}))
	draft := s.broadcast(s.autumn())
	history := `2026-03-02T09:00:00.000Z Broadcast "Autumn sale", ` + draft.ID + "\n" +
		"  2026-03-02T09:00:00.000Z created\n"
	left := "1 suppressed_manual, 1 unsubscribed\n"
	names := "    left@example.com: unsubscribed\n    gone@example.com: suppressed_manual\n"
	if s.person("gone@example.com") < s.person("left@example.com") {
		names = "    gone@example.com: suppressed_manual\n    left@example.com: unsubscribed\n"
	}
	audience := "  of the audience of 5, 3 would get it now\n  would be left out: " + left + names
	require.Equal(t, history+"  now NotStarted, a draft\n"+audience, s.emu.Explain(draft.ID))

	made, err := s.client.Broadcasts.CreateConfirmation(t.Context(), draft.ID)
	require.NoError(t, err)
	confirmation := "confirmation " + made.ConfirmationID
	history += "  2026-03-02T09:00:00.000Z " + confirmation + " was made; it expires at 2026-03-02T09:15:00.000Z\n"
	open := history + "  now NotStarted, a draft\n  " + confirmation + " is open\n" + audience
	require.Equal(t, open, s.emu.Explain(draft.ID))
	require.Equal(t, "Confirmation "+made.ConfirmationID+" is open\n"+open, s.emu.Explain(made.ConfirmationID))

	require.NoError(t, s.emu.Human().Approve(made.ConfirmationID))
	story := s.emu.Explain(draft.ID)
	require.Equal(t, history+
		"  2026-03-02T09:00:00.000Z "+confirmation+" was approved\n"+
		"  2026-03-02T09:00:00.000Z started\n"+
		"  2026-03-02T09:00:00.000Z the audience was stored: 3 of 5 are eligible\n"+
		"  2026-03-02T09:00:00.000Z sent\n"+
		"  now Sent\n"+
		"  of the audience of 5, 3 were eligible: 3 sent\n"+
		"  left out at the start: "+left+names, story)
	require.Contains(t, s.emu.Explain("left@example.com"),
		`left out of the Broadcast "Autumn sale", `+draft.ID+": unsubscribed\n")
	require.Contains(t, s.emu.Explain("gone@example.com"),
		"  gets no emails since 2026-03-02T09:00:00.000Z: suppressed_manual\n")
}

func TestTheStoryOfABroadcastNamesItsBlockers(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{Segments: []emulator.SeedSegment{
		{Key: "nobody", Name: "Nobody", Members: []string{}},
	}}))
	nobody := s.autumn()
	nobody.SegmentID = s.emu.ID("segment", "nobody")
	draft := s.broadcast(nobody)
	preflight, err := s.client.Broadcasts.Preflight(t.Context(), draft.ID)
	require.NoError(t, err)
	require.Equal(t, `2026-03-02T09:00:00.000Z Broadcast "Autumn sale", `+draft.ID+"\n"+
		"  2026-03-02T09:00:00.000Z created\n"+
		"  now NotStarted, a draft\n"+
		"  blocked by no_recipients: "+preflight.Blockers[0].Message+"\n"+
		"  of the audience of 0, 0 would get it now\n", s.emu.Explain(draft.ID))
}

func TestTheStoryOfALargeBroadcastNamesTheFirst(t *testing.T) {
	s := openShop(t)
	var people []emulator.SeedProfile
	for n := range 15 {
		people = append(people, emulator.SeedProfile{
			Email:      "walker" + string(rune('a'+n)) + "@example.com",
			Properties: map[string]any{"tier": "gold"},
			Suppressed: "manual",
		})
	}
	require.NoError(t, s.emu.Seed(emulator.Seed{Profiles: people}))
	draft := s.broadcast(s.autumn())
	story := s.emu.Explain(draft.ID)
	require.Contains(t, story, "would be left out: 15 suppressed_manual\n")
	require.Equal(t, 10, strings.Count(story, "walker"))
	require.True(t, strings.HasSuffix(story, "    … and 5 more\n"), story)
}

func TestTheStoryOfAProfileSaysWhichEventsAreHistory(t *testing.T) {
	s := openShop(t)
	require.Contains(t, s.emu.Explain("alex@example.com"),
		"\n  history from a seed, for which no Journey is evaluated\n")
}
