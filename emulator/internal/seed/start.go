package seed

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The seeds of a start. A world in a file gets a seed once: a later start applies only what differs from the seeds
// applied last, so that it undoes nothing that was written since. What the world no longer allows is left out and
// reported; a mistake of the seed itself fails the start.

// Start applies seeds to a world at its start, and when it is reset.
type Start struct {
	Seeds   []Seed
	Reseed  bool                     // as a whole, also to a world in a file that has them
	LeftOut func(problems []Problem) // told what was left out, once the rest is committed
}

// Populate applies the seeds, or makes the default world where there is neither a seed nor a world, and gives the first
// Organization.
func (start Start) Populate(tx *world.Tx) (org string, err error) {
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
	return org, tx.AddAPIKey(world.APIKey{Secret: world.DefaultAPIKey, Label: "default", Scopes: []string{"*"}, AllowSends: true})
}

// apply applies the seeds of a start or of Reset.
func (start Start) apply(tx *world.Tx) error {
	seeds := start.Seeds
	if len(seeds) == 0 {
		return nil
	}
	first, err := tx.FirstOrganization()
	if err != nil {
		return err
	}
	if first != "" && !start.Reseed {
		return start.applyChanges(tx, first)
	}
	if _, err := Apply(tx, seeds...); err != nil || tx.IsInMemory() {
		return err
	}
	if first, err = tx.FirstOrganization(); err != nil {
		return err
	}
	members, _, err := hashed(tx, membersOfSeeds(seeds, first), nil)
	if err != nil {
		return err
	}
	return tx.PutSeedMembers(members)
}

// applyChanges applies what differs from the seeds applied last. What cannot be applied is left out, and then all that
// rests on it, until the rest can be applied as a whole.
func (start Start) applyChanges(tx *world.Tx, first string) error {
	seeds := start.Seeds
	before, err := tx.SeedMembers()
	if err != nil {
		return err
	}
	members, c, err := hashed(tx, membersOfSeeds(seeds, first), before)
	if err != nil {
		return err
	}
	readable := !slices.ContainsFunc(seeds, func(s Seed) bool { return s.Source != nil && len(s.Source.problems) > 0 })
	if readable && maps.Equal(members, before) {
		return nil
	}
	var own map[mistake]bool
	var left []reported
	for {
		s, err := tryChanges(tx, c, seeds)
		if err != nil {
			return err
		}
		if len(s.problems) == 0 {
			break
		}
		if own == nil {
			if own, err = mistakes(tx.Now, seeds); err != nil {
				return err
			}
		}
		refused := slices.Clone(s.problems)
		if refused = slices.DeleteFunc(refused, func(p reported) bool { return !own[p.mistake()] }); len(refused) > 0 {
			return errorOf(refused)
		}
		left = append(left, s.problems...)
		if !c.leave(s) {
			break
		}
	}
	tx.AfterCommit(func() error {
		start.LeftOut(published(left))
		return nil
	})
	return tx.PutSeedMembers(members)
}

// tryChanges applies what differs, unless there are problems. It writes nothing then.
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

// leave leaves out what problems were found with. A problem at none of what was tried, such as one of the world as a
// whole, leaves all of that out. It reports whether there was anything to leave out.
func (c *changes) leave(s *seeding) bool {
	tried, before := map[location]bool{}, len(c.left)
	for _, place := range s.tried {
		tried[place] = true
	}
	for _, p := range s.problems {
		place := location{p.turn, p.Path}
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

// mistakes are the problems that seeds have in an empty world: those that are their own.
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
