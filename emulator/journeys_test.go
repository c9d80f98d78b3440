package emulator_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// journeyDocument parses a Journey as a seed file has it.
func journeyDocument(t testing.TB, raw string) emulator.SeedJourney {
	t.Helper()
	var j emulator.SeedJourney
	require.NoError(t, json.Unmarshal([]byte(raw), &j))
	return j
}

func (s shop) seedJourney(raw string) {
	s.Helper()
	require.NoError(s, s.emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{journeyDocument(s, raw)}}))
}

func (s shop) onlyRun(journey string) emulator.Run {
	s.Helper()
	runs := s.emu.Runs(journey).All()
	require.Len(s, runs, 1)
	return runs[0]
}

// steps returns "node outcome" for each step of a run.
func steps(run emulator.Run) []string {
	var path []string
	for _, step := range run.Path {
		path = append(path, step.Node+" "+step.Outcome)
	}
	return path
}

func TestThreeDaysOfJourneyPassInOneCall(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	require.Equal(t, "Welcome to the Pro trial, Chiara", s.emu.Outbox().To("chiara@example.com").Only(t).Subject)
	run := s.onlyRun("trial-onboarding")
	require.Equal(t, segmentflow.JourneyRunStatusRunning, run.Status)
	require.Equal(t, "wait", run.Waiting.Node)
	require.Equal(t, monday.Add(72*time.Hour), run.Waiting.Until)

	s.emu.Advance(72*time.Hour - time.Millisecond)
	require.Equal(t, 1, s.emu.Outbox().Template("trial-welcome").Count())
	s.emu.Outbox().Template("trial-reminder").None(t)
	s.emu.Advance(time.Millisecond)
	reminder := s.emu.Outbox().Template("trial-reminder").Only(t)
	require.Equal(t, "Chiara, your trial ends soon", reminder.Subject)
	require.Equal(t, monday.Add(72*time.Hour), reminder.At)
	run = s.onlyRun("trial-onboarding")
	require.Equal(t, "completed", string(run.Status))
	require.Equal(t, []string{"welcome sent", "wait elapsed", "tier default", "reminder sent", "done exit"}, steps(run))
}

func TestAnExitRuleEndsTheRunThatItsKeyNames(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	s.track(trial("Pro", "t2"))
	bought := trial("Pro", "t1")
	bought.Event = "plan.purchased"
	s.track(bought)
	runs := s.emu.Runs("trial-onboarding").All()
	require.Equal(t, "exited", string(runs[0].Status))
	require.Equal(t, "exit_rule:converted", runs[0].Reason)
	require.Equal(t, "running", string(runs[1].Status))
	s.emu.Advance(72 * time.Hour)
	require.Equal(t, 1, s.emu.Outbox().Template("trial-reminder").Count())
}

func TestTheProfileIsReadLiveAtEachStep(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	who := segmentflow.ProfileIdentity{Email: "chiara@example.com", Properties: map[string]any{"tier": "gold"}}
	s.track(&segmentflow.TrackEventParams{Event: "upgraded", Profile: who})
	s.emu.Advance(72 * time.Hour)
	require.Equal(t,
		[]string{"welcome sent", "wait elapsed", "tier gold", "done exit"},
		steps(s.onlyRun("trial-onboarding")))
}

func TestUnsubscribingSkipsTheEmailOrEndsTheRun(t *testing.T) {
	s := openShop(t)
	event := trial("Pro", "t1")
	event.Profile.Email = "bruno@example.com"
	s.track(event)
	require.Equal(t, []string{"welcome skipped: unsubscribed"}, steps(s.onlyRun("trial-onboarding")), "the run goes on")
	s.emu.Outbox().None(t)

	s.seedJourney(`{"key": "strict", "name": "S", "status": "Active",
		"entry": {"type": "event", "event": "strict"}, "start": "mail", "nodes": [
			{"id": "mail", "type": "email", "template": "trial-welcome", "subscriptionGroup": "offers", "next": "done"},
			{"id": "done", "type": "exit"}]}`)
	s.track(&segmentflow.TrackEventParams{
		Event:   "strict",
		Profile: segmentflow.ProfileIdentity{Email: "bruno@example.com"},
	})
	run := s.onlyRun("strict")
	require.Equal(t, "exited", string(run.Status))
	require.Equal(t, "unsubscribed", run.Reason)
}

func TestATriggerStartsOneNamedJourney(t *testing.T) {
	s := openShop(t)
	trigger := func(
		key string, p *segmentflow.TriggerJourneyParams, opts ...segmentflow.CallOption,
	) (*segmentflow.TriggeredJourney, error) {
		return s.client.Journeys.Trigger(t.Context(), key, p, opts...)
	}
	gold := &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "chiara@example.com"},
		Variables: map[string]any{"newTier": "gold"},
	}
	key := segmentflow.WithIdempotencyKey("up")
	started, err := trigger("loyalty-upgrade", gold, key)
	require.NoError(t, err)
	require.Equal(t, segmentflow.JourneyRunStatusQueued, started.Status)
	run, err := s.client.Journeys.RetrieveRun(t.Context(), started.RunID)
	require.NoError(t, err)
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, run.Status)
	require.Equal(t, "gold", s.emu.Profile("chiara@example.com").Properties["tier"].Value)
	require.Equal(t, "journey", s.emu.Profile("chiara@example.com").Properties["tier"].Source)

	var resp segmentflow.Response
	same := &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{UserID: "cus_125"},
		Variables: gold.Variables,
	}
	again, err := trigger(s.emu.ID("journey", "loyalty-upgrade"), same, key, segmentflow.WithResponse(&resp))
	require.NoError(t, err)
	require.Equal(t, started.RunID, again.RunID,
		"another name of the same Journey and Profile is the same request")
	require.True(t, resp.Replayed)

	for _, c := range []struct {
		journey, who, code, reason string
	}{
		{"no-such-journey", "chiara@example.com", "not_found", ""},
		{"trial-onboarding", "chiara@example.com", "validation_failed", "journey_not_api_entry"},
		{"loyalty-upgrade", "suppressed@simulator.test", "validation_failed", "enrollment_skipped"},
	} {
		_, err := trigger(c.journey, &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.TriggerProfile{Email: c.who},
		})
		refused := refusal(t, err)
		require.Equal(t, c.code, refused.Code)
		if c.reason != "" {
			require.Equal(t, c.reason, reason(refused))
		}
	}

	_, err = trigger("loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{AnonymousID: "anon"},
	})
	require.Equal(t, "recipient_email_required", reason(refusal(t, err)))
}

func TestATriggerThatCreatesItsProfileReplays(t *testing.T) {
	s := openShop(t)
	p := &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "new@example.com"},
		Variables: map[string]any{"newTier": "gold"},
	}
	key := segmentflow.WithIdempotencyKey("first")
	first, err := s.client.Journeys.Trigger(t.Context(), "loyalty-upgrade", p, key)
	require.NoError(t, err)
	again, err := s.client.Journeys.Trigger(t.Context(), "loyalty-upgrade", p, key)
	require.NoError(t, err)
	require.Equal(t, first.RunID, again.RunID)
}

func TestAnEventThatIsBothEntryAndExitNeverEndsTheRunItStarts(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "again", "name": "A", "status": "Active", "entry": {"type": "event", "event": "ping"},
		"exitOn": [{"id": "newer", "event": "ping"}], "start": "wait",
		"nodes": [{"id": "wait", "type": "delay", "for": "P1D", "next": "done"}, {"id": "done", "type": "exit"}]}`)
	for range 3 {
		s.track(&segmentflow.TrackEventParams{Event: "ping", Profile: alex})
	}
	var statuses []string
	for _, run := range s.emu.Runs("again").All() {
		statuses = append(statuses, string(run.Status))
	}
	require.Equal(t, []string{"exited", "exited", "running"}, statuses)
}

func TestPausingFreezesRunsAndResumingFiresTheirDueTimers(t *testing.T) {
	s := openShop(t)
	status := func(to string) {
		j := journeyDocument(t,
			`{"key": "slow", "name": "S", "entry": {"type": "event", "event": "slow"}, "start": "wait",
			"nodes": [{"id": "wait", "type": "delay", "for": "P1D", "next": "done"}, {"id": "done", "type": "exit"}]}`)
		j.Status = to
		require.NoError(t, s.emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{j}}))
	}
	status("Active")
	s.track(&segmentflow.TrackEventParams{Event: "slow", Profile: alex})
	status("Paused")
	require.Zero(t, s.track(&segmentflow.TrackEventParams{Event: "slow", Profile: alex}).MatchedJourneys)
	s.emu.Advance(48 * time.Hour)
	require.Equal(t, "running", string(s.onlyRun("slow").Status))
	status("Active")
	require.Equal(t, "completed", string(s.onlyRun("slow").Status))
	s.track(&segmentflow.TrackEventParams{Event: "slow", Profile: alex})
	status("Archived")
	runs := s.emu.Runs("slow").All()
	require.Equal(t, "journey_archived", runs[1].Reason)
}

func TestRunsStayOnTheVersionThatTheyStartedOn(t *testing.T) {
	s := openShop(t)
	edit := func(days string) {
		s.seedJourney(`{"key": "v", "name": "V", "status": "Active",
			"entry": {"type": "event", "event": "v"}, "start": "wait", "nodes": [
				{"id": "wait", "type": "delay", "for": "` + days + `", "next": "done"},
				{"id": "done", "type": "exit"}]}`)
	}
	edit("P1D")
	s.track(&segmentflow.TrackEventParams{Event: "v", Profile: alex})
	edit("P9D")
	s.track(&segmentflow.TrackEventParams{Event: "v", Profile: alex})
	s.emu.Advance(24 * time.Hour)
	runs := s.emu.Runs("v").All()
	require.Equal(t, []int{1, 2}, []int{runs[0].Version, runs[1].Version})
	require.Equal(t, []string{"completed", "running"}, []string{string(runs[0].Status), string(runs[1].Status)})
}

func TestActivationRefusesWithAllFindings(t *testing.T) {
	s := openShop(t)
	bad := journeyDocument(t, `{"key": "bad", "name": "B", "status": "Active",
		"entry": {"type": "api"}, "start": "a", "nodes": [
		{"id": "a", "type": "email", "template": "no-such", "next": "b"},
		{"id": "b", "type": "branch", "paths": [{"id": "x", "when": true, "next": "nowhere"}], "default": "a"},
		{"id": "lost", "type": "exit"}]}`)
	err := s.emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{bad}})
	for _, want := range []string{"no-such", "nowhere", "lost"} {
		require.ErrorContains(t, err, want)
	}
	require.Contains(t, failureOf(t, s.emu.Runs("bad").None), `there is no Journey "bad"`)
}

// TestAnExitRuleSeesTheEventThatEndedAWait pauses the Journey first: the run is held after its wait, and the rule must
// not depend on a later write.
func TestAnExitRuleSeesTheEventThatEndedAWait(t *testing.T) {
	for _, status := range []string{"Active", "Paused"} {
		s := openShop(t)
		journey := func(status string) string {
			return `{"key": "renewal", "name": "Renewal", "status": "` + status + `",
				"entry": {"type": "event", "event": "plan.ending"},
				"exitOn": [{"id": "cancelled", "condition": {"$state": "/steps/ask/event/answer", "eq": "no"}}],
				"start": "ask", "nodes": [
					{"id": "ask", "type": "waitFor", "timeout": "P1D", "timeoutNext": "done",
						"branches": [{"id": "answered", "event": "plan.answered", "next": "done"}]},
					{"id": "done", "type": "exit"}]}`
		}
		s.seedJourney(journey("Active"))
		track := func(event string, data map[string]any) {
			s.track(&segmentflow.TrackEventParams{
				Event:   event,
				Profile: segmentflow.ProfileIdentity{Email: "chiara@example.com"},
				Data:    data,
			})
		}
		track("plan.ending", nil)
		s.seedJourney(journey(status))
		track("plan.answered", map[string]any{"answer": "no"})
		run := s.onlyRun("renewal")
		require.Equal(t, "exited exit_rule:cancelled", string(run.Status)+" "+run.Reason, status)
		require.Equal(t, []string{"ask answered"}, steps(run), status)
	}
}
