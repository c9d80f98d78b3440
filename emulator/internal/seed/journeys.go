package seed

import (
	"cmp"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// A seed may not take away what the activation of a Journey requires. This file checks that.

// beforeSeeds returns the state of all Organizations before seeds are applied, or nil if the seeds cannot break a
// Journey.
func beforeSeeds(tx *world.Tx, seeds []Seed) (world.Before, error) {
	if !slices.ContainsFunc(seeds, reachesJourneys) {
		return nil, nil
	}
	edits := world.Edits{}
	for _, seed := range seeds {
		seed.addEdits(&edits)
	}
	return tx.Before(edits)
}

func (seed *Seed) addEdits(edits *world.Edits) {
	edits.Senders = edits.Senders || len(seed.SenderProfiles)+len(seed.Domains) > 0
	for _, t := range seed.Templates {
		edits.Templates = append(edits.Templates, t.Key)
	}
	for i := range seed.Organizations {
		seed.Organizations[i].addEdits(edits)
	}
}

// reachesJourneys reports whether a seed has something that the emails of a Journey depend on.
func reachesJourneys(seed Seed) bool {
	return len(seed.Templates)+len(seed.SenderProfiles)+len(seed.Domains) > 0 ||
		slices.ContainsFunc(seed.Organizations, reachesJourneys)
}

// checkJourneys reports what the seeds break in Journeys, after all of them were applied. It leaves out Journeys of the
// seeds that were refused, because those have been reported.
func (s *seeding) checkJourneys(was world.Before, seeds []Seed) error {
	if !slices.ContainsFunc(seeds, reachesJourneys) {
		return nil
	}
	orgs, err := s.tx.OrganizationIDs()
	if err != nil {
		return err
	}
	places := map[string]location{}
	for i := range seeds {
		seeds[i].addPlaces(places, location{index: i}, s.first)
	}
	for _, org := range orgs {
		s.tx.Org = org
		if err := s.checkOrganization(was, places, seeds); err != nil {
			return err
		}
	}
	return nil
}

// checkOrganization is checkJourneys for the transaction's Organization.
func (s *seeding) checkOrganization(was world.Before, places map[string]location, seeds []Seed) error {
	isSeeded := func(id string) bool {
		_, seeded := s.journeysSeen[id]
		return seeded
	}
	broken, err := s.tx.BrokenJourneys(was, isSeeded)
	if err != nil {
		return err
	}
	reported := s.problems
	for _, journey := range broken {
		if s.journeysSeen[journey.ID] {
			continue // it was refused, and that was reported
		}
		own := places[s.tx.Org+"/journey:"+strings.ToLower(journey.Key)]
		for _, fault := range journey.Faults {
			place := places[s.tx.Org+fault.Culprit]
			if place.at == "" {
				place = places[s.tx.Org]
			}
			if place.in(reported) {
				continue // the item has a mistake, and a valid value took its place
			}
			s.source, s.index, s.found = seeds[place.index].Source, place.index, nil
			s.report(place.at, "breaks the %s Journey %q at %s: %s",
				journey.Status, journey.Key, fault.Path, fault.Message)
			s.problems = append(s.problems, withTwin(s.found, own, fault.Finding)...)
		}
	}
	return nil
}

// withTwin sets the Journey's own finding as the twin of the problems if the seeds contain the Journey: in an empty
// world the Journey itself would be refused.
func withTwin(problems []reported, journey location, finding cond.Finding) []reported {
	if journey.at != "" {
		for i := range problems {
			problems[i].twin = &mistake{location{journey.index, journey.at + finding.Path}, finding.Message}
		}
	}
	return problems
}

// in reports whether one of the problems is about this place or a member of it.
func (place location) in(problems []reported) bool {
	return slices.ContainsFunc(problems, func(known reported) bool {
		return known.index == place.index && (known.Path == place.at || strings.HasPrefix(known.Path, place.at+"/"))
	})
}

// addPlaces adds the places of Journeys and of the items that may break one, by Organization, kind and key. The place
// of the seed itself is base.
func (seed *Seed) addPlaces(places map[string]location, base location, first string) {
	org := cmp.Or(strings.ToLower(seed.Organization.ID), first)
	add := func(kind, list string, i int, key string) {
		places[org+"/"+kind+":"+strings.ToLower(key)] = location{base.index, cond.Nth(base.at+"/"+list, i)}
	}
	places[org] = location{base.index, base.at + "/organization"}
	for i, t := range seed.Templates {
		add("template", "templates", i, t.Key)
	}
	for i, sender := range seed.SenderProfiles {
		add("senderProfile", "senderProfiles", i, sender.Key)
	}
	for i, d := range seed.Domains {
		add("domain", "domains", i, d.Domain)
	}
	for i, j := range seed.Journeys {
		add("journey", "journeys", i, j.Key)
	}
	for i := range seed.Organizations {
		place := location{base.index, cond.Nth(base.at+"/organizations", i)}
		seed.Organizations[i].addPlaces(places, place, first)
	}
}
