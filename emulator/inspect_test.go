package emulator_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestARunShowsWhereItWaitsAndItsPath(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	run := s.emu.Run(s.onlyRun("trial-onboarding").RunID)
	require.Equal(t, s.onlyRun(s.emu.ID("journey", "trial-onboarding")), run, "a Journey has a key and an id")
	require.Equal(t,
		emulator.Run{
			RunID:       run.RunID,
			Journey:     "trial-onboarding",
			JourneyID:   s.emu.ID("journey", "trial-onboarding"),
			ProfileID:   s.emu.Profile("chiara@example.com").ID,
			Email:       "chiara@example.com",
			Status:      segmentflow.JourneyRunStatusRunning,
			Version:     1,
			TriggeredAt: monday,
			Waiting:     &emulator.Waiting{Node: "wait", Until: monday.Add(72 * time.Hour)},
			Path:        []emulator.Step{{Node: "welcome", Type: "email", At: monday, Outcome: "sent"}},
		},
		run)
}

func TestANullInJSONIsEmptyInGo(t *testing.T) {
	s := openShop(t)
	event := s.track(trial("Pro", "t1"))
	s.emu.Advance(72 * time.Hour)
	raw, err := json.Marshal(s.onlyRun("trial-onboarding"))
	require.NoError(t, err)
	var run map[string]any
	require.NoError(t, json.Unmarshal(raw, &run))
	for _, name := range []string{"reason", "error", "waiting"} {
		require.Contains(t, run, name)
		require.Nil(t, run[name], name)
	}
	require.Equal(t, "2026-03-05T09:00:00.000Z", run["completedAt"])
	require.Equal(t,
		map[string]any{"node": "welcome", "type": "email", "at": "2026-03-02T09:00:00.000Z", "outcome": "sent"},
		run["path"].([]any)[0])

	stored := s.emu.Event(event.EventID)
	require.Equal(t, s.onlyRun("trial-onboarding").RunID, stored.Outcomes[0].RunID)
	raw, err = json.Marshal(stored)
	require.NoError(t, err)
	require.JSONEq(t, `{"eventId": "`+event.EventID+`", "event": "trial.started", "profileId": "`+event.ProfileID+`",
		"data": {"plan": "Pro", "trialId": "t1"}, "referenceId": null,
		"occurredAt": "2026-03-02T09:00:00.000Z", "receivedAt": "2026-03-02T09:00:00.000Z",
		"outcomes": [{"journey": "trial-onboarding", "outcome": "enrolled", "reason": null,
			"runId": "`+stored.Outcomes[0].RunID+`"}]}`, string(raw))
}

func TestAProfileShowsItsValuesChoicesAndSuppression(t *testing.T) {
	s := openShop(t)
	alex := s.emu.Profile("ALEX@example.com")
	require.Equal(t, "cus_123", alex.ExternalID)
	require.Equal(t, map[string]string{"trail-notes": "Subscribed"}, alex.Subscriptions)
	require.Equal(t, emulator.Property{Value: "gold", Source: "seed", UpdatedAt: monday}, alex.Properties["tier"])
	require.Empty(t, alex.Suppressed)
	sendTo(t, s.emu, "order-receipt", "bounced@simulator.test")
	s.emu.Advance(time.Second)
	require.Equal(t, "bounce", s.emu.Profile("bounced@simulator.test").Suppressed)
}

func TestAnUnknownIDFailsTheTest(t *testing.T) {
	w := &recorder{}
	emu := emulator.Start(w)
	t.Cleanup(func() { require.NoError(t, emu.Close()) })
	emu.Run("no-such")
	emu.Event("no-such")
	emu.Profile("nobody@example.com")
	require.Len(t, w.said, 3)
	require.Contains(t, w.said[0], "There is no such JourneyRun")
	require.Contains(t, w.said[2], "There is no such Profile")
}
