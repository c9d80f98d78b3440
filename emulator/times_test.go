package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// These tests are about dates: in whose zone they are, and which can be read. The Organization is in Europe/Berlin, an
// hour ahead of UTC on the Monday of the tests. Alex is in New York, five hours behind UTC.

func (s shop) property(name string, value any) {
	s.Helper()
	who := alex
	who.Properties = map[string]any{name: value}
	s.track(&segmentflow.TrackEventParams{Event: "noted", Profile: who})
}

// members returns how many Profiles are in a Segment.
func (s shop) members(segment string) int {
	s.Helper()
	preview, err := s.client.Segments.Preview(s.Context(), s.emu.ID("segment", segment), nil)
	require.NoError(s, err)
	require.Len(s, preview.Profiles, preview.Count)
	return preview.Count
}

func TestADateIsLocalToTheProfileElseToTheOrganization(t *testing.T) {
	for name, c := range map[string]struct {
		timezone    any
		date, first string // the date, and the instant from which on it has passed
	}{
		"the Profile's zone":         {"America/New_York", "2026-03-03", "2026-03-03T05:00:00Z"},
		"the Organization's":         {nil, "2026-03-03", "2026-03-02T23:00:00Z"},
		"a zone that does not exist": {"Mars/Olympus", "2026-03-03", "2026-03-02T23:00:00Z"},
		"a zone in lower case":       {"america/new_york", "2026-03-03", "2026-03-02T23:00:00Z"},
		"a name of the machine":      {"localtime", "2026-03-03", "2026-03-02T23:00:00Z"},
		"no text":                    {7, "2026-03-03", "2026-03-02T23:00:00Z"},
		"a date-time without a zone": {"America/New_York", "2026-03-03T00:00:00", "2026-03-03T05:00:00Z"},
		"a date-time with a zone":    {"America/New_York", "2026-03-03T00:00:00z", "2026-03-03T00:00:00Z"},
		"a date-time with an offset": {"America/New_York", "2026-03-03T00:00+0100", "2026-03-02T23:00:00Z"},
		"a time that is skipped":     {"America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00Z"},
		"a time that comes twice":    {"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			require.NoError(t, s.emu.Seed(parsed(t, `
segments: [{key: passed, name: Passed, definition: {"$state": /profile/due, within: P365D}}]
journeys:
  - {key: wait, status: Active, entry: {type: event, event: go}, start: w, nodes: [{id: w, type: waitFor,
      branches: [{id: passed, condition: {"$state": /profile/due, within: P365D}, next: x}],
      timeout: P365D, timeoutNext: x}, {id: x, type: exit}]}
  - {key: delay, status: Active, entry: {type: event, event: go}, start: d, nodes: [
      {id: d, type: delay, untilProperty: {path: /profile/due}, next: x}, {id: x, type: exit}]}
  - {key: exits, status: Active, entry: {type: event, event: go}, exitOn: [{id: due, condition:
      {"$state": /profile/due, within: P365D}}], start: d, nodes: [
      {id: d, type: delay, for: P365D, next: x}, {id: x, type: exit}]}
  - {key: enters, status: Active, entry: {type: segment, segment: passed}, start: x, nodes: [{id: x, type: exit}]}
`)))
			s.property("timezone", c.timezone)
			s.property("due", c.date)
			s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})

			first, err := time.Parse(time.RFC3339, c.first)
			require.NoError(t, err)
			s.emu.AdvanceTo(first.Add(-time.Millisecond))
			require.Zero(t, s.members("passed"))
			require.Empty(t, s.emu.Runs("enters").All())
			for _, journey := range []string{"wait", "delay", "exits"} {
				require.Equal(t, "running", string(s.onlyRun(journey).Status), journey)
			}
			s.emu.Advance(time.Millisecond)
			require.Equal(t, 1, s.members("passed"))
			require.Equal(t, first, s.onlyRun("enters").TriggeredAt)
			require.Equal(t, []string{"w passed", "x exit"}, steps(s.onlyRun("wait")))
			require.Equal(t, []string{"d elapsed", "x exit"}, steps(s.onlyRun("delay")))
			require.Equal(t, "exit_rule:due", s.onlyRun("exits").Reason)
		})
	}
}

func TestBeforeAndAfterReadLocalDatesEverywhere(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(parsed(t, `
segments:
  - {key: early, name: Early, definition: {"$state": /profile/due, before: "2026-03-03T00:00Z"}}
  - {key: equal, name: Equal, definition: [{"$state": /profile/due},
      {"$state": /profile/due, before: {"$state": /profile/other}, not: true},
      {"$state": /profile/due, after: {"$state": /profile/other}, not: true}]}
journeys:
  - {key: branch, status: Active,
      entry: {type: event, event: go, filter: {"$state": /event/on, after: "2026-03-03T04:59Z"}},
      audience: {"$state": /profile/due, after: "2026-03-02T23:00Z"}, start: b, nodes: [
      {id: b, type: branch, paths: [{id: late, when: {"$state": /event/on, before: "2026-03-03T05:01Z"}, next: x}],
      default: x}, {id: x, type: exit}]}
`)))
	s.property("other", "2026-03-03T00:00")
	s.property("due", "2026-03-03")
	require.Zero(t, s.members("early"), "05:00 in UTC")
	require.Equal(t, 1, s.members("equal"), "both are local")
	s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex, Data: map[string]any{"on": "2026-03-03"}})
	require.Equal(t, []string{"b late", "x exit"}, steps(s.onlyRun("branch")))

	s.property("timezone", nil)
	require.Equal(t, 1, s.members("early"), "23:00 in UTC")
	require.Equal(t, 1, s.members("equal"))
}

// zoned are Journeys that compare a date, and that nothing but a change of the zone can move.
const zoned = `
segments: [{key: passed, name: Passed, definition: {"$state": /profile/due, before: "2026-03-02T23:30Z"}}]
journeys:
  - {key: wait, status: Active, entry: {type: event, event: go}, start: w, nodes: [{id: w, type: waitFor,
      branches: [{id: passed, condition: {"$state": /profile/due, within: P1D}, next: x}],
      timeout: P3D, timeoutNext: x}, {id: x, type: exit}]}
  - {key: exits, status: Active, entry: {type: event, event: go}, exitOn: [{id: due, condition: {inSegment: passed}}],
      start: d, nodes: [{id: d, type: delay, for: P3D, next: x}, {id: x, type: exit}]}
  - {key: enters, status: Active, entry: {type: segment, segment: passed}, start: x, nodes: [{id: x, type: exit}]}
  - {key: fixed, status: Active, entry: {type: event, event: go}, start: d, nodes: [
      {id: d, type: delay, untilProperty: {path: /profile/due}, next: x}, {id: x, type: exit}]}`

func TestAChangeOfTheZoneIsTestedAtOnce(t *testing.T) {
	for name, change := range map[string]func(s shop){
		"with an event": func(s shop) { s.property("timezone", nil) },
		"by an edit": func(s shop) {
			params := &segmentflow.UpdateProfileParams{Properties: map[string]any{"timezone": "Europe/Paris"}}
			_, err := s.client.Profiles.Update(s.Context(), s.emu.Profile("alex@example.com").ID, params)
			require.NoError(s, err)
		},
		"by a seed": func(s shop) {
			seed := parsed(s, "profiles: [{email: alex@example.com, properties: {timezone: UTC}}]")
			require.NoError(s, s.emu.Seed(seed))
		},
		"by a Journey": func(s shop) {
			s.seedJourney(`{"key": "moves", "status": "Active", "entry": {"type": "event", "event": "move"},
				"start": "s", "nodes": [
				{"id": "s", "type": "setProperty", "set": {"timezone": "Asia/Tokyo"}, "next": "x"},
				{"id": "x", "type": "exit"}]}`)
			s.track(&segmentflow.TrackEventParams{Event: "move", Profile: alex})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			require.NoError(t, s.emu.Seed(parsed(t, zoned)))
			s.property("due", "2026-03-03")
			s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})
			s.emu.AdvanceTo(time.Date(2026, 3, 3, 0, 30, 0, 0, time.UTC))
			require.Equal(t, "running", string(s.onlyRun("wait").Status))
			require.Equal(t, "running", string(s.onlyRun("exits").Status))
			require.Empty(t, s.emu.Runs("enters").All())

			change(s)
			require.Equal(t, []string{"w passed", "x exit"}, steps(s.onlyRun("wait")))
			fixed := s.onlyRun("fixed").Waiting
			require.Equal(t, time.Date(2026, 3, 3, 5, 0, 0, 0, time.UTC), fixed.Until, "a delay stays as it is")
			if name == "by a seed" { // in UTC the date is after 23:30 of the day before
				require.Empty(t, s.emu.Runs("enters").All())
				return
			}
			require.Equal(t, "exit_rule:due", s.onlyRun("exits").Reason)
			require.Equal(t, s.emu.Now(), s.onlyRun("enters").TriggeredAt)
		})
	}
}

func TestAChangeOfTheOrganizationsZoneIsTestedAtOnce(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(parsed(t, zoned)))
	s.property("timezone", nil)
	require.NoError(t, s.emu.Seed(parsed(t, "organization: {timezone: America/New_York}")))
	s.property("due", "2026-03-03")
	s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})
	s.emu.AdvanceTo(time.Date(2026, 3, 3, 0, 30, 0, 0, time.UTC))
	require.Equal(t, "running", string(s.onlyRun("wait").Status))
	require.Empty(t, s.emu.Runs("enters").All())

	require.NoError(t, s.emu.Seed(parsed(t, "organization: {name: Acme}")))
	require.Equal(t, "running", string(s.onlyRun("wait").Status))
	require.NoError(t, s.emu.Seed(parsed(t, "organization: {timezone: Europe/Berlin}")))
	require.Equal(t, []string{"w passed", "x exit"}, steps(s.onlyRun("wait")))
	require.Equal(t, "exit_rule:due", s.onlyRun("exits").Reason)
	require.Equal(t, s.emu.Now(), s.onlyRun("enters").TriggeredAt)
	require.Equal(t, 1, s.members("passed"))
}

// The zone also moves the instant at which time alone makes a Profile a member.
func TestAChangeOfTheZoneMovesTheInstantOfEntry(t *testing.T) {
	for zone, want := range map[string]time.Time{
		"Asia/Tokyo":          time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC),
		"America/Los_Angeles": time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC),
	} {
		s := openShop(t)
		require.NoError(t, s.emu.Seed(parsed(t, `
segments: [{key: passed, name: Passed, definition: {"$state": /profile/due, within: P1D}}]
journeys:
  - {key: enters, status: Active, entry: {type: segment, segment: passed}, start: x, nodes: [{id: x, type: exit}]}
`)))
		s.property("due", "2026-03-03")
		s.property("timezone", zone)
		s.emu.Advance(48 * time.Hour)
		require.Equal(t, want, s.onlyRun("enters").TriggeredAt)
	}
}

func TestATemplateAndABroadcastReadLocalDates(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(parsed(t, `
templates: [{key: due, purpose: Transactional, definition: {
  subject: {"$cond": {"$state": /data/due, before: "2026-03-03T00:00Z"}, "$then": Early, "$else": Late},
  body: {root: h, elements: {h: {type: Html, children: [t]},
    t: {type: Text, props: {text: Soon}, visible: {"$state": /data/due, before: "2026-03-03T00:00Z"}}}}}}]
`)))
	for timezone, subject := range map[any]string{"America/New_York": "Late", nil: "Early"} {
		s.property("timezone", timezone)
		s.send(&segmentflow.SendEmailParams{
			TemplateID: s.emu.ID("template", "due"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
			Data:       map[string]any{"due": "2026-03-03"},
		})
		sent := s.emu.Outbox().Template("due").Last()
		require.Equal(t, subject, sent.Subject)
		require.Equal(t, subject == "Early", sent.Text != "", sent.Text)
	}
}

func TestADateThatCannotBeReadEndsTheRunUnlessTheNodeSaysOtherwise(t *testing.T) {
	goesOn := func(outcome string) []string { return []string{"d " + outcome, "x exit"} }
	const unreadable = "property_unreadable"
	for name, c := range map[string]struct {
		value   any
		outcome string
		reason  string
	}{
		"a word":              {"soon", "unreadable", unreadable},
		"digits":              {"20290229", "unreadable", unreadable},
		"no such date":        {"2029-02-29", "unreadable", unreadable},
		"a list":              {[]string{"2029-02-28"}, "unreadable", unreadable},
		"a boolean":           {true, "unreadable", unreadable},
		"an empty text":       {"", "unreadable", unreadable},
		"too large a number":  {9e15, "unreadable", unreadable},
		"after the year 9999": {300_000_000_000, "unreadable", unreadable},
		"nothing":             {nil, "missing", ""},
		"the past":            {"2026-03-01", "past", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			require.NoError(t, s.emu.Seed(parsed(t, `
journeys:
  - {key: strict, status: Active, entry: {type: event, event: go}, start: d, nodes: [
      {id: d, type: delay, untilProperty: {path: /event/at}, next: x}, {id: x, type: exit}]}
  - {key: lax, status: Active, entry: {type: event, event: go}, start: d, nodes: [
      {id: d, type: delay, untilProperty: {path: /event/at, ifUnreadable: continue}, next: x}, {id: x, type: exit}]}
`)))
			s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex, Data: map[string]any{"at": c.value}})
			strict := goesOn(c.outcome)
			if c.reason != "" {
				strict = strict[:1]
			}
			require.Equal(t, strict, steps(s.onlyRun("strict")))
			require.Equal(t, c.reason, s.onlyRun("strict").Reason)
			require.Equal(t, goesOn(c.outcome), steps(s.onlyRun("lax")))
			require.Equal(t, "completed", string(s.onlyRun("lax").Status))
		})
	}
}

func TestAZoneIsAnIANANameInTheSameSpellingOnEveryMachine(t *testing.T) {
	for _, name := range []string{
		"Local", "localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin", "Factory", "europe/berlin",
		"../Europe/Berlin", "Europe", "CEST", "+01:00",
	} {
		emu := emulator.Start(t)
		err := emu.Seed(emulator.Seed{Organization: emulator.SeedOrganization{Timezone: name}})
		require.ErrorContains(t, err, "/organization/timezone: must be an IANA time zone", name)
		journey := journeyDocument(t, `{"key": "j", "status": "Draft", "entry": {"type": "event", "event": "e"},
			"start": "d", "nodes": [{"id": "x", "type": "exit"}, {"id": "d", "type": "delay", "next": "x",
			"untilLocal": {"hour": 9, "minute": 0, "timezone": "`+name+`"}}]}`)
		err = emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{journey}})
		require.ErrorContains(t, err, "/nodes/1/untilLocal/timezone: must be a zone of the IANA database", name)
	}
}

func TestTheDateOfASeededEventIsLocal(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(parsed(t, `
profiles: [{email: eve@example.com}]
events:
  - {key: own, event: e, profile: alex@example.com, occurredAt: 2026-01-02}
  - {key: other, event: e, profile: eve@example.com, occurredAt: "2026-01-02T00:00:00"}
`)))
	at := func(key string) time.Time { return s.emu.Event(s.emu.ID("event", key)).OccurredAt }
	require.Equal(t, time.Date(2026, 1, 2, 5, 0, 0, 0, time.UTC), at("own"))
	require.Equal(t, time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC), at("other"))
}
