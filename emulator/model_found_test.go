package emulator_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// Mistakes that the model check has found, as plain cases.

func TestAnExitRuleThatStaysTrueEndsTheRunAtTheEndOfItsDelay(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "late", "status": "Active", "entry": {"type": "event", "event": "late"},
		"settings": {"exitDuringDelay": "atEnd"},
		"exitOn": [{"id": "gone", "condition": {"$state": "/profile/gone"}}], "start": "wait",
		"nodes": [{"id": "wait", "type": "delay", "for": "P1D", "next": "done"}, {"id": "done", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "late", Profile: alex})
	who := alex
	who.Properties = map[string]any{"gone": true}
	s.track(&segmentflow.TrackEventParams{Event: "other", Profile: who})
	require.Equal(t, "running", string(s.onlyRun("late").Status))
	s.emu.Advance(24 * time.Hour)
	require.Equal(t, "exit_rule:gone", s.onlyRun("late").Reason)
}

func TestTheEventThatEnteredNeverEndsAWaitEvenIfItIsDatedAhead(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "since", "status": "Active", "entry": {"type": "event", "event": "since"}, "start": "wait",
		"nodes": [{"id": "wait", "type": "waitFor", "since": "entry", "timeout": "P1D", "timeoutNext": "done",
			"branches": [{"id": "again", "event": "since", "next": "done"}]}, {"id": "done", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "since", Profile: alex, OccurredAt: monday.Add(time.Hour)})
	require.NotNil(t, s.onlyRun("since").Waiting)
}

func TestOfTwoTrueExitRulesTheFirstDeclaredEndsTheRun(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "two", "status": "Active", "entry": {"type": "event", "event": "two"},
		"exitOn": [{"id": "first", "condition": {"performed": {"event": "bye"}}}, {"id": "second", "event": "bye"}],
		"start": "wait",
		"nodes": [{"id": "wait", "type": "delay", "for": "P1D", "next": "done"}, {"id": "done", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "two", Profile: alex})
	s.track(&segmentflow.TrackEventParams{Event: "bye", Profile: alex})
	require.Equal(t, "exit_rule:first", s.onlyRun("two").Reason)
}

func TestADueTimerFiresBeforeAnEventThatAnotherRunEmitsAtThatInstant(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "emits", "status": "Active", "entry": {"type": "event", "event": "go"}, "start": "wait",
		"nodes": [{"id": "wait", "type": "delay", "for": "P1D", "next": "tell"},
			{"id": "tell", "type": "emitEvent", "event": "told", "next": "done"},
			{"id": "done", "type": "exit"}]}`)
	s.seedJourney(`{"key": "hears", "status": "Active", "entry": {"type": "event", "event": "go"}, "start": "wait",
		"nodes": [{"id": "wait", "type": "waitFor", "timeout": "P1D", "timeoutNext": "done",
			"branches": [{"id": "told", "event": "told", "next": "done"}]}, {"id": "done", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "go", Profile: alex})
	s.emu.Advance(24 * time.Hour)
	require.Equal(t, []string{"wait timeout", "done exit"}, steps(s.onlyRun("hears")))
}

func TestAnExitRuleEndsARunThatHasTakenNoStepWhateverHappens(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{Segments: []emulator.SeedSegment{
		{Key: "pinged", Definition: map[string]any{"performed": map[string]any{"event": "ping"}}},
		{Key: "unmailed", Definition: map[string]any{
			"$not": map[string]any{"received": map[string]any{"event": "sent"}},
		}},
	}}))
	s.seedJourney(`{"key": "first", "status": "Active", "entry": {"type": "segment", "segment": "pinged"},
		"start": "tell",
		"nodes": [{"id": "tell", "type": "emitEvent", "event": "ping", "data": {"k": 1}, "next": "done"},
			{"id": "done", "type": "exit"}]}`)
	s.seedJourney(`{"key": "second", "status": "Active", "entry": {"type": "event", "event": "ping", "key": "/event/k"},
		"exitOn": [{"id": "gone", "condition": {"inSegment": "unmailed"}}], "start": "wait",
		"nodes": [{"id": "wait", "type": "delay", "for": "P1D", "next": "done"}, {"id": "done", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "ping", Profile: alex, Data: map[string]any{"k": 1}})
	runs := s.emu.Runs("second").All()
	require.Len(t, runs, 2, "the event of the other run found no active run")
	require.Equal(t, []string{"exit_rule:gone", "exit_rule:gone"}, []string{runs[0].Reason, runs[1].Reason})
}

func TestAFileKeepsTheTimeIfOnlyTheClockMoved(t *testing.T) {
	options := []emulator.Option{
		emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db")),
		emulator.WithStartTime(monday),
	}
	emu := emulator.Start(t, options...)
	emu.Advance(time.Hour)
	require.NoError(t, emu.Close())
	require.Equal(t, monday.Add(time.Hour), emulator.Start(t, options...).Now())
}
