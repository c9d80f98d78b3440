package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// These benchmarks report how the cost of a call grows with the world: the processor time of a call in a world that has
// ten times as much, divided by that in the smaller one. The unit is x-tenfold. 1 is a cost that does not grow.

// growing reports x-tenfold. world returns the call to measure, in a world of a size.
func growing(b *testing.B, size int, world func(b *testing.B, size int) func()) {
	b.Helper()
	if testing.Short() {
		size /= 10
	}
	small, large := world(b, size), world(b, 10*size)
	small()
	large()
	for b.Loop() {
		large()
	}

	rounds, enough := 15, 20*time.Millisecond
	if testing.Short() {
		rounds, enough = 3, time.Millisecond
	}
	ratios, costs := make([]float64, rounds), make([]float64, rounds)
	for i := range ratios {
		costs[i] = processorTime(large, enough)
		ratios[i] = costs[i] / processorTime(small, enough)
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	b.ReportMetric(ratios[rounds/2], "x-tenfold")
	b.ReportMetric(costs[rounds/2], "cpu-ns/op")
}

// processorTime returns the processor time of a call. It repeats the call until they take long enough.
func processorTime(call func(), enough time.Duration) float64 {
	calls := 0
	start := cpuTime()
	for cpuTime()-start < enough {
		call()
		calls++
	}
	return float64(cpuTime()-start) / float64(calls)
}

// BenchmarkGrowthOfEvents tracks an event of a person with many earlier ones. Journeys listen to Segments that count
// them.
func BenchmarkGrowthOfEvents(b *testing.B) {
	large := `{"performed": {"event": "order", "filter": {"$state": "/event/amount", "gt": 90000},
		"within": "P30D", "count": {%s}}}`
	for name, definition := range map[string]string{
		"gte":    fmt.Sprintf(large, `"gte": 1`),
		"lte":    fmt.Sprintf(large, `"lte": 2`),
		"eq":     fmt.Sprintf(large, `"eq": 3`),
		"gt":     fmt.Sprintf(large, `"gt": 5000`),
		"prefix": `{"performed": {"event": "ord*", "filter": {"$state": "/event/amount", "gt": {"$state": "/profile/limit"}}}}`,
		"nested": `[{"$not": {"inSegment": "other"}}, {"$or": [{"$state": "/profile/vip"}, ` +
			fmt.Sprintf(large, `"lt": 1`) + `]}]`,
		"unfiltered": `{"performed": {"event": "order", "count": {"gte": 20000}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			growing(b, 1000, func(b *testing.B, events int) func() {
				return tracking(b, definition, events)
			})
		})
	}
}

func tracking(b *testing.B, definition string, events int) func() {
	seed := emulator.Seed{
		Profiles: []emulator.SeedProfile{{Email: "alex@example.com", Properties: map[string]any{"limit": 1e9}}},
		Segments: []emulator.SeedSegment{
			{Key: "s", Definition: decoded(b, definition)},
			{Key: "other", Definition: decoded(b, `{"performed": {"event": "order",
				"filter": {"$state": "/event/amount", "eq": -1}, "count": {"gte": 7}}}`)},
		},
		Journeys: []emulator.SeedJourney{journeyDocument(b, `{"key": "j", "status": "Active",
			"entry": {"type": "segment", "segment": "s"}, "start": "x", "nodes": [{"id": "x", "type": "exit"}]}`)},
	}
	for i := range events {
		seed.Events = append(seed.Events, emulator.SeedEvent{
			Key: fmt.Sprint(i), Event: "order", Profile: "alex@example.com", Data: map[string]any{"amount": i},
		})
	}
	emu := emulator.Start(b, emulator.WithSeed(seed))
	client, n := emu.Client(), 0
	return func() {
		n++
		_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
			Event:   "order",
			Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
			Data:    map[string]any{"amount": n % 100},
		})
		require.NoError(b, err)
	}
}

func decoded(b *testing.B, raw string) (v any) {
	require.NoError(b, json.Unmarshal([]byte(raw), &v))
	return v
}
