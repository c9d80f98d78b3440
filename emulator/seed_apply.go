package emulator

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Seed adds a seed to the emulator's data or changes what is there. If the seed has mistakes, Seed changes nothing and
// returns a *SeedError with all of them.
func (e *Emulator) Seed(s Seed) error {
	return e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
		_, err := seed.Apply(tx, s.internal())
		return publicSeedError(err)
	})
}

// RereadSeeds reads the files of WithSeedFile again and applies what differs from the seeds that were applied last, as
// a later start on a database file does: each property, subscription and identifier of a Profile separately, everything
// else as a whole. What was written since stays, and so does what a file no longer contains. What the data no longer
// allows is left out and logged. Pages of the dashboard show the result until the next call or Reset.
//
// If a file cannot be read, or the seeds have mistakes, RereadSeeds changes nothing and returns an error; for mistakes
// it is a *SeedError, whose problems have the file and the line. The pages then show those too.
func (e *Emulator) RereadSeeds() error {
	if len(e.options.seedFiles) == 0 {
		return errors.New("emulator: RereadSeeds: there is no seed file; pass WithSeedFile")
	}
	var failed error
	err := e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
		seeds, err := e.start.Read()
		var reading seed.Reading
		if err == nil {
			reading, err = seed.Reread(tx, e.seeds, seeds)
		}
		if failed = err; failed != nil {
			reading = e.reading.Load().After(failed)
		}
		tx.AfterCommit(func() error {
			e.reading.Store(&reading)
			if failed == nil {
				e.seeds = seeds
				e.log.Info("the seed was read again", "changed", reading.Changes)
				e.logLeftOut(reading.LeftOut)
			}
			return nil
		})
		return nil
	})
	if err != nil {
		return err
	}
	world.Touch(e.world) // open pages show mistakes too
	return publicSeedError(failed)
}

// startWith returns how the seeds of the options are applied.
func (e *Emulator) startWith(opts options) seed.Start {
	given := convert(opts.seeds, Seed.internal)
	return seed.Start{Files: opts.seedFiles, Given: given, Reseed: opts.reseed, LeftOut: e.logLeftOut}
}

// populate applies the seeds of the options. If there are none and the database is new, it creates the default data.
func (e *Emulator) populate(tx *world.Tx) (org string, err error) {
	org, err = e.start.Populate(tx)
	tx.AfterCommit(func() error {
		e.reading.Store(&seed.Reading{})
		if len(e.start.Files) > 0 {
			e.seeds = e.start.Seeds
		}
		return nil
	})
	return org, publicSeedError(err)
}

// logLeftOut logs what a start left out of its seeds. Without a logger it writes to stderr, because the user would not
// learn of it otherwise.
func (e *Emulator) logLeftOut(problems []seed.Problem) {
	log := e.log
	if e.options.log == nil && e.tb == (noTest{}) {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	for _, problem := range problems {
		log.Warn("left out of the seed", "problem", problem.String())
	}
}
