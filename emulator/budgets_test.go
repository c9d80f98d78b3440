package emulator_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// emits returns a Journey that an event enters. It emits another event a number of times, each after the delay, if any.
func emits(key, entry, event string, times int, delay string) emulator.SeedJourney {
	nodes := list{}
	for i := range times {
		next := fmt.Sprint("e", i)
		if delay != "" {
			nodes = append(nodes, object{"id": fmt.Sprint("d", i), "type": "delay", "for": delay, "next": next})
		}
		after := "end"
		if i < times-1 && delay != "" {
			after = fmt.Sprint("d", i+1)
		} else if i < times-1 {
			after = fmt.Sprint("e", i+1)
		}
		nodes = append(nodes, object{"id": next, "type": "emitEvent", "event": event, "next": after})
	}

	start := nodes[0].(object)["id"].(string)
	return emulator.SeedJourney{
		Key:    key,
		Status: "Active",
		Entry:  object{"type": "event", "event": entry},
		Start:  start,
		Nodes:  append(nodes, object{"id": "end", "type": "exit"}),
	}
}

func seedJourneys(t *testing.T, emu *emulator.Emulator, journeys ...emulator.SeedJourney) {
	t.Helper()
	require.NoError(t, emu.Seed(emulator.Seed{Journeys: journeys}))
}

func (s shop) trackEvent(who, event string) {
	s.Helper()
	s.track(&segmentflow.TrackEventParams{Event: event, Profile: segmentflow.ProfileIdentity{Email: who}})
}

// runsByStatus counts the runs of the Journeys by status, and returns the errors of the failed ones.
func (s shop) runsByStatus(keys ...string) (counts map[segmentflow.JourneyRunStatus]int, faults []string) {
	counts = map[segmentflow.JourneyRunStatus]int{}
	for _, key := range keys {
		for _, run := range s.emu.Runs(key).All() {
			counts[run.Status]++
			if run.Error != "" {
				faults = append(faults, run.Error)
			}
		}
	}
	return counts, faults
}

func TestJourneysThatEmitEachOthersEventsEndInTheGuard(t *testing.T) {
	skipIfRacing(t)
	file := t.TempDir() + "/world.db"
	s := openShop(t, emulator.WithDatabase(file))
	seedJourneys(t, s.emu, emits("ping", "ping", "pong", 3, ""), emits("pong", "pong", "ping", 3, ""))
	s.trackEvent("alex@example.com", "ping")
	counts, faults := s.runsByStatus("ping", "pong")
	require.Equal(t, 1001, counts["completed"]+counts["failed"],
		"one run from the call, a thousand from the emitted events")
	require.NotEmpty(t, faults)
	for _, fault := range faults {
		require.Regexp(t,
			`^loop_guard: node e\d of journey (ping|pong) may not record the event "(ping|pong)": `, fault)
	}
	s.send(&segmentflow.SendEmailParams{
		TemplateID: s.receipt(),
		To:         &segmentflow.Recipient{Email: "bruno@example.com"},
	})
	require.Equal(t, 1, s.emu.Outbox().To("bruno@example.com").Count(), "other calls still work")

	require.NoError(t, s.emu.Close())
	s = openShop(t, emulator.WithDatabase(file))
	again, _ := s.runsByStatus("ping", "pong")
	require.Equal(t, counts, again)
	s.trackEvent("bruno@example.com", "ping")
}

func TestAThousandEventsMayHaveOneCause(t *testing.T) {
	skipIfRacing(t)
	s := openShop(t)
	seedJourneys(t, s.emu, emits("one", "go", "a", 100, ""), emits("two", "a", "b", 9, ""))
	s.trackEvent("alex@example.com", "go")
	counts, faults := s.runsByStatus("one", "two")
	require.Empty(t, faults)
	require.Equal(t, 101, counts["completed"])

	seedJourneys(t, s.emu, emits("three", "go", "c", 1, ""))
	s.trackEvent("alex@example.com", "go")
	_, faults = s.runsByStatus("one", "two", "three")
	require.Len(t, faults, 1)
	require.Contains(t, faults[0], "number 1001 of the UserEvents and Segment entries with one cause")
}

func TestEachCallIsItsOwnCause(t *testing.T) {
	skipIfRacing(t)
	s := openShop(t)
	seedJourneys(t, s.emu, emits("one", "go", "a", 2, ""))
	for range 700 {
		s.trackEvent("alex@example.com", "go")
	}
	counts, faults := s.runsByStatus("one")
	require.Empty(t, faults)
	require.Equal(t, 700, counts["completed"])
}

func TestJourneysThatTriggerEachOtherDailyHaveNoLimit(t *testing.T) {
	for _, delay := range []string{"PT1M", "P1D"} {
		s := openShop(t)
		seedJourneys(t, s.emu, emits("ping", "ping", "pong", 1, delay), emits("pong", "pong", "ping", 1, ""))
		s.trackEvent("alex@example.com", "ping")
		s.emu.Advance(60 * 24 * time.Hour / map[string]time.Duration{"PT1M": 24 * 60, "P1D": 1}[delay])
		counts, faults := s.runsByStatus("ping", "pong")
		require.Empty(t, faults, delay)
		require.Equal(t, 120, counts["completed"], delay)
		require.Equal(t, 1, counts["running"], delay)
	}
}

func TestActsWithinAMinuteCount(t *testing.T) {
	s := openShop(t)
	seedJourneys(t, s.emu, emits("ping", "ping", "ping", 1, "PT59S"))
	s.trackEvent("alex@example.com", "ping")
	s.emu.Advance(time.Hour)
	counts, faults := s.runsByStatus("ping")
	require.Equal(t, 10, counts["completed"])
	require.Len(t, faults, 1)
	require.Contains(t, faults[0], "more than 10")
}

func TestJourneysThatChangeEachOthersSegmentsEndInTheGuard(t *testing.T) {
	skipIfRacing(t)
	s := openShop(t)
	seed, keys := emulator.Seed{}, []string{}
	on := object{"$state": "/profile/on", "eq": true}
	toggle := object{"on": object{"$cond": on, "$then": false, "$else": true}}
	for i := range 12 {
		key := fmt.Sprint("s", i)
		keys = append(keys, key)
		seed.Segments = append(seed.Segments, emulator.SeedSegment{Key: key, Definition: on})
		seed.Journeys = append(seed.Journeys, emulator.SeedJourney{
			Key:     key,
			Status:  "Active",
			Entry:   object{"type": "segment", "segment": key},
			Reentry: object{"mode": "always"},
			Start:   "a",
			Nodes: list{
				object{"id": "a", "type": "setProperty", "set": toggle, "next": "b"},
				object{"id": "b", "type": "setProperty", "set": toggle, "next": "end"},
				object{"id": "end", "type": "exit"},
			},
		})
	}

	require.NoError(t, s.emu.Seed(seed))
	s.track(&segmentflow.TrackEventParams{
		Event: "hello",
		Profile: segmentflow.ProfileIdentity{
			Email:      "alex@example.com",
			Properties: map[string]any{"on": true},
		},
	})
	counts, faults := s.runsByStatus(keys...)
	require.NotEmpty(t, faults)
	require.Contains(t, strings.Join(faults, "\n"), "loop_guard: the Profile cannot enter journey ")
	require.Less(t, counts["completed"]+counts["failed"], 1100)
	require.Zero(t, counts["queued"]+counts["running"])
}

// An earlier emulator accepted such a Journey. The test writes its definition into the file with SQL.
func TestACycleInAnOldDatabaseEndsInTheGuard(t *testing.T) {
	skipIfRacing(t)
	file := t.TempDir() + "/world.db"
	s := openShop(t, emulator.WithDatabase(file))
	seedJourneys(t, s.emu, emulator.SeedJourney{
		Key:    "round",
		Status: "Active",
		Entry:  object{"type": "event", "event": "go"},
		Start:  "wait",
		Nodes: list{
			object{"id": "wait", "type": "delay", "for": "PT1H", "next": "set"},
			object{"id": "set", "type": "setProperty", "set": object{"a": 1}, "next": "mail"},
			object{"id": "mail", "type": "email", "template": "order-receipt", "next": "wait"},
		},
	})
	s.trackEvent("alex@example.com", "go")
	require.NoError(t, s.emu.Close())
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(),
		`UPDATE journey_versions SET definition = replace(definition, '"for":"PT1H"', '"for":"PT0S"')
		WHERE definition LIKE '%"round"%'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	s = openShop(t, emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	s.emu.Advance(time.Hour)
	s.trackEvent("bruno@example.com", "go")
	counts, faults := s.runsByStatus("round")
	require.Equal(t, 2, counts["failed"])
	for _, fault := range faults {
		const start = "loop_guard: the run visited more than 1000 nodes of journey round while the clock was at "
		require.True(t, strings.HasPrefix(fault, start), fault)
		require.Regexp(t,
			`: (set → mail → wait → set|mail → wait → set → mail|wait → set → mail → wait)$`,
			fault)
	}

	require.NoError(t, s.emu.Close())
	s = openShop(t, emulator.WithDatabase(file))
	again, _ := s.runsByStatus("round")
	require.Equal(t, counts, again)
}
