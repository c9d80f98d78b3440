package seed

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The seeds of a start. A world in a file gets a seed once: a later start applies only what differs from the seeds
// applied last, so that it undoes nothing that was written since. What the world no longer allows is left out and
// reported; a mistake of the seed itself fails the start.

// location is where a member stands: in which of the seeds, and the JSON pointer to it.
type location struct {
	turn int
	at   string
}

// changes are what a start applies of its seeds.
type changes struct {
	names map[memberName]bool // what differs from what was applied last
	known map[memberName]bool // what was applied last, whatever it was then
	left  map[location]bool   // what is left out
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

// wants reports whether what stands at a place is to be applied.
func (s *seeding) wants(at string, name memberName) bool {
	place := location{s.turn, at}
	switch {
	case s.differs == nil:
		return true
	case !s.differs.names[name] || s.differs.left[place]:
		return false
	}
	s.tried = append(s.tried, place)
	return true
}

// passes reports whether a thing is passed over: its seed says what was applied last, or it is left out.
func (s *seeding) passes(kind, at, key string) bool {
	if s.wants(at, memberName{org: s.tx.Org, kind: kind, key: key}) {
		return false
	}
	s.once(kind, key, cond.Below(at, keyField(kind)))
	return true
}

// changed is what is to be applied of a Profile. It reports whether that is anything, and whether the Profile is known
// from the seeds applied last.
func (s *seeding) changed(at string, p *Profile) (something, known bool) {
	if s.differs == nil {
		return true, false
	}
	whole := memberName{org: s.tx.Org, kind: "profile", key: strings.ToLower(p.Email)}
	if s.differs.left[location{s.turn, at}] {
		return false, false
	}
	keep := func(member string) bool {
		name := whole
		name.member = member
		wanted := s.wants(at+member, name)
		something = something || wanted
		return wanted
	}
	if !keep("") {
		p.ID = ""
	}
	for member, v := range profileTexts(p) {
		if *v != "" && !keep(member) {
			*v = ""
		}
	}
	p.Properties, p.Subscriptions = maps.Clone(p.Properties), maps.Clone(p.Subscriptions)
	maps.DeleteFunc(p.Properties, func(name string, _ any) bool { return !keep(cond.Below("/properties", name)) })
	maps.DeleteFunc(p.Subscriptions, func(ref, _ string) bool { return !keep(cond.Below("/subscriptions", ref)) })
	if something {
		s.tried = append(s.tried, location{s.turn, at})
	}
	return something, s.differs.known[whole]
}

// freeExternalIDs takes their external ids from the Profiles that get others, so that these change hands in any order.
func (s *seeding) freeExternalIDs(seed *Seed) error {
	if s.differs == nil {
		return nil
	}
	for i, p := range seed.Profiles {
		at, email := s.at("profiles", i), strings.ToLower(p.Email)
		name := memberName{s.tx.Org, "profile", email, "/externalId"}
		if p.ExternalID == "" || s.differs.left[location{s.turn, at}] || !s.wants(at+"/externalId", name) {
			continue
		}
		saved, err := s.tx.ProfileByEmail(email)
		if err != nil {
			return err
		}
		if saved == nil || saved.ExternalID == "" || saved.ExternalID == p.ExternalID {
			continue
		}
		saved.ExternalID = ""
		if err := s.tx.SaveProfile(saved, world.SourceSeed); err != nil {
			return err
		}
	}
	return nil
}
