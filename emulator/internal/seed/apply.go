package seed

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// A seed is applied and checked in one pass, in one transaction: what is wrong is reported, and goes on in a form that
// breaks nothing else, so that each mistake is told once. Any report undoes the transaction.

const defaultOrganization = "5e6d0000-0000-4000-8000-000000000001"

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
		if err := tx.HoldSchedules(); err != nil {
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

// seeding is one application of seeds.
type seeding struct {
	tx       *world.Tx
	first    string // the world's first Organization, "" before there is one
	start    time.Time
	ids      map[string]string
	secrets  map[string]string // API keys seen, and whose they are
	eventsOf map[string]int    // events without key by id, and the seed they stand in
	turn     int
	problems []reported
	differs  *changes   // what is applied, nil for everything
	tried    []location // what of that was applied, or refused

	journeysSeen map[string]bool // Journeys of the seeds by id, and whether the last one with that id was refused

	// Of the seed at hand.
	source *Source
	found  []reported
	orgs   map[string]string // Organizations seen, and where
	base   string            // the pointer to the seed, "" but for a further Organization
	prefix string            // of its ids
	seen   map[string]string // things of this Organization, and where
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

func (s *seeding) at(list string, i int) string { return cond.Nth(s.base+"/"+list, i) }

// keyField is the member that has the key of a kind.
func keyField(kind string) string {
	switch kind {
	case "profile":
		return "email"
	case "domain":
		return "domain"
	}
	return "key"
}

// thing checks how a thing is named, and finds the id that it has or gets.
func (s *seeding) thing(kind, at, key, id string) (string, error) {
	field := keyField(kind)
	if field == "key" && isID(key) {
		s.report(cond.Below(at, field), "must not look like an id, since references take either")
	}
	if key == "" {
		s.report(cond.Below(at, field), "is required")
		return world.ComputedID(s.tx.Org, kind, at), nil
	}
	s.once(kind, key, cond.Below(at, field))
	known, err := s.tx.IDOf(kind, key)
	if err != nil {
		return "", err
	}
	switch {
	case id != "" && !isID(id):
		s.report(at+"/id", "must be a UUID")
		id = ""
	case known != "" && id != "" && !strings.EqualFold(id, known):
		s.report(at+"/id", "the %s %q has the id %s already", kind, key, known)
	}
	if known != "" {
		return s.named(kind, key, known), nil
	}
	given := id != ""
	if !given {
		id = world.ComputedID(s.tx.Org, kind, key)
	}
	id = strings.ToLower(id)
	org, owner, err := s.tx.KeyOf(kind, id)
	switch {
	case org == "":
	case owner == "" && !given:
		id = s.tx.NewID() // the one that it would get stays that of a deleted Profile
	default:
		s.report(at+"/id", "the id %s is that of another %s", id, kind)
		id = world.ComputedID(s.tx.Org, kind, at)
	}
	return s.named(kind, key, id), err
}

func (s *seeding) named(kind, key, id string) string {
	s.ids[s.prefix+kind+":"+key] = id
	return id
}

// once reports what a seed has twice.
func (s *seeding) once(kind, key, at string) {
	if first := s.seen[kind+":"+key]; first != "" {
		s.report(at, "%q is given twice; it is also at %s", key, first)
		return
	}
	s.seen[kind+":"+key] = at
}

// isID reports whether s is a UUID as the API documents it.
func isID(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && strings.EqualFold(u.String(), s) && u.Version() >= 1 && u.Version() <= 8 && u.Variant() == uuid.RFC4122
}

// ref finds what a reference names; a kind other than profile is told with the keys that there are.
func (s *seeding) ref(kind, at, ref string) (string, error) {
	key := ref
	if kind == "profile" {
		key = strings.ToLower(ref)
	}
	id, err := s.tx.IDOf(kind, key)
	if id != "" || err != nil {
		return id, err
	}
	id = strings.ToLower(ref)
	org, owner, err := s.tx.KeyOf(kind, id)
	if err != nil || owner != "" && org == s.tx.Org {
		return id, err
	}
	if kind == "profile" {
		s.report(at, "there is no profile %q", ref)
		return "", nil
	}
	known, err := s.tx.KeysOf(kind, 10)
	others := "; there are " + world.JoinNames(known)
	if len(known) == 0 {
		others = ", nor any other"
	}
	s.report(at, "there is no %s %q%s", kind, ref, others)
	return "", err
}

// needed is ref for a reference that must be given.
func (s *seeding) needed(kind, at, ref string) (string, error) {
	if ref == "" {
		s.report(at, "is required: the key or id of a %s", kind)
		return "", nil
	}
	return s.ref(kind, at, ref)
}

// oneOf checks a member with fixed values and stands the first of them in for what is none.
func (s *seeding) oneOf(at, value string, allowed ...string) string {
	switch {
	case value == "":
		s.report(at, "is required: one of %s", world.JoinNames(allowed))
	case !slices.Contains(allowed, value):
		s.report(at, "must be one of %s, not %q", world.JoinNames(allowed), value)
	default:
		return value
	}
	return allowed[0]
}

// document makes JSON of a free-form member: members sorted, numbers as they are written.
func (s *seeding) document(at string, v any) json.RawMessage {
	raw, err := cond.Canonical(v)
	if err != nil {
		s.report(at, "does not marshal to JSON: %v", err)
		return json.RawMessage("null")
	}
	return raw
}

// object is document for a member that must be an object; absent is an empty one.
func (s *seeding) object(at string, v any) json.RawMessage {
	if v == nil {
		return json.RawMessage("{}")
	}
	raw := s.document(at, v)
	switch string(raw[:1]) {
	case "{":
		return raw
	case "n":
	default:
		s.report(at, "must be an object")
	}
	return json.RawMessage("{}")
}
