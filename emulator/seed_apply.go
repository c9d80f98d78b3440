package emulator

import (
	"context"
	"log/slog"
	"os"

	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Seed adds to the world, or changes what is there. A seed with mistakes changes nothing and is a *SeedError with all of
// them.
func (e *Emulator) Seed(s Seed) error {
	return e.w.Act(context.Background(), world.First, func(tx *world.Tx) error {
		_, err := seed.Apply(tx, s.plain())
		return publicSeedError(err)
	})
}

// populate applies the seeds of the options, or makes the default world where there is neither a seed nor a world.
func (e *Emulator) populate(tx *world.Tx) (org string, err error) {
	start := seed.Start{Reseed: e.options.reseed, LeftOut: e.reportLeft}
	for _, path := range e.options.seedFiles {
		s, err := seed.ReadFile(path)
		if err != nil {
			return "", err
		}
		start.Seeds = append(start.Seeds, s)
	}
	for _, s := range e.options.seeds {
		start.Seeds = append(start.Seeds, s.plain())
	}
	org, err = start.Populate(tx)
	return org, publicSeedError(err)
}

// reportLeft logs what a start left out of its seeds. Without a logger it goes to stderr, since nothing else tells of
// it.
func (e *Emulator) reportLeft(problems []seed.Problem) {
	log := e.log
	if e.options.log == nil && e.tb == nil {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	for _, p := range problems {
		log.Warn("left out of the seed", "problem", p.String())
	}
}
