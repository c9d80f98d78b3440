package seed

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// A seed is applied and checked in one pass, in one transaction: what is wrong is reported, and goes on in a form that
// breaks nothing else, so that each mistake is told once. Any report undoes the transaction.

// Apply applies seeds to the world and gives the ids of what is in them, by "<kind>:<key>". Those of further
// Organizations are by "<organization id>/<kind>:<key>".
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

// applyOnly applies what differs of the seeds, or all of them if that is nil. What is wrong with them is in the
// problems of what it returns; its caller then undoes the writes.
func applyOnly(tx *world.Tx, differs *changes, seeds []Seed) (*seeding, error) {
	s := &seeding{tx: tx, differs: differs, ids: map[string]string{}, secrets: map[string]string{},
		eventsOf: map[string]int{}, journeysSeen: map[string]bool{}}
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
		s.turn = i
		if err := s.one(&seeds[i]); err != nil {
			return nil, err
		}
	}
	return s, s.holdJourneys(before, seeds)
}

func (s *seeding) one(seed *Seed) error {
	s.source, s.found, s.orgs, s.base, s.prefix = seed.Source, nil, map[string]string{}, "", ""
	if s.source != nil {
		for _, p := range s.source.problems {
			s.found = append(s.found, reported{Problem: p, turn: s.turn, kind: p.Message})
		}
	}
	if s.source == nil || !s.source.unreadable {
		if err := s.apply(seed); err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.found, func(a, b reported) int { return a.Line - b.Line }) // as a reader meets them
	s.problems = append(s.problems, s.found...)
	return nil
}

// apply applies one Organization's part, what is referred to before what refers to it, and then further Organizations.
func (s *seeding) apply(seed *Seed) error {
	s.seen = map[string]string{}
	for _, part := range []func(*Seed) error{
		s.organization, s.users, s.apiKeys, s.domains, s.senderProfiles, s.subscriptionGroups, s.templates, s.profiles, s.segments,
		s.newsletters, s.events, s.journeys,
	} {
		if err := part(seed); err != nil {
			return err
		}
		s.tx.Forget()
	}
	base := s.base
	for i := range seed.Organizations {
		s.base = cond.Nth(base+"/organizations", i)
		if err := s.apply(&seed.Organizations[i]); err != nil {
			return err
		}
	}
	return nil
}
