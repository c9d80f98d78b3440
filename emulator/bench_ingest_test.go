package emulator_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// BenchmarkIngestBatch ingests batches of 100 tracks, in turns with 100 single calls of Events.Track. "times-a-track"
// is how many times as many events a second a batch records. The calls come over the network, as those of a website
// do, or are made in process, to a world in a file or in memory.
func BenchmarkIngestBatch(b *testing.B) {
	for _, way := range []string{"network", "file", "memory"} {
		for _, visitors := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/visitors=%d", way, visitors), func(b *testing.B) { ingestBatch(b, way, visitors) })
		}
	}
}

const ingestSize = 100

func ingestBatch(b *testing.B, way string, visitors int) {
	batch, singles := ingestCalls(b, way, visitors)
	batch()
	singles()
	const rounds = 51
	ratios := make([]float64, rounds)
	for i := range ratios {
		start := cpuTime()
		singles()
		middle := cpuTime()
		batch()
		ratios[i] = float64(middle-start) / float64(cpuTime()-middle)
	}
	slices.Sort(ratios)
	for b.Loop() {
		batch()
	}
	b.ReportMetric(ratios[rounds/2], "times-a-track")
}

// ingestCalls returns functions that report the same events, each to a world of its own: in one batch, and singly.
func ingestCalls(b *testing.B, way string, visitors int) (batch, singles func()) {
	batches, tracks := ingestWorld(b, way, visitors), ingestWorld(b, way, visitors)
	ingest, client := batches.Ingest("wk_shop"), tracks.Client()
	if way == "network" {
		var err error
		ingest, err = segmentflow.NewIngest("wk_shop", segmentflow.WithBaseURL(batches.URL()))
		require.NoError(b, err)
		client, err = segmentflow.New("sk_test_emulator", segmentflow.WithBaseURL(tracks.URL()))
		require.NoError(b, err)
	}
	email := func(i int) string { return fmt.Sprintf("p%d@example.com", i%visitors) }
	data := func(i int) map[string]any {
		return map[string]any{"path": "/pricing", "n": i, "title": "What it costs"}
	}
	batch = func() {
		items := make([]segmentflow.IngestItem, ingestSize)
		for i := range items {
			items[i] = &segmentflow.IngestTrack{Event: "pricing.seen", Email: email(i), Properties: data(i)}
		}
		result, err := ingest.Batch(b.Context(), &segmentflow.IngestBatchParams{Items: items})
		require.NoError(b, err)
		require.Equal(b, ingestSize, result.Summary.Accepted)
	}
	singles = func() {
		for i := range ingestSize {
			_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
				Event:   "pricing.seen",
				Profile: segmentflow.ProfileIdentity{Email: email(i)},
				Data:    data(i),
			})
			require.NoError(b, err)
		}
	}
	return batch, singles
}

// ingestWorld starts a world with visitors, and a Journey that another event starts.
func ingestWorld(b *testing.B, way string, visitors int) *emulator.Emulator {
	seed := emulator.Seed{Websites: []emulator.SeedWebsite{{Key: "shop", WriteKey: "wk_shop"}}}
	for i := range visitors {
		seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: fmt.Sprintf("p%d@example.com", i)})
	}
	raw := `{"key": "j", "name": "J", "status": "Active", "entry": {"type": "event", "event": "order.created"},
		"start": "done", "nodes": [{"id": "done", "type": "exit"}]}`
	seed.Journeys = append(seed.Journeys, journeyDocument(b, raw))
	opts := []emulator.Option{emulator.WithSeed(seed)}
	if way == "file" {
		opts = append(opts, emulator.WithDatabase(filepath.Join(b.TempDir(), "world.db")))
	}
	return emulator.Start(b, opts...)
}
