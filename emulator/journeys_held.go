package emulator

import (
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// What activation demands of a Journey also holds while it is Active or Paused: an edit of what it uses is refused if
// the Journey could not be activated with it any more. Faults that a Journey had before the edit do not count.

// journeyFinding is a fault that an edit would bring into a Journey. Path points into the Journey's document.
type journeyFinding struct {
	Journey string `json:"journey"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

// holdJourneys refuses a change of a Template that breaks Journeys. before is the catalog from before the change.
func (tx *Tx) holdJourneys(before *catalog, template string) error {
	old := before.templates[template]
	if old == nil {
		return nil // nothing that works can use what was not there
	}
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	was, now := references{tx, before}, references{tx, c}
	if answers(was, template) == answers(now, template) {
		return nil
	}
	journeys, err := tx.LiveJourneys()
	if err != nil {
		return err
	}
	keys, findings := []string{}, []journeyFinding{}
	for _, j := range journeys {
		d, err := tx.definition(j.ID, j.Version)
		if err != nil {
			return err
		}
		broken := without(d.Check(now), d.Check(was))
		for _, f := range broken {
			findings = append(findings, journeyFinding{j.Key, f.Path, f.Message})
		}
		if hasAny(broken) {
			keys = append(keys, j.Key)
		}
	}
	if len(findings) == 0 {
		return nil
	}
	return &problem{"invalid_state", "The change would break Journeys that are Active or Paused: " + listed(keys) + ".",
		map[string]any{"status": old.Status, "findings": findings}}
}

// answers are all that a Journey's activation is told of a Template.
func answers(r journey.Refs, template string) [4]any {
	purpose, active, verified, ok := r.Template(template)
	return [4]any{purpose, active, verified, ok}
}

// without returns the findings that are not among the known ones.
func without(findings, known []cond.Finding) []cond.Finding {
	return slices.DeleteFunc(findings, func(f cond.Finding) bool { return slices.Contains(known, f) })
}

// beforeSeeds returns the catalogs of all Organizations as they are before seeds are applied, none if the seeds can
// break no Journey.
func (tx *Tx) beforeSeeds(seeds []Seed) (map[string]*catalog, error) {
	if !slices.ContainsFunc(seeds, reachesJourneys) {
		return nil, nil
	}
	orgs, err := tx.OrganizationIDs()
	if err != nil {
		return nil, err
	}
	defer func(org string) { tx.Org = org }(tx.Org)
	before := map[string]*catalog{}
	for _, org := range orgs {
		tx.Org = org
		if before[org], err = tx.catalog(); err != nil {
			return nil, err
		}
	}
	return before, nil
}

// reachesJourneys reports whether a seed has something that a Journey's mail depends on.
func reachesJourneys(seed Seed) bool {
	return len(seed.Templates)+len(seed.SenderProfiles)+len(seed.Domains) > 0 ||
		slices.ContainsFunc(seed.Organizations, reachesJourneys)
}

// holdJourneys reports what the seeds, once they are all applied, break in Journeys. Those that a seed has refused
// itself have been reported.
func (s *seeding) holdJourneys(before map[string]*catalog, seeds []Seed) error {
	if !slices.ContainsFunc(seeds, reachesJourneys) {
		return nil
	}
	orgs, err := s.tx.OrganizationIDs()
	if err != nil {
		return err
	}
	places := map[string]seedPlace{}
	for i := range seeds {
		seeds[i].addPlaces(places, seedPlace{turn: i}, s.first)
	}
	for _, org := range orgs {
		s.tx.Org = org
		if err := s.holdOrganization(before[org], places, seeds); err != nil {
			return err
		}
	}
	return nil
}

// holdOrganization does so for the transaction's Organization, whose catalog before the seeds is given.
func (s *seeding) holdOrganization(before *catalog, places map[string]seedPlace, seeds []Seed) error {
	journeys, err := s.tx.LiveJourneys()
	if err != nil || len(journeys) == 0 {
		return err
	}
	c, err := s.tx.catalog()
	if err != nil {
		return err
	}
	if before == nil {
		before = &catalog{} // a new Organization
	}
	was, now := references{s.tx, before}, references{s.tx, c}
	reported := s.problems
	for _, j := range journeys {
		refused, seeded := s.journeysSeen[j.ID]
		if refused {
			continue
		}
		d, err := s.tx.definition(j.ID, j.Version)
		if err != nil {
			return err
		}
		broken := d.Check(now)
		if !seeded {
			broken = without(broken, d.Check(was))
		}
		for _, f := range broken {
			place := places[s.tx.Org+now.culprit(was, d, f)]
			if place.at == "" {
				place = places[s.tx.Org]
			}
			if place.in(reported) {
				continue // a mistake there stands in for something that breaks nothing else
			}
			s.origin, s.turn, s.found = seeds[place.turn].origin, place.turn, nil
			s.report(place.at, "breaks the %s Journey %q at %s: %s", j.Status, j.Key, f.Path, f.Message)
			s.problems = append(s.problems, twins(s.found, places[s.tx.Org+"/journey:"+strings.ToLower(j.Key)], f)...)
		}
	}
	return nil
}

// twins gives problems the identity of the Journey's own finding if it stands in the seeds: in an empty world the
// Journey itself is refused.
func twins(problems []seedProblem, journey seedPlace, f cond.Finding) []seedProblem {
	if journey.at != "" {
		for i := range problems {
			problems[i].twin = &seedMistake{seedPlace{journey.turn, journey.at + f.Path}, f.Message}
		}
	}
	return problems
}

// in reports whether one of the problems is about this place or a member of it.
func (p seedPlace) in(problems []seedProblem) bool {
	return slices.ContainsFunc(problems, func(known seedProblem) bool {
		return known.turn == p.turn && (known.Path == p.at || strings.HasPrefix(known.Path, p.at+"/"))
	})
}

// addPlaces notes where Journeys stand, and the things that may break one, by Organization, kind and key. base is the
// place of the seed itself.
func (seed *Seed) addPlaces(places map[string]seedPlace, base seedPlace, first string) {
	org := orElse(strings.ToLower(seed.Organization.ID), first)
	add := func(kind, list string, i int, key string) {
		places[org+"/"+kind+":"+strings.ToLower(key)] = seedPlace{base.turn, nth(base.at+"/"+list, i)}
	}
	places[org] = seedPlace{base.turn, base.at + "/organization"}
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
		seed.Organizations[i].addPlaces(places, seedPlace{base.turn, nth(base.at+"/organizations", i)}, first)
	}
}

// culprit names what brought a finding about: the sender's domain, the sender, or else the Template at the node; "" for
// nothing of these.
func (r references) culprit(was references, d *journey.Definition, f cond.Finding) string {
	email, member := emailAt(d, f.Path)
	if email == nil {
		return ""
	}
	t, s := r.c.templates[email.Template], r.c.senders[email.SenderProfile]
	if t != nil && email.SenderProfile == "" {
		s = r.templateSender(t)
	}
	archived := t != nil && t.Status == "Archived"
	if s != nil && !s.verified && (member == "senderProfile" || member == "template" && !archived) {
		domain, old := mail.Domain(s.Email), was.c.senders[s.ID]
		switch {
		case was.c.domains[domain]:
			return "/domain:" + domain
		case old == nil || old.Email != s.Email || old.Default != s.Default:
			return "/senderProfile:" + strings.ToLower(s.Key)
		}
	}
	if t == nil {
		return ""
	}
	return "/template:" + strings.ToLower(t.Key)
}

// emailAt is the email node that a finding is about, and the member of it; nil if it is about something else.
func emailAt(d *journey.Definition, path string) (*journey.EmailNode, string) {
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[1] != "nodes" {
		return nil, ""
	}
	i, err := strconv.Atoi(parts[2])
	if err != nil || i >= len(d.Nodes) {
		return nil, ""
	}
	return d.Nodes[i].Email, parts[3]
}
