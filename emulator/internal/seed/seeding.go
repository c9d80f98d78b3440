package seed

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// defaultOrganization is the id of the first Organization if the seed has none.
const defaultOrganization = "5e6d0000-0000-4000-8000-000000000001"

// memberName identifies a member of the seeds. The field member is the JSON pointer from a Profile to its member. It is
// "" for a Profile itself and for any other item.
type memberName struct{ org, kind, key, member string }

// location is the place of a member: the index of its seed and the JSON pointer to it.
type location struct {
	index int
	at    string
}

// changes contains which parts of its seeds a start applies.
type changes struct {
	names map[memberName]bool // the members that differ from what was applied last
	known map[memberName]bool // what was applied last, whatever its value was
	left  map[location]bool   // the places that are left out
}

// seeding is one application of seeds.
type seeding struct {
	tx       *world.Tx
	first    string // the id of the first Organization, "" until there is one
	start    time.Time
	ids      map[string]string
	secrets  map[string]string // from the API keys seen to their Organizations
	eventsOf map[string]int    // from the ids of events without a key to the indexes of their seeds
	index    int               // of the current seed
	problems []reported
	differs  *changes   // what to apply, nil for everything
	tried    []location // the places in differs that were applied or refused

	journeysSeen map[string]bool // from ids of Journeys to whether the last one with that id was refused

	// The rest is about the current seed.
	source *Source
	found  []reported
	orgs   map[string]string // from the Organizations seen to their places
	base   string            // the JSON pointer to a further Organization, otherwise ""
	prefix string            // of its ids
	seen   map[string]string // from the items of this Organization to their places
}

// at returns the JSON pointer to an item of a list.
func (s *seeding) at(list string, i int) string { return cond.Nth(s.base+"/"+list, i) }

// keyField returns the name of the member that contains the key of an item of this kind.
func keyField(kind string) string {
	switch kind {
	case "profile":
		return "email"
	case "domain":
		return "domain"
	}
	return "key"
}

// itemID checks the key and the id of an item. It returns the id that the item has or gets.
func (s *seeding) itemID(kind, at, key, id string) (string, error) {
	field := keyField(kind)
	if field == "key" && isID(key) {
		s.report(cond.Below(at, field), "must not look like an id, because a reference can be a key or an id")
	}
	if key == "" {
		s.report(cond.Below(at, field), "is required")
		return world.ComputedID(s.tx.Org, kind, at), nil
	}

	s.checkOnce(kind, key, cond.Below(at, field))
	known, err := s.tx.IDOf(kind, key)
	if err != nil {
		return "", err
	}
	switch {
	case id != "" && !isID(id):
		s.report(at+"/id", "must be a UUID")
		id = ""
	case known != "" && id != "" && !strings.EqualFold(id, known):
		s.report(at+"/id", "the %s %q already has the id %s", kind, key, known)
	}
	if known != "" {
		return s.addID(kind, key, known), nil
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
		id = s.tx.NewID() // the computed id still belongs to a deleted Profile
	default:
		s.report(at+"/id", "the id %s belongs to another %s", id, kind)
		id = world.ComputedID(s.tx.Org, kind, at)
	}
	return s.addID(kind, key, id), err
}

// addID adds the id of an item to the result.
func (s *seeding) addID(kind, key, id string) string {
	s.ids[s.prefix+kind+":"+key] = id
	return id
}

// checkOnce reports an item that a seed has twice.
func (s *seeding) checkOnce(kind, key, at string) {
	if first := s.seen[kind+":"+key]; first != "" {
		s.report(at, "%q is given twice; it is also at %s", key, first)
		return
	}
	s.seen[kind+":"+key] = at
}

// isID reports whether the text is a UUID in the form that the API documents.
func isID(text string) bool {
	parsed, err := uuid.Parse(text)
	return err == nil && strings.EqualFold(parsed.String(), text) &&
		parsed.Version() >= 1 && parsed.Version() <= 8 && parsed.Variant() == uuid.RFC4122
}

// ref returns the id that a reference stands for. If there is none, it reports a mistake, which lists the known keys
// unless the kind is profile.
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
		others = "; there are no " + kind + "s"
	}
	s.report(at, "there is no %s %q%s", kind, ref, others)
	return "", err
}

// requiredRef is ref for a reference that may not be empty.
func (s *seeding) requiredRef(kind, at, ref string) (string, error) {
	if ref == "" {
		s.report(at, "is required: the key or id of a %s", kind)
		return "", nil
	}
	return s.ref(kind, at, ref)
}

// oneOf checks a member with fixed values. It returns the value, or the first allowed one if the value is missing or
// invalid.
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

// applies reports whether the member at this place is to be applied.
func (s *seeding) applies(at string, name memberName) bool {
	place := location{s.index, at}
	switch {
	case s.differs == nil:
		return true
	case !s.differs.names[name] || s.differs.left[place]:
		return false
	}
	s.tried = append(s.tried, place)
	return true
}

// skips reports whether to skip an item, because it is equal to what was applied last or because it is left out.
func (s *seeding) skips(kind, at, key string) bool {
	if s.applies(at, memberName{org: s.tx.Org, kind: kind, key: key}) {
		return false
	}
	s.checkOnce(kind, key, cond.Below(at, keyField(kind)))
	return true
}

// keepChanges removes from a Profile what is not to be applied. It reports whether anything is left, and whether the
// seeds that were applied last contain the Profile.
func (s *seeding) keepChanges(at string, p *Profile) (something, known bool) {
	if s.differs == nil {
		return true, false
	}
	whole := memberName{org: s.tx.Org, kind: "profile", key: strings.ToLower(p.Email)}
	if s.differs.left[location{s.index, at}] {
		return false, false
	}
	keep := func(member string) bool {
		name := whole
		name.member = member
		applies := s.applies(at+member, name)
		something = something || applies
		return applies
	}

	if !keep("") {
		p.ID = ""
	}
	for member, text := range profileTexts(p) {
		if *text != "" && !keep(member) {
			*text = ""
		}
	}
	p.Properties, p.Subscriptions = maps.Clone(p.Properties), maps.Clone(p.Subscriptions)
	maps.DeleteFunc(p.Properties, func(name string, _ any) bool { return !keep(cond.Below("/properties", name)) })
	maps.DeleteFunc(p.Subscriptions, func(ref, _ string) bool { return !keep(cond.Below("/subscriptions", ref)) })
	if something {
		s.tried = append(s.tried, location{s.index, at})
	}
	return something, s.differs.known[whole]
}

// organizationOf returns the id of the Organization of the part of a seed at base: the given one, or that of the first
// Organization.
func organizationOf(base, given, first string) string {
	switch {
	case isID(given):
		return strings.ToLower(given)
	case base != "":
		return world.ComputedID(defaultOrganization, "organization", base) // the seed is refused: its id is missing
	}
	return cmp.Or(first, defaultOrganization)
}

// profileTexts returns the text members of a Profile that may be left out, by their JSON pointers.
func profileTexts(p *Profile) map[string]*string {
	return map[string]*string{
		"/externalId": &p.ExternalID,
		"/phone":      &p.Phone,
		"/suppressed": &p.Suppressed,
	}
}
