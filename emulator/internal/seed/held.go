package seed

import (
	"cmp"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What activation demands of a Journey is also held against the seeds.

// beforeSeeds returns how all Organizations are before seeds are applied, nil if the seeds can break no Journey.
func beforeSeeds(tx *world.Tx, seeds []Seed) (world.Before, error) {
	if !slices.ContainsFunc(seeds, reachesJourneys) {
		return nil, nil
	}
	return tx.Before()
}

// reachesJourneys reports whether a seed has something that a Journey's mail depends on.
func reachesJourneys(seed Seed) bool {
	return len(seed.Templates)+len(seed.SenderProfiles)+len(seed.Domains) > 0 ||
		slices.ContainsFunc(seed.Organizations, reachesJourneys)
}

// holdJourneys reports what the seeds, once they are all applied, break in Journeys. Those that a seed has refused
// itself have been reported.
func (s *seeding) holdJourneys(was world.Before, seeds []Seed) error {
	if !slices.ContainsFunc(seeds, reachesJourneys) {
		return nil
	}
	orgs, err := s.tx.OrganizationIDs()
	if err != nil {
		return err
	}
	places := map[string]location{}
	for i := range seeds {
		seeds[i].addPlaces(places, location{turn: i}, s.first)
	}
	for _, org := range orgs {
		s.tx.Org = org
		if err := s.holdOrganization(was, places, seeds); err != nil {
			return err
		}
	}
	return nil
}

// holdOrganization does so for the transaction's Organization.
func (s *seeding) holdOrganization(was world.Before, places map[string]location, seeds []Seed) error {
	broken, err := s.tx.BrokenJourneys(was, func(id string) bool { _, seeded := s.journeysSeen[id]; return seeded })
	if err != nil {
		return err
	}
	reported := s.problems
	for _, j := range broken {
		if s.journeysSeen[j.ID] {
			continue // it was refused
		}
		for _, f := range j.Faults {
			place := places[s.tx.Org+f.Culprit]
			if place.at == "" {
				place = places[s.tx.Org]
			}
			if place.in(reported) {
				continue // a mistake there stands in for something that breaks nothing else
			}
			s.source, s.turn, s.found = seeds[place.turn].Source, place.turn, nil
			s.report(place.at, "breaks the %s Journey %q at %s: %s", j.Status, j.Key, f.Path, f.Message)
			s.problems = append(s.problems, twins(s.found, places[s.tx.Org+"/journey:"+strings.ToLower(j.Key)], f.Finding)...)
		}
	}
	return nil
}

// twins gives problems the identity of the Journey's own finding if it stands in the seeds: in an empty world the
// Journey itself is refused.
func twins(problems []reported, journey location, f cond.Finding) []reported {
	if journey.at != "" {
		for i := range problems {
			problems[i].twin = &mistake{location{journey.turn, journey.at + f.Path}, f.Message}
		}
	}
	return problems
}

// in reports whether one of the problems is about this place or a member of it.
func (p location) in(problems []reported) bool {
	return slices.ContainsFunc(problems, func(known reported) bool {
		return known.turn == p.turn && (known.Path == p.at || strings.HasPrefix(known.Path, p.at+"/"))
	})
}

// addPlaces notes where Journeys stand, and the things that may break one, by Organization, kind and key. base is the
// place of the seed itself.
func (seed *Seed) addPlaces(places map[string]location, base location, first string) {
	org := cmp.Or(strings.ToLower(seed.Organization.ID), first)
	add := func(kind, list string, i int, key string) {
		places[org+"/"+kind+":"+strings.ToLower(key)] = location{base.turn, cond.Nth(base.at+"/"+list, i)}
	}
	places[org] = location{base.turn, base.at + "/organization"}
	for i, t := range seed.Templates {
		add("template", "templates", i, t.Key)
	}
	for i, p := range seed.SenderProfiles {
		add("senderProfile", "senderProfiles", i, p.Key)
	}
	for i, d := range seed.Domains {
		add("domain", "domains", i, d.Domain)
	}
	for i, j := range seed.Journeys {
		add("journey", "journeys", i, j.Key)
	}
	for i := range seed.Organizations {
		seed.Organizations[i].addPlaces(places, location{base.turn, cond.Nth(base.at+"/organizations", i)}, first)
	}
}
