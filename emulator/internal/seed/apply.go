package seed

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// A seed is checked and applied in one pass, in one transaction. A mistake is reported, and the pass goes on with a
// valid value in its place, so that each mistake is reported once. If anything was reported, the transaction is rolled
// back.

// Apply applies seeds and returns the ids of what they contain, by "<kind>:<key>". The ids of further Organizations are
// by "<organization id>/<kind>:<key>".
func Apply(tx *world.Tx, seeds ...Seed) (ids map[string]string, err error) {
	s, err := applyOnly(tx, nil, seeds)
	if err != nil {
		return nil, err
	}
	if len(s.problems) > 0 {
		return nil, errorOf(s.problems)
	}
	return s.ids, nil
}

// applyOnly applies the parts of the seeds that are in differs, or everything if differs is nil. The mistakes are in
// the problems of the result. If there are any, the caller must undo the writes.
func applyOnly(tx *world.Tx, differs *changes, seeds []Seed) (*seeding, error) {
	s := &seeding{
		tx:           tx,
		differs:      differs,
		ids:          map[string]string{},
		secrets:      map[string]string{},
		eventsOf:     map[string]int{},
		journeysSeen: map[string]bool{},
	}
	var err error
	if s.first, err = tx.FirstOrganization(); err != nil {
		return nil, err
	}
	if s.start, err = tx.Started(); err != nil {
		return nil, err
	}
	defer func(org string) { tx.Org = org }(tx.Org)

	before, err := beforeSeeds(tx, seeds)
	if err != nil {
		return nil, err
	}
	for i := range seeds {
		s.index = i
		if err := s.applySeed(&seeds[i]); err != nil {
			return nil, err
		}
	}
	return s, s.checkJourneys(before, seeds)
}

// applySeed applies one of the seeds and collects its problems, in the order of their lines.
func (s *seeding) applySeed(seed *Seed) error {
	s.source, s.found, s.orgs, s.base, s.prefix = seed.Source, nil, map[string]string{}, "", ""
	if s.source != nil {
		for _, problem := range s.source.problems {
			s.found = append(s.found, reported{Problem: problem, index: s.index, kind: problem.Message})
		}
	}
	if s.source == nil || !s.source.unreadable {
		if err := s.applyParts(seed); err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.found, func(a, b reported) int { return a.Line - b.Line })
	s.problems = append(s.problems, s.found...)
	return nil
}

// applyParts applies the parts of one Organization, and then the further Organizations. Each part comes after the parts
// that it refers to.
func (s *seeding) applyParts(seed *Seed) error {
	s.seen = map[string]string{}
	for _, part := range []func(*Seed) error{
		s.organization,
		s.users,
		s.apiKeys,
		s.domains,
		s.senderProfiles,
		s.subscriptionGroups,
		s.websites,
		s.brandKits,
		s.assets,
		s.templates,
		s.profiles,
		s.segments,
		s.newsletters,
		s.events,
		s.journeys,
	} {
		if err := part(seed); err != nil {
			return err
		}
	}

	base := s.base
	for i := range seed.Organizations {
		s.base = cond.Nth(base+"/organizations", i)
		if err := s.applyParts(&seed.Organizations[i]); err != nil {
			return err
		}
	}
	return nil
}
