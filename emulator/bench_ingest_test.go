package emulator_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// BenchmarkIngestBatch ingests batches of 100 tracks, in turns with 100 single calls of Events.Track. "times-a-track"
// is how many times as many events a second a batch records.
func BenchmarkIngestBatch(b *testing.B) {
	for _, visitors := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("visitors=%d", visitors), func(b *testing.B) { ingestBatch(b, visitors) })
	}
}

func ingestBatch(b *testing.B, visitors int) {
	const size = 100
	world := func() *emulator.Emulator {
		seed := emulator.Seed{Websites: []emulator.SeedWebsite{{Key: "shop", WriteKey: "wk_shop"}}}
		for i := range visitors {
			seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: fmt.Sprintf("p%d@example.com", i)})
		}
		raw := `{"key": "j", "name": "J", "status": "Active", "entry": {"type": "event", "event": "order.created"},
			"start": "done", "nodes": [{"id": "done", "type": "exit"}]}`
		seed.Journeys = append(seed.Journeys, journeyDocument(b, raw))
		return emulator.Start(b, emulator.WithSeed(seed))
	}
	ingest, client := world().Ingest("wk_shop"), world().Client()
	data := func(i int) map[string]any {
		return map[string]any{"path": "/pricing", "n": i, "title": "What it costs"}
	}
	batch := func() {
		items := make([]segmentflow.IngestItem, size)
		for i := range items {
			email := fmt.Sprintf("p%d@example.com", i%visitors)
			items[i] = &segmentflow.IngestTrack{Event: "pricing.seen", Email: email, Properties: data(i)}
		}
		result, err := ingest.Batch(b.Context(), &segmentflow.IngestBatchParams{Items: items})
		require.NoError(b, err)
		require.Equal(b, size, result.Summary.Accepted)
	}
	singles := func() {
		for i := range size {
			_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
				Event:   "pricing.seen",
				Profile: segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@example.com", i%visitors)},
				Data:    data(i),
			})
			require.NoError(b, err)
		}
	}
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
