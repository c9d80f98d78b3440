package emulator

import (
	"context"
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

// populate applies the seeds of the options. If there are none and the database is new, it creates the default data.
func (e *Emulator) populate(tx *world.Tx) (org string, err error) {
	start := seed.Start{Reseed: e.options.reseed || tx.FromImage(), LeftOut: e.logLeftOut}
	for _, path := range e.options.seedFiles {
		read, err := seed.ReadFile(path)
		if err != nil {
			return "", err
		}
		start.Seeds = append(start.Seeds, read)
	}
	for _, s := range e.options.seeds {
		start.Seeds = append(start.Seeds, s.internal())
	}
	org, err = start.Populate(tx)
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
