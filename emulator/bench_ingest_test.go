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

// BenchmarkIngestBatch ingests batches of 100 tracks, in turns with 100 single calls of Events.Track and 100 of
// Ingest.Track. "times-a-track" and "times-an-ingest-track" are how many times as many events a second a batch records.
// The calls come over the network, as those of a website do, or are made in process, to a world in a file or in memory.
func BenchmarkIngestBatch(b *testing.B) {
	for _, way := range []string{"network", "file", "memory"} {
		for _, visitors := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/visitors=%d", way, visitors), func(b *testing.B) { ingestBatch(b, way, visitors) })
		}
	}
}

const ingestSize = 100

func ingestBatch(b *testing.B, way string, visitors int) {
	calls := []func(){
		ingestTogether(b, way, visitors), trackSingly(b, way, visitors), ingestSingly(b, way, visitors),
	}
	for _, call := range calls {
		call()
	}
	rounds := 51
	if testing.Short() {
		rounds = 3
	}
	tracks, ingested := make([]float64, rounds), make([]float64, rounds)
	for i := range rounds {
		var took [3]float64
		for kind, call := range calls {
			start := cpuTime()
			call()
			took[kind] = float64(cpuTime() - start)
		}
		tracks[i], ingested[i] = took[1]/took[0], took[2]/took[0]
	}
	slices.Sort(tracks)
	slices.Sort(ingested)
	for b.Loop() {
		calls[0]()
	}
	b.ReportMetric(tracks[rounds/2], "times-a-track")
	b.ReportMetric(ingested[rounds/2], "times-an-ingest-track")
}

// ingestTogether returns a function that reports ingestSize events in one batch. Each of these functions has a world of
// its own, and all report the same events.
func ingestTogether(b *testing.B, way string, visitors int) func() {
	ingest, _ := ingestClients(b, way, visitors)
	return func() {
		items := make([]segmentflow.IngestItem, ingestSize)
		for i := range items {
			items[i] = pricingSeen(i, visitors)
		}
		result, err := ingest.Batch(b.Context(), &segmentflow.IngestBatchParams{Items: items})
		require.NoError(b, err)
		require.Equal(b, ingestSize, result.Summary.Accepted)
	}
}

func ingestSingly(b *testing.B, way string, visitors int) func() {
	ingest, _ := ingestClients(b, way, visitors)
	return func() {
		for i := range ingestSize {
			_, err := ingest.Track(b.Context(), pricingSeen(i, visitors))
			require.NoError(b, err)
		}
	}
}

func trackSingly(b *testing.B, way string, visitors int) func() {
	_, client := ingestClients(b, way, visitors)
	return func() {
		for i := range ingestSize {
			item := pricingSeen(i, visitors)
			_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
				Event:   item.Event,
				Profile: segmentflow.ProfileIdentity{Email: item.Email},
				Data:    item.Properties,
			})
			require.NoError(b, err)
		}
	}
}

// pricingSeen returns the event with a number, of one of so many visitors.
func pricingSeen(i, visitors int) *segmentflow.IngestTrack {
	return &segmentflow.IngestTrack{
		Event:      "pricing.seen",
		Email:      fmt.Sprintf("p%d@example.com", i%visitors),
		Properties: map[string]any{"path": "/pricing", "n": i, "title": "What it costs"},
	}
}

// ingestClients starts a world, and returns clients of it.
func ingestClients(b *testing.B, way string, visitors int) (*segmentflow.Ingest, *segmentflow.Client) {
	world := ingestWorld(b, way, visitors)
	if way != "network" {
		return world.Ingest("wk_shop"), world.Client()
	}
	ingest, err := segmentflow.NewIngest("wk_shop", segmentflow.WithBaseURL(world.URL()))
	require.NoError(b, err)
	client, err := segmentflow.New("sk_test_emulator", segmentflow.WithBaseURL(world.URL()))
	require.NoError(b, err)
	return ingest, client
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
