package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// versusWorlds compares turns that build a world each with the floor.
func (b *bench) versusWorlds(t turn) (result, error) {
	r, err := compare(b.Worlds, t, repeat(b.Turn, 1, b.floor))
	return r.result(), err
}

// broadcast sends a Broadcast to many people: from its approval to the last email.
func (b *bench) broadcast(ctx context.Context) (result, error) {
	return b.versusWorlds(func() (time.Duration, error) {
		emu, err := acme()
		if err != nil {
			return 0, err
		}
		used, err := sendBroadcast(ctx, emu, b.People)
		return used, errors.Join(err, emu.Close())
	})
}

func sendBroadcast(ctx context.Context, emu *emulator.Emulator, people int) (time.Duration, error) {
	if err := emu.Seed(emulator.Seed{Profiles: shoppers(people)}); err != nil {
		return 0, err
	}
	client := emu.Client()
	made, err := client.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{
		Name:                "Sale",
		SegmentID:           emu.ID("segment", "gold"),
		TemplateID:          emu.ID("template", "autumn-sale"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
	})
	if err != nil {
		return 0, err
	}
	asked, err := client.Broadcasts.CreateConfirmation(ctx, made.ID)
	if err != nil {
		return 0, err
	}
	begun := cpuTime()
	if err := emu.Human().Approve(asked.ConfirmationID); err != nil {
		return 0, err
	}
	emu.Advance(time.Hour)
	used := cpuTime() - begun
	sent := emu.Outbox().Carrier(emulator.CarrierBroadcast).Count()
	if sent < people {
		return 0, fmt.Errorf("only %d of %d emails were sent", sent, people)
	}
	return used / time.Duration(sent), nil
}

// crowd is a world with many Profiles, which are all in one Segment. Runs of one Journey wait already, so that the
// database has room for a transaction of this size.
func crowd(people int, opts ...emulator.Option) (*emulator.Emulator, error) {
	seed := emulator.Seed{
		Segments: []emulator.SeedSegment{{Key: "all", Name: "All", Definition: true}},
		Profiles: shoppers(people),
	}
	emu, err := emulator.New(append([]emulator.Option{
		emulator.WithSeed(seed), emulator.WithStartTime(moment)}, opts...)...)
	if err != nil {
		return nil, err
	}
	return emu, enter(emu, "before", "P9D")
}

// enter lets all Profiles enter a Journey, in which they wait.
func enter(emu *emulator.Emulator, key, days string) error {
	j, err := journey(waitingJourney, key, `{"type": "segment", "segment": "all", "enrollExisting": true}`, days)
	if err != nil {
		return err
	}
	return emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{j}})
}

// advance makes all waiting runs of a Journey due at once. A step is a node that a run leaves.
func (b *bench) advance(context.Context) (result, error) {
	return b.versusWorlds(func() (time.Duration, error) {
		emu, err := crowd(b.People)
		if err != nil {
			return 0, err
		}
		if err := enter(emu, "j", "P3D"); err != nil {
			return 0, errors.Join(err, emu.Close())
		}
		begun := cpuTime()
		emu.Advance(72 * time.Hour)
		used, steps := cpuTime()-begun, 0
		for _, run := range emu.Runs("j").All() {
			if run.Status == segmentflow.JourneyRunStatusCompleted {
				steps += len(run.Path)
			}
		}
		if steps < b.People {
			return 0, fmt.Errorf("only %d steps", steps)
		}
		return used / time.Duration(steps), emu.Close()
	})
}

// waiting shows the bytes of a waiting run.
func (b *bench) waiting(ctx context.Context) (result, error) {
	runs := 10 * b.People
	memory, err := askChild[float64](ctx, asked{What: "waiting", N: runs})
	if err != nil {
		return result{}, err
	}
	file, err := askChild[float64](ctx, asked{What: "waiting", N: runs, File: filepath.Join(b.dir, "waiting.db")})
	return result{measured: size(memory) + ", " + size(file), detail: fmt.Sprint(runs, " runs")}, err
}

// waitingBytes returns the bytes of a waiting run, in memory or in the file. Each Profile has ten, because memory grows
// in large steps.
func waitingBytes(ctx context.Context, a asked) (float64, error) {
	emu, err := crowd(a.N/10, database(a.File)...)
	if err != nil {
		return 0, err
	}
	return weighed(ctx, emu, a, func(emu *emulator.Emulator) (err error) {
		for i := range 10 {
			err = errors.Join(err, enter(emu, fmt.Sprint("j", i), "P3D"))
		}
		return err
	})
}
