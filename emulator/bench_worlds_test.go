package emulator_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// versusCPU reports how many times more processor time a call takes than a base call, and how much it takes itself. The
// two take turns, and the median counts. Before each call comes prepare, whose time does not count.
func versusCPU(b *testing.B, unit string, prepare, call, base func()) {
	const rounds, calls = 15, 20
	timed := func(call func()) time.Duration {
		used := time.Duration(0)
		for range calls {
			prepare()
			start := cpuTime()
			call()
			used += cpuTime() - start
		}
		return used / calls
	}
	ratios, costs := make([]float64, rounds), make([]float64, rounds)
	for i := range ratios {
		cost := timed(call)
		ratios[i], costs[i] = float64(cost)/float64(max(1, timed(base))), float64(cost)/1e6
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	b.ReportMetric(ratios[rounds/2], unit)
	b.ReportMetric(costs[rounds/2], "cpu-ms")
}

// BenchmarkFork forks a world with 1 000 emails: one that stays the same, and one in which a Profile changes before
// each fork. The base call copies its image in memory.
func BenchmarkFork(b *testing.B) {
	emu := acme(b)
	client, template := emu.Client(), emu.ID("template", "order-receipt")
	for i := range 1000 {
		_, err := client.Emails.Send(b.Context(), receipt(template, i))
		require.NoError(b, err)
	}
	img := snapshot(b, emu)
	fork := func() {
		fork, err := emu.TryFork()
		require.NoError(b, err)
		require.NoError(b, fork.Close())
	}
	n := 0
	change := func() {
		n++
		_, err := client.Profiles.Update(b.Context(), emu.ID("profile", "alex@example.com"),
			&segmentflow.UpdateProfileParams{Properties: map[string]any{"visits": n}})
		require.NoError(b, err)
	}
	for name, prepare := range map[string]func(){"same": func() {}, "changed": change} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				prepare()
				fork()
			}
			b.ReportMetric(float64(len(img))/1e6, "MB")
			var kept []byte
			versusCPU(b, "x-copy", prepare, fork, func() { kept = bytes.Clone(img) })
			require.Len(b, kept, len(img))
		})
	}
}

// BenchmarkStartFrom starts from worlds that exist already. The base call starts the default world.
func BenchmarkStartFrom(b *testing.B) {
	seed := emulator.WithSeedFile("testdata/acme.yaml")
	raw, err := os.ReadFile("testdata/acme.yaml")
	require.NoError(b, err)
	parsed, err := emulator.ParseSeed(raw)
	require.NoError(b, err)
	world := emulator.World(func(*emulator.Emulator) error { return nil }, seed)
	emu, err := emulator.New(seed)
	require.NoError(b, err)
	img := snapshot(b, emu)
	require.NoError(b, emu.Close())

	starting := func(start func() (*emulator.Emulator, error)) func() {
		return func() {
			emu, err := start()
			require.NoError(b, err)
			require.NoError(b, emu.Close())
		}
	}
	bare := starting(func() (*emulator.Emulator, error) { return emulator.New() })
	for name, start := range map[string]func() (*emulator.Emulator, error){
		"image": func() (*emulator.Emulator, error) { return emulator.New(emulator.WithImage(img)) },
		"world": func() (*emulator.Emulator, error) { return world.New() },
		"seed":  func() (*emulator.Emulator, error) { return emulator.New(emulator.WithSeed(parsed)) },
		"file":  func() (*emulator.Emulator, error) { return emulator.New(seed) },
	} {
		b.Run(fmt.Sprint("from=", name), func(b *testing.B) {
			call := starting(start)
			for b.Loop() {
				call()
			}
			versusCPU(b, "x-bare", func() {}, call, bare)
		})
	}
}
