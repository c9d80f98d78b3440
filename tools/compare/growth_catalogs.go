package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// catalogs prints the cost of calls in worlds with ever more things of one kind.
func (b *bench) catalogs(ctx context.Context, most int) error {
	fmt.Println("\n| In the world | | Seeded, each | A Send | A Track | Seed of one more, and a Send |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, kind := range []string{"Journeys", "Segments", "Templates"} {
		for n := 1; n <= most; n *= 10 {
			if n == 10 {
				continue
			}
			costs, err := b.catalog(ctx, kind, n)
			if err != nil {
				return fmt.Errorf("%d %s: %w", n, kind, err)
			}
			fmt.Printf("| %s | %d |", kind, n)
			for _, c := range costs {
				fmt.Printf(" %s |", brief(c))
			}
			fmt.Println()
		}
	}
	return nil
}

// things is a seed of some Journeys, Segments or Templates.
func things(kind string, from, to int) (seed emulator.Seed, err error) {
	for i := from; i < to; i++ {
		key := fmt.Sprint("thing", i)
		switch kind {
		case "Journeys":
			j, err := journey(waitingJourney, key, fmt.Sprintf(`{"type": "event", "event": "event.%d"}`, i), "P3D")
			if err != nil {
				return seed, err
			}
			seed.Journeys = append(seed.Journeys, j)
		case "Segments":
			seed.Segments = append(seed.Segments, emulator.SeedSegment{Key: key, Name: key,
				Definition: map[string]any{"performed": map[string]any{
					"event": fmt.Sprint("event.", i), "within": "P30D"}}})
		case "Templates":
			seed.Templates = append(seed.Templates, emulator.SeedTemplate{Key: key, Name: key,
				Purpose:    "Transactional",
				Definition: map[string]any{"subject": "Hello ${/profile/email}", "text": "All is well."}})
		}
	}
	return seed, nil
}

// catalog returns the costs of the columns: seeding, a Send, a Track, a change and a Send.
func (b *bench) catalog(ctx context.Context, kind string, n int) (costs []time.Duration, err error) {
	seed, err := things(kind, 0, n)
	if err != nil {
		return nil, err
	}
	emu, err := acme()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, emu.Close()) }()
	begun := cpuTime()
	if err := emu.Seed(seed); err != nil {
		return nil, err
	}
	costs = append(costs, (cpuTime()-begun)/time.Duration(n))

	send, more := sender(ctx, emu), n
	calls := []func() error{send, tracker(ctx, emu), func() error {
		seed, err := things(kind, more, more+1)
		more++
		return errors.Join(err, emu.Seed(seed), send())
	}}
	for _, call := range calls {
		used, err := cost(b.Worlds, repeat(b.Turn, 1, call))
		if err != nil {
			return nil, err
		}
		costs = append(costs, used)
	}
	return costs, nil
}

// tracker returns a function that tracks an event of another person each time. The first Journey listens to it.
func tracker(ctx context.Context, emu *emulator.Emulator) func() error {
	client, n := emu.Client(), 0
	return func() error {
		n++
		_, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
			Event:   "event.0",
			Profile: segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@example.com", n)},
			Data:    map[string]any{"n": n},
		})
		return err
	}
}
