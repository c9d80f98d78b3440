package seed

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file applies the seeds of a start. A database file gets a seed once. A later start applies only what differs
// from the seeds that were applied last, so that it does not undo what was written since. It leaves out and reports
// what the stored data no longer allows. A mistake in the seed itself fails the start.

// Start applies seeds when an emulator starts and when it is reset.
type Start struct {
	Files   []string                 // come first
	Given   []Seed                   // that were not read from files
	Reseed  bool                     // apply everything, also to a database file that has seeds
	LeftOut func(problems []Problem) // called after the commit with what was left out

	Seeds []Seed // what Digest or Populate has read last
	fresh bool   // Digest has read them, and Populate has not used them
}

// Read reads the seeds.
func (start *Start) Read() (seeds []Seed, err error) {
	for _, path := range start.Files {
		read, err := ReadFile(path)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, read)
	}
	return append(seeds, start.Given...), nil
}

// Digest reads the seeds and identifies them. The default data has no digest, since making it takes no longer than
// copying it. An error is left to Populate.
func (start *Start) Digest() (digest uint64, ok bool) {
	seeds, err := start.Read()
	start.Seeds, start.fresh = seeds, err == nil
	if err != nil || len(seeds) == 0 {
		return 0, false
	}
	return Digest(seeds)
}

// Populate applies the seeds. If there are none and the database is new, it creates the default data. It returns the id
// of the first Organization.
func (start *Start) Populate(tx *world.Tx) (org string, err error) {
	if !start.fresh {
		if start.Seeds, err = start.Read(); err != nil {
			return "", err
		}
	}
	start.fresh = false
	if tx.IsPopulated() {
		org, err = tx.FirstOrganization()
		tx.Org = org
		return org, err
	}
	if err := start.apply(tx); err != nil {
		return "", err
	}
	if len(start.Seeds) > 0 {
		if err := tx.UnscheduleChanged(); err != nil {
			return "", err
		}
	}

	if org, err = tx.FirstOrganization(); err != nil {
		return "", err
	}
	if org == "" {
		org = defaultOrganization
		if err := defaultWorld(tx, org); err != nil {
			return "", err
		}
	}
	tx.Org = org
	if tx.KeyOwner(world.DefaultAPIKey) == org {
		return org, nil
	}
	return org, tx.AddAPIKey(world.APIKey{
		Secret:     world.DefaultAPIKey,
		Label:      "default",
		Scopes:     []string{"*"},
		AllowSends: true,
	})
}

// apply applies the seeds of a start or of Reset.
func (start *Start) apply(tx *world.Tx) error {
	seeds := start.Seeds
	if len(seeds) == 0 {
		return nil
	}
	first, err := tx.FirstOrganization()
	if err != nil {
		return err
	}
	if first != "" && !start.Reseed && !tx.FromImage() {
		before, err := tx.SeedMembers()
		if err != nil {
			return err
		}
		_, left, err := applyChanges(tx, first, seeds, before)
		tx.AfterCommit(func() error {
			start.LeftOut(published(left))
			return nil
		})
		return err
	}

	if _, err := Apply(tx, seeds...); err != nil || tx.IsInMemory() {
		return err
	}
	if first, err = tx.FirstOrganization(); err != nil {
		return err
	}
	members, _, err := hashMembers(tx, membersOfSeeds(seeds, first), nil)
	if err != nil {
		return err
	}
	return tx.PutSeedMembers(members)
}

// applyChanges applies what differs from the members that were applied last. It leaves out what cannot be applied, then
// what depends on that, and so on, until the rest can be applied as a whole. It returns the places of what was applied
// and the problems of what was left out.
func applyChanges(
	tx *world.Tx, first string, seeds []Seed, before map[string]string,
) (applied []location, left []reported, err error) {
	members, c, err := hashMembers(tx, membersOfSeeds(seeds, first), before)
	if err != nil {
		return nil, nil, err
	}
	hasMistakes := func(seed Seed) bool { return seed.Source != nil && len(seed.Source.problems) > 0 }
	if maps.Equal(members, before) && !slices.ContainsFunc(seeds, hasMistakes) {
		return nil, nil, nil
	}
	if applied, left, err = applyUntilAllowed(tx, c, seeds); err != nil {
		return nil, nil, err
	}
	return applied, left, tx.PutSeedMembers(members)
}

// applyUntilAllowed applies what differs and returns the places of that, and what had to be left out. If the seeds
// themselves have mistakes, it returns those as an error.
func applyUntilAllowed(tx *world.Tx, c *changes, seeds []Seed) (applied []location, left []reported, err error) {
	var own map[mistake]bool // what is wrong with the seeds themselves
	for {
		s, err := tryChanges(tx, c, seeds)
		if err != nil {
			return nil, nil, err
		}
		if len(s.problems) == 0 {
			return s.tried, left, nil
		}

		if own == nil {
			if own, err = mistakes(tx.Now, seeds); err != nil {
				return nil, nil, err
			}
		}
		refused := slices.DeleteFunc(slices.Clone(s.problems), func(problem reported) bool {
			return !own[problem.mistake()]
		})
		if len(refused) > 0 {
			return nil, nil, errorOf(refused)
		}

		left = append(left, s.problems...)
		if !c.leaveOut(s) {
			return nil, left, nil
		}
	}
}

// tryChanges applies what differs. If there are problems, it writes nothing.
func tryChanges(tx *world.Tx, c *changes, seeds []Seed) (s *seeding, err error) {
	err = tx.Try(func() error {
		if s, err = applyOnly(tx, c, seeds); err != nil || len(s.problems) == 0 {
			return err
		}
		return errorOf(s.problems)
	})
	if err == nil {
		return s, nil
	}
	if _, refused := errors.AsType[*Error](err); refused {
		return s, nil
	}
	return nil, err
}

// leaveOut leaves out what has problems. If no problem is at a place that was tried, such as a problem of the data as a
// whole, it leaves out everything that was tried. It reports whether there was anything to leave out.
func (c *changes) leaveOut(s *seeding) bool {
	tried, before := map[location]bool{}, len(c.left)
	for _, place := range s.tried {
		tried[place] = true
	}

	for _, problem := range s.problems {
		place := location{problem.index, problem.Path}
		for !tried[place] && place.at != "" {
			place.at = place.at[:max(0, strings.LastIndexByte(place.at, '/'))]
		}
		if tried[place] {
			c.left[place] = true
		}
	}

	if len(c.left) == before {
		maps.Copy(c.left, tried)
	}
	return len(c.left) > before
}

// mistakes returns the problems that the seeds have in an empty world. Those are mistakes of the seeds themselves.
func mistakes(at time.Time, seeds []Seed) (found map[mistake]bool, err error) {
	found = map[mistake]bool{}
	err = world.Scratch(at, func(tx *world.Tx) error {
		s, err := applyOnly(tx, nil, seeds)
		if err != nil {
			return err
		}
		for i := range s.problems {
			found[s.problems[i].mistake()] = true
		}
		return nil
	})
	return found, err
}
