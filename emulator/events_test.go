package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

var alex = segmentflow.ProfileIdentity{Email: "alex@example.com"}

func trial(plan, id string) *segmentflow.TrackEventParams {
	return &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "chiara@example.com"},
		Data:    map[string]any{"plan": plan, "trialId": id},
	}
}

func TestAnEventThatNoJourneyMatchesIsAccepted(t *testing.T) {
	s := openShop(t)
	event := s.track(&segmentflow.TrackEventParams{Event: "nobody.cares", Profile: alex})
	require.Zero(t, event.MatchedJourneys)
	require.NotEmpty(t, event.EventID)
}

func TestMatchedIsEnrolledPlusSkippedAndEachSkipHasAReason(t *testing.T) {
	s := openShop(t)
	counts := func(e *segmentflow.TrackedEvent) []int {
		return []int{e.MatchedJourneys, e.EnrolledJourneys, e.SkippedJourneys}
	}
	require.Equal(t, []int{1, 1, 0}, counts(s.track(trial("Pro", "t1"))))
	for _, c := range []struct {
		why   string
		event *segmentflow.TrackEventParams
	}{
		{"filter_mismatch", trial("Free", "t2")},
		{"already_active", trial("Team", "t1")},
		{"missing_key",
			&segmentflow.TrackEventParams{Event: "trial.started", Profile: alex, Data: map[string]any{"plan": "Pro"}}},
	} {
		event := s.track(c.event)
		require.Equal(t, []int{1, 0, 1}, counts(event), c.why)
		outcomes := s.emu.Event(event.EventID).Outcomes
		require.Len(t, outcomes, 1)
		require.Equal(t, "skipped", outcomes[0].Outcome)
		require.Equal(t, c.why, outcomes[0].Reason)
	}

	require.Equal(t, []int{1, 1, 0}, counts(s.track(trial("Pro", "t3"))), "another key starts another run")
}

func TestPropertiesAreMergedAndUnsetByNull(t *testing.T) {
	s := openShop(t)
	who := alex
	who.Properties = map[string]any{"tier": "platinum", "locale": nil, "seats": 3}
	s.track(&segmentflow.TrackEventParams{
		Event:   "upgraded",
		Profile: who,
		Data:    map[string]any{"secretOfThisEvent": true},
	})
	properties := s.emu.Profile("alex@example.com").Properties
	require.Equal(t, "platinum", properties["tier"].Value)
	require.Equal(t, "event", properties["tier"].Source)
	require.Equal(t, "Alex", properties["firstName"].Value, "a property that is not named stays")
	require.NotContains(t, properties, "locale")
	require.NotContains(t, properties, "secretOfThisEvent")
}

func TestRedactedDataIsNotStoredAndMatchesAsRedacted(t *testing.T) {
	s := openShop(t)
	p := trial("Pro", "top-secret")
	p.RedactedDataPaths = []string{"/event/trialId", "/event/absent"}
	event := s.track(p)
	require.Equal(t, 1, event.SkippedJourneys)
	stored := s.emu.Event(event.EventID)
	require.Equal(t, "missing_key", stored.Outcomes[0].Reason, "a redacted entry key counts as missing")
	require.Equal(t, map[string]any{"plan": "Pro", "trialId": "[redacted]"}, stored.Data)
	require.NotContains(t, call(t, s.emu, "GET", "/_emulator/requests", "").body, "top-secret")
	require.NotContains(t, call(t, s.emu, "GET", "/_emulator/events/"+event.EventID, "").body, "top-secret")
}

func TestTheTimeOfAnEvent(t *testing.T) {
	s := openShop(t)
	at := func(occurred time.Time) *segmentflow.TrackEventParams {
		return &segmentflow.TrackEventParams{Event: "x", Profile: alex, OccurredAt: occurred}
	}
	require.Equal(t, monday,
		s.emu.Event(s.track(at(time.Time{})).EventID).OccurredAt, "the default is the time of receipt")
	past := monday.Add(-time.Hour).In(time.FixedZone("", 3600))
	require.Equal(t, past.UTC(), s.emu.Event(s.track(at(past)).EventID).OccurredAt)
	s.track(at(monday.Add(24 * time.Hour)))
	_, err := s.client.Events.Track(t.Context(), at(monday.Add(24*time.Hour+time.Millisecond)))
	require.Equal(t, "occurred_at_in_future", reason(refusal(t, err)))
	body := `{"event": "x", "profile": {"email": "alex@example.com"}, "occurredAt": "2026-03-02T10:00+01:00"}`
	require.Equal(t, 200, call(t, s.emu, "POST", "/api/v1/events", body, "Idempotency-Key", "k").status)
}

func TestARepeatedEventIsNotEvaluatedAgain(t *testing.T) {
	s := openShop(t)
	key := segmentflow.WithIdempotencyKey("once")
	first := s.track(trial("Pro", "t1"), key)
	require.Equal(t, first, s.track(trial("Pro", "t1"), key))
	require.Len(t, s.emu.Runs("trial-onboarding").All(), 1)
	_, err := s.client.Events.Track(t.Context(), trial("Team", "t1"), key)
	require.ErrorIs(t, err, segmentflow.ErrIdempotencyKeyReuse)
}

func TestTheReplyHasTheProfileThatTheEventCreated(t *testing.T) {
	s := openShop(t)
	event := s.track(&segmentflow.TrackEventParams{
		Event:   "signup",
		Profile: segmentflow.ProfileIdentity{Email: "New@example.com"},
	})
	require.Equal(t, s.emu.Profile("new@example.com").ID, event.ProfileID)
	_, err := s.client.Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "signup",
		Profile: segmentflow.ProfileIdentity{ExternalID: "cus_none"},
	})
	require.Equal(t, "recipient_email_required", reason(refusal(t, err)))
}
