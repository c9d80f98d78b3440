package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// large returns how many objects the world of a benchmark has. With -short, only the code of the benchmark is tested.
func large() int {
	if testing.Short() {
		return 1_000
	}
	return 100_000
}

// manyProfiles returns an emulator with many Profiles.
func manyProfiles(b *testing.B, n int) *emulator.Emulator {
	seed := emulator.Seed{Segments: []emulator.SeedSegment{{Key: "all", Name: "All", Definition: true}}}
	for i := range n {
		seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: fmt.Sprintf("p%d@example.com", i)})
	}
	return emulator.Start(b, emulator.WithSeed(seed))
}

// BenchmarkAdvance makes 100 000 waiting runs due at once. A step is a node that a run leaves. Memory is that of the
// process, including SQLite's: the bytes of a waiting run, and the bytes that its steps leave behind.
func BenchmarkAdvance(b *testing.B) {
	runs := large()
	steps, elapsed, waiting, done := 0, time.Duration(0), int64(0), int64(0)
	wait := func(emu *emulator.Emulator, key, days string) {
		journey := journeyDocument(b, `{"key": "`+key+`", "status": "Active",
			"entry": {"type": "segment", "segment": "all", "enrollExisting": true}, "start": "wait", "nodes": [
				{"id": "wait", "type": "delay", "for": "`+days+`", "next": "done"},
				{"id": "done", "type": "exit"}]}`)
		require.NoError(b, emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{journey}}))
	}

	for b.Loop() {
		b.StopTimer()
		emu := manyProfiles(b, runs)
		wait(emu, "before", "P9D") // allocates what a transaction of this size needs, whatever it contains
		before := resident(b)
		wait(emu, "j", "P3D")
		waiting += resident(b) - before
		before = resident(b)
		b.StartTimer()
		start := time.Now()
		emu.Advance(72 * time.Hour)
		elapsed += time.Since(start)
		b.StopTimer()
		done += resident(b) - before
		for _, run := range emu.Runs("j").All() {
			require.Equal(b, "completed", string(run.Status))
			steps += len(run.Path)
		}
		b.StartTimer()
	}

	b.ReportMetric(float64(steps)/elapsed.Seconds(), "steps/s")
	b.ReportMetric(float64(waiting)/float64(b.N)/float64(runs), "B/waiting-run")
	b.ReportMetric(float64(done)/float64(b.N)/float64(runs), "B/run-by-advance")
}

// BenchmarkRetest tracks an event with three properties: once with no Journey that a Segment triggers, once with 200.
// Three of those 200 Segments read the written properties.
func BenchmarkRetest(b *testing.B) {
	for _, listened := range []int{0, 200} {
		b.Run(fmt.Sprintf("listened=%d", listened), func(b *testing.B) {
			seed := emulator.Seed{}
			for i := range listened {
				seed.Segments = append(seed.Segments, emulator.SeedSegment{
					Key:  fmt.Sprintf("s%d", i),
					Name: "S",
					Definition: []any{
						map[string]any{
							"performed": map[string]any{
								"event":  fmt.Sprintf("e%d", i),
								"within": "P30D",
								"count":  map[string]any{"lt": 1},
							},
						},
						map[string]any{"$state": fmt.Sprintf("/profile/p%d", i), "lt": 0}},
				})
				seed.Journeys = append(seed.Journeys, journeyDocument(b, fmt.Sprintf(`{"key": "j%d", "status": "Active",
					"entry": {"type": "segment", "segment": "s%d"}, "start": "x",
					"nodes": [{"id": "x", "type": "exit"}]}`, i, i)))
			}
			emu := emulator.Start(b, emulator.WithSeed(seed))
			client := emu.Client()
			write := func(n int) {
				_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
					Event: "ping",
					Profile: segmentflow.ProfileIdentity{
						Email: "alex@example.com", Properties: map[string]any{"p0": n, "p1": n, "p2": n}},
				})
				require.NoError(b, err)
			}
			n := 0
			for b.Loop() {
				n++
				write(n)
			}
			if listened > 0 {
				require.Empty(b, emu.Runs("j2").All())
				write(-1)
				require.Len(b, emu.Runs("j2").All(), 1)
			}
		})
	}
}

// BenchmarkActivate activates a Journey on a Segment of 100 000 Profiles: one that SQL can compute, and one that time
// alone may change.
func BenchmarkActivate(b *testing.B) {
	emu := manyProfiles(b, large())
	for _, definition := range []string{
		`{"$state": "/profile/email", "startsWith": "p1"}`,
		`{"performed": {"event": "e", "count": {"lt": 1}}}`,
	} {
		name := "sql"
		if definition[2] == 'p' {
			name = "timed"
		}
		require.NoError(b, emu.Seed(emulator.Seed{
			Segments: []emulator.SeedSegment{{Key: name, Name: name, Definition: objectOf(b, definition)}},
		}))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, status := range []string{"Active", "Archived"} {
					journey := journeyDocument(b, fmt.Sprintf(`{"key": "j", "status": %q,
						"entry": {"type": "segment", "segment": %q}, "start": "x",
						"nodes": [{"id": "x", "type": "exit"}]}`, status, name))
					require.NoError(b, emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{journey}}))
				}
			}
		})
	}
}
