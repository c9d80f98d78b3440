package main_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAManualClockWithoutAStartTimeDoesNotMove(t *testing.T) {
	s := start(t, nil, "--clock", "manual", "--log", "off")
	first := s.get("/_emulator/clock")
	require.Equal(t, "manual", first["mode"])
	require.Equal(t, first, s.get("/_emulator/clock"))
}

// TestAManualClockGoesOnWhereTheWorldStopped opens a world of last year, in which something was due when it stopped.
func TestAManualClockGoesOnWhereTheWorldStopped(t *testing.T) {
	began := time.Date(2025, 3, 2, 9, 0, 0, 0, time.UTC)
	emu := emulator.Start(t, emulator.WithSeedFile(acme), emulator.WithStartTime(began))
	_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "chiara@example.com"},
		Data:    map[string]any{"plan": "Pro", "trialId": "t1"},
	})
	require.NoError(t, err)
	image, err := emu.Snapshot()
	require.NoError(t, err)
	db := filepath.Join(t.TempDir(), "world.db")
	require.NoError(t, image.WriteTo(db))

	for range 2 {
		s := start(t, nil, "--db", db, "--clock", "manual", "--log", "off")
		require.Equal(t,
			map[string]any{
				"now":     "2025-03-02T09:00:00.000Z",
				"mode":    "manual",
				"nextDue": "2025-03-02T09:00:01.000Z",
				"due":     0.0,
				"parked":  []any{},
			},
			s.get("/_emulator/clock"),
		)
		require.Len(t, s.get("/_emulator/messages")["messages"], 1)
		require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
		require.Zero(t, s.end())
	}
}
