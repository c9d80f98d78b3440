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
		seeds, err := e.readSeeds()
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

// digest reads the seeds of the options and identifies them. The default data has no digest, since making it takes no
// longer than copying it.
func (e *Emulator) digest() (digest uint64, ok bool) {
	seeds, err := e.readSeeds()
	if err != nil || len(seeds) == 0 {
		return 0, false // populate returns the error
	}
	e.digested = seeds
	return seed.Digest(seeds)
}

// populate applies the seeds of the options. If there are none and the database is new, it creates the default data.
func (e *Emulator) populate(tx *world.Tx) (org string, err error) {
	start := seed.Start{Seeds: e.digested, Reseed: e.options.reseed || tx.FromImage(), LeftOut: e.logLeftOut}
	if e.digested = nil; start.Seeds == nil {
		if start.Seeds, err = e.readSeeds(); err != nil {
			return "", err
		}
	}
	if tx.IsPopulated() {
		org, err = tx.FirstOrganization()
		tx.Org = org
	} else {
		org, err = start.Populate(tx)
	}
	tx.AfterCommit(func() error {
		e.reading.Store(&seed.Reading{})
		if len(e.options.seedFiles) > 0 {
			e.seeds = start.Seeds
		}
		return nil
	})
	return org, publicSeedError(err)
}

// readSeeds reads the seeds of the options.
func (e *Emulator) readSeeds() (seeds []seed.Seed, err error) {
	for _, path := range e.options.seedFiles {
		read, err := seed.ReadFile(path)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, read)
	}
	for _, s := range e.options.seeds {
		seeds = append(seeds, s.internal())
	}
	return seeds, nil
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
