package seed

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// defaultOrganization is the first Organization of a world whose seed names none.
const defaultOrganization = "5e6d0000-0000-4000-8000-000000000001"

// memberName names a member. Member is "" for a whole thing and for a Profile as such; else it is the JSON pointer from
// the Profile to it.
type memberName struct{ org, kind, key, member string }

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

// organizationOf is the id of the Organization that the part of a seed at base is about: the one given, or that of the
// world's first Organization.
func organizationOf(base, given, first string) string {
	switch {
	case isID(given):
		return strings.ToLower(given)
	case base != "":
		return world.ComputedID(defaultOrganization, "organization", base) // stands in until the report undoes it
	}
	return cmp.Or(first, defaultOrganization)
}

// profileTexts are the members of a Profile that may be left out, by their pointers.
func profileTexts(p *Profile) map[string]*string {
	return map[string]*string{"/externalId": &p.ExternalID, "/phone": &p.Phone, "/suppressed": &p.Suppressed}
}
