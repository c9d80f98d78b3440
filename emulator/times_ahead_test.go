package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// These tests are about events whose occurredAt is not the time of their receipt.

// waitingFor is a Journey that waits for the event "paid", first after an hour.
func waitingFor(since string) string {
	return `{"key": "w", "status": "Active", "entry": {"type": "event", "event": "go"}, "start": "d", "nodes": [
		{"id": "d", "type": "delay", "for": "PT1H", "next": "w"},
		{"id": "w", "type": "waitFor", "since": "` + since + `", "timeout": "P2D", "timeoutNext": "x",
			"branches": [{"id": "paid", "event": "pai*", "filter": {"$state": "/event/ok", "eq": true}, "next": "x"}]},
		{"id": "x", "type": "exit"}]}`
}

func TestAWaitCountsEventsByReceiptAndOccurrence(t *testing.T) {
	const hour = time.Hour
	none := time.Duration(-1)
	type event struct{ received, occurred time.Duration } // since the entry; received is negative for just before it
	for name, c := range map[string]struct {
		event
		entry, arrival time.Duration // when it ends the wait, by since
	}{
		"before the entry":                       {event{-1, -hour}, none, none},
		"before the entry, at that instant":      {event{-1, 0}, none, none},
		"before the entry, but it occurs later":  {event{-1, 3 * hour}, none, none},
		"after it, at that instant":              {event{0, 0}, hour, none},
		"after it, but it occurred before":       {event{0, -1}, none, none},
		"before the arrival":                     {event{hour / 2, hour / 2}, hour, none},
		"before the arrival, but it occurs then": {event{hour / 2, hour}, hour, none},
		"before the arrival, but it occurs late": {event{hour / 2, 3 * hour}, 3 * hour, none},
		"while it waits":                         {event{2 * hour, 2 * hour}, 2 * hour, 2 * hour},
		"while it waits, about an earlier time":  {event{2 * hour, hour / 2}, 2 * hour, 2 * hour},
		"while it waits, from before the entry":  {event{2 * hour, -hour}, none, 2 * hour},
		"while it waits, but it occurs later":    {event{2 * hour, 5 * hour}, 5 * hour, 5 * hour},
		"while it waits, but it occurs too late": {event{40 * hour, 50 * hour}, none, none},
	} {
		for since, want := range map[string]time.Duration{"entry": c.entry, "arrival": c.arrival} {
			t.Run(name+", since "+since, func(t *testing.T) {
				s := openShop(t)
				s.emu.Advance(time.Hour)
				entry := s.emu.Now()
				s.seedJourney(waitingFor(since))
				receive := func() {
					data, at := map[string]any{"ok": true}, entry.Add(c.occurred)
					s.track(&segmentflow.TrackEventParams{Event: "paid", Profile: alex, Data: data, OccurredAt: at})
				}
				if c.received < 0 {
					receive()
				}
				s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})
				if c.received >= 0 {
					s.emu.AdvanceTo(entry.Add(c.received))
					receive()
				}
				s.emu.AdvanceTo(entry.Add(72 * time.Hour))
				wait := s.onlyRun("w").Path[1]
				if want == none {
					require.Equal(t, "timeout", wait.Outcome)
					return
				}
				require.Equal(t, "paid", wait.Outcome)
				require.Equal(t, entry.Add(want), wait.At)
			})
		}
	}
}

func TestAnEventThatOccursLaterIsTestedWhenItOccurs(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "w", "status": "Active", "entry": {"type": "event", "event": "go"}, "start": "w", "nodes": [
		{"id": "w", "type": "waitFor", "timeout": "P2D", "timeoutNext": "x", "branches": [
			{"id": "tier", "condition": {"$state": "/profile/since", "within": "P9D"}, "next": "x"},
			{"id": "paid", "event": "paid", "filter": {"$state": "/profile/ok"}, "next": "x"}]},
		{"id": "x", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})
	pay := func(after time.Duration) {
		s.track(&segmentflow.TrackEventParams{Event: "paid", Profile: alex, OccurredAt: monday.Add(after)})
	}
	pay(5 * time.Hour)
	pay(2 * time.Hour)
	pay(9 * time.Hour)
	s.property("since", monday.Add(20*time.Hour))
	s.emu.Advance(4 * time.Hour)
	s.property("ok", true)
	require.NotNil(t, s.onlyRun("w").Waiting, "the filter failed when the event of 2 hours occurred")
	s.emu.Advance(30 * time.Hour)
	run := s.onlyRun("w")
	require.Equal(t, "paid", run.Path[0].Outcome)
	require.Equal(t, monday.Add(5*time.Hour), run.Path[0].At)
}

// The event is received at once: it enters Journeys and ends runs then. A condition counts it when it has occurred.
func TestAnEventThatOccursLaterEntersAndExitsWhenItIsReceived(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(parsed(t, `
segments: [{key: paid, name: Paid, definition: {performed: {event: paid}}}]
journeys:
  - {key: exits, status: Active, entry: {type: event, event: go}, exitOn: [{id: paid, event: paid}], start: d, nodes: [
      {id: d, type: delay, for: P1D, next: x}, {id: x, type: exit}]}
  - {key: later, status: Active, entry: {type: event, event: go}, exitOn: [{id: paid, condition: {inSegment: paid}}],
      start: d, nodes: [{id: d, type: delay, for: P1D, next: x}, {id: x, type: exit}]}
  - {key: enters, status: Active, entry: {type: event, event: paid}, start: x, nodes: [{id: x, type: exit}]}
  - {key: joins, status: Active, entry: {type: segment, segment: paid}, start: x, nodes: [{id: x, type: exit}]}
`)))
	s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})
	s.track(&segmentflow.TrackEventParams{Event: "paid", Profile: alex, OccurredAt: monday.Add(time.Hour)})
	require.Equal(t, "exit_rule:paid", s.onlyRun("exits").Reason)
	require.Len(t, s.emu.Runs("enters").All(), 1)
	require.Equal(t, "running", string(s.onlyRun("later").Status))
	require.Empty(t, s.emu.Runs("joins").All())
	require.Zero(t, s.members("paid"))
	s.emu.Advance(time.Hour)
	require.Equal(t, "exit_rule:paid", s.onlyRun("later").Reason)
	require.Len(t, s.emu.Runs("joins").All(), 1)
	require.Equal(t, 1, s.members("paid"))
}
