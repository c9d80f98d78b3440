package main_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const shoppers = 3000

// createCrowd creates a file with many gold members and a Broadcast to them that waits for confirmation.
func createCrowd(t *testing.T, db string) (broadcast, confirmation string) {
	t.Helper()
	profiles := make([]emulator.SeedProfile, shoppers)
	for i := range profiles {
		profiles[i] = emulator.SeedProfile{
			Email:      fmt.Sprintf("shopper%d@example.com", i),
			Properties: map[string]any{"tier": "gold", "firstName": fmt.Sprint("Shopper ", i)},
		}
	}
	emu, err := emulator.New(
		emulator.WithDatabase(db),
		emulator.WithSeedFile(acme),
		emulator.WithSeed(emulator.Seed{Profiles: profiles}),
	)
	require.NoError(t, err)
	client := emu.Client()

	created, err := client.Broadcasts.Create(t.Context(), &segmentflow.CreateBroadcastParams{
		Name:                "Autumn",
		SegmentID:           emu.ID("segment", "gold"),
		TemplateID:          emu.ID("template", "autumn-sale"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
	})
	require.NoError(t, err)
	handoff, err := client.Broadcasts.CreateConfirmation(t.Context(), created.ID)
	require.NoError(t, err)
	require.NoError(t, emu.Close())
	return created.ID, handoff.ConfirmationID
}

// waitForResults polls the results of a Broadcast until they are as wanted, or the server is gone.
func waitForResults(
	ctx context.Context, client *segmentflow.Client, broadcast string, wanted func(*segmentflow.CarrierResults) bool,
) error {
	for {
		results, err := client.Broadcasts.Results(ctx, broadcast)
		if err != nil || wanted(results) {
			return err
		}
		d := results.Detail
		if d.Eligible != d.Queued+d.Processing+d.Sent+d.Failed+d.SkippedAtSend+d.Cancelled {
			return errors.New("the results do not add up")
		}
	}
}

func TestABroadcastThatIsKilledReachesEachRecipientOnce(t *testing.T) {
	db := filepath.Join(t.TempDir(), "world.db")
	broadcast, confirmation := createCrowd(t, db)
	args := []string{"--db", db, "--seed", acme, "--log", "off"}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	s := start(t, nil, args...)
	status, answer := s.ask("POST", "/_emulator/confirmations/"+confirmation+"/approve", "")
	require.Less(t, status, 300, answer)

	begun := func(results *segmentflow.CarrierResults) bool { return results.Stats.Sent > 0 }
	require.NoError(t, waitForResults(ctx, s.client(), broadcast, begun))
	require.NoError(t, s.command.Process.Kill())
	require.NotZero(t, s.end())

	s = start(t, nil, args...)
	ended := func(results *segmentflow.CarrierResults) bool {
		return results.Status == segmentflow.BroadcastStatusSent
	}
	require.NoError(t, waitForResults(ctx, s.client(), broadcast, ended))
	results, err := s.client().Broadcasts.Results(ctx, broadcast)
	require.NoError(t, err)
	require.Equal(t, results.Detail.Eligible, results.Stats.Sent)
	require.Equal(t, shoppers+1, results.Stats.Sent, "including Alex, a gold member of the seed file")

	got := s.outbox(func(m map[string]any) string { return m["to"].([]any)[0].(map[string]any)["email"].(string) })
	require.Len(t, got, shoppers+1)

	for to, n := range got {
		require.Equal(t, 1, n, to)
	}
}
