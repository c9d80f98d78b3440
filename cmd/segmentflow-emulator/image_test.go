//go:build unix

package main_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// trialImage is an image of Acme Outdoor whose reminder is due in three days.
func trialImage(t *testing.T) (img emulator.Image, at time.Time) {
	t.Helper()
	at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu := emulator.Start(t, emulator.WithSeedFile(acme), emulator.WithStartTime(at))
	_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "sam@example.com"},
		Data:    map[string]any{"plan": "Pro", "trialId": "t_1"},
	})
	require.NoError(t, err)
	img, err = emu.Snapshot()
	require.NoError(t, err)
	return img, at
}

func TestTheCommandOpensAnImage(t *testing.T) {
	img, at := trialImage(t)
	for _, clock := range []string{"live", "manual"} {
		t.Run(clock, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "world.db")
			require.NoError(t, img.WriteTo(path))
			for range 2 { // the second process continues
				s := start(t, nil, "--db", path, "--clock", clock, "--log", "off")
				now, err := time.Parse(time.RFC3339, s.get("/_emulator/clock")["now"].(string))
				require.NoError(t, err)
				require.WithinDuration(t, at, now, 5*time.Minute, "the clock is at the image's instant")
				require.Len(t, s.get("/_emulator/messages")["messages"], 1, "the reminder is not due")
				require.NoError(t, s.command.Process.Signal(os.Interrupt))
				require.Zero(t, s.end())
			}

			s := start(t, nil, "--db", path, "--clock", clock, "--log", "off")
			status, body := s.ask("POST", "/_emulator/clock/advance", `{"duration": "72h"}`)
			require.Equal(t, 200, status, body)
			require.Len(t, s.get("/_emulator/messages")["messages"], 2)
		})
	}
}

// TestARestoreThatIsKilledLeavesOneOfTheWorlds kills the command while it restores images in turn.
func TestARestoreThatIsKilledLeavesOneOfTheWorlds(t *testing.T) {
	small, _ := trialImage(t)
	emu := emulator.Start(t, emulator.WithImage(small))
	client, template := emu.Client(), emu.ID("template", "order-receipt")
	for range 99 {
		_, err := client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{
			TemplateID: template,
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		})
		require.NoError(t, err)
	}
	large, err := emu.Snapshot()
	require.NoError(t, err)

	path := filepath.Join(t.TempDir(), "world.db")
	require.NoError(t, small.WriteTo(path))
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		s := start(t, nil, "--db", path, "--log", "off")
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond) // somewhere in the middle
			_ = s.command.Process.Kill()
		}()
		for i := 0; err == nil; i++ {
			_, _, err = s.call("PUT", "/_emulator/snapshot", string([]emulator.Image{large, small}[i%2]))
		}
		<-killed
		require.NotZero(t, s.end())
		err = nil

		img, err := emulator.ReadImage(path)
		require.NoError(t, err)
		require.Contains(t, []int{1, 100}, emulator.Start(t, emulator.WithImage(img)).Outbox().Count())
	}
}
