package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The shards are processes of the test's own program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-shard" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestKillsAndRefusalsNeitherLoseNorRepeatAReceipt(t *testing.T) {
	p := plan{receipts: 1200, bad: 3, shards: 3, budget: 4, reserve: -300} // four times what the API allows
	found, err := simulate(t.Context(), p, 2, filepath.Join(t.TempDir(), "receipts.db"))
	require.NoError(t, err)
	require.NoError(t, found.check(p))
	require.Equal(t, 1197, found.once)
	require.Equal(t, 3, found.dead)
	require.Equal(t, 1200, found.total.Done, "every key has a result")
	require.Positive(t, found.refused)
	require.Positive(t, found.total.Retries)
	require.Positive(t, found.total.Replays, "the shards that were killed had work after their checkpoints")
	require.Positive(t, found.file)
}

func TestAnOutcomeThatIsWrongIsAnError(t *testing.T) {
	p := plan{receipts: 2}
	for name, found := range map[string]outcome{
		"lost":                 {sends: 1, mails: 1, once: 1, lost: 1},
		"twice":                {sends: 3, mails: 3, once: 1, twice: 1},
		"sent, but no receipt": {sends: 3, mails: 3, once: 2},
		"mailed twice":         {sends: 2, mails: 3, once: 2},
	} {
		require.Error(t, found.check(p), name)
	}
}

func TestEachReceiptBelongsToOneShard(t *testing.T) {
	p := plan{receipts: 1000, shards: 7}
	seen := map[string]int{}
	for shard := range p.shards {
		for item := range p.receiptsOf(shard, 0) {
			seen[item.IdempotencyKey]++
		}
	}
	require.Len(t, seen, p.receipts)
	for n := range p.receipts {
		require.Equal(t, 1, seen[p.receipt(n).IdempotencyKey])
	}
}
