package seed

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What seeds say, member by member: of a Profile each property, subscription and identifier, everything else as a
// whole.

// memberValues collects the last word of seeds on each member, as canonical JSON, relative times as they are written.
// It is "" for what no seed can say, such as a key given twice.
type memberValues struct {
	first    string // the world's first Organization
	values   map[memberName]string
	turn     int
	turns    map[memberName]int
	statuses map[memberName]string
	orgs     map[string]Organization
}

func membersOfSeeds(seeds []Seed, first string) map[memberName]string {
	m := &memberValues{first: first, values: map[memberName]string{}, turns: map[memberName]int{},
		statuses: map[memberName]string{}, orgs: map[string]Organization{}}
	for i := range seeds {
		m.turn = i
		m.seed(&seeds[i], "")
	}
	return m.values
}

func (m *memberValues) seed(s *Seed, base string) {
	org := organizationOf(base, s.Organization.ID, m.first)
	m.add(org, "organization", "", m.organization(org, s.Organization))
	m.sending(org, s)
	for _, t := range s.Templates {
		t.Status = m.status(memberName{org: org, kind: "template", key: t.Key}, t.Status)
		m.add(org, "template", t.Key, t)
	}
	for _, g := range s.Segments {
		m.add(org, "segment", g.Key, g)
	}
	for _, j := range s.Journeys {
		j.Status = m.status(memberName{org: org, kind: "journey", key: j.Key}, j.Status)
		m.add(org, "journey", j.Key, j)
	}
	for _, n := range s.Newsletters {
		m.add(org, "newsletter", n.Key, n)
	}
	for _, p := range s.Profiles {
		m.profile(org, p)
	}
	for i, ev := range s.Events {
		name := memberName{org: org, kind: "event", key: eventKey(ev, i)}
		_, taken := m.values[name]
		m.put(name, ev)
		if taken && ev.Key == "" {
			m.values[name] = ""
		}
	}
	for i := range s.Organizations {
		m.seed(&s.Organizations[i], cond.Nth(base+"/organizations", i))
	}
}

func (m *memberValues) sending(org string, s *Seed) {
	for _, u := range s.Users {
		m.add(org, "user", u.Key, u)
	}
	for _, k := range s.APIKeys {
		m.add(org, "apiKey", k.Key, k)
	}
	for _, d := range s.Domains {
		m.add(org, "domain", strings.ToLower(d.Domain), d)
	}
	for _, p := range s.SenderProfiles {
		m.add(org, "senderProfile", p.Key, p)
	}
	for _, g := range s.SubscriptionGroups {
		m.add(org, "subscriptionGroup", g.Key, g)
	}
}

func (m *memberValues) profile(org string, p Profile) {
	put := func(member string, v any) { m.put(memberName{org, "profile", strings.ToLower(p.Email), member}, v) }
	put("", strings.ToLower(p.ID))
	for at, v := range profileTexts(&p) {
		if *v != "" {
			put(at, *v)
		}
	}
	for name, v := range p.Properties {
		put(cond.Below("/properties", name), v)
	}
	for ref, v := range p.Subscriptions {
		put(cond.Below("/subscriptions", ref), v)
	}
}

func (m *memberValues) add(org, kind, key string, v any) {
	m.put(memberName{org: org, kind: kind, key: key}, v)
}

func (m *memberValues) put(name memberName, v any) {
	value, err := cond.Canonical(v)
	if turn, told := m.turns[name]; err != nil || told && turn == m.turn {
		value = nil
	}
	m.values[name], m.turns[name] = string(value), m.turn
}

// status is the last one given, since a seed without one leaves it as it is.
func (m *memberValues) status(name memberName, given string) string {
	m.statuses[name] = cmp.Or(given, m.statuses[name])
	return m.statuses[name]
}

// organization adds what a seed says of an Organization to what earlier seeds said.
func (m *memberValues) organization(id string, o Organization) Organization {
	before := m.orgs[id]
	m.orgs[id] = Organization{ID: id, Name: cmp.Or(o.Name, before.Name),
		Timezone: cmp.Or(o.Timezone, before.Timezone), PostalAddress: cmp.Or(o.PostalAddress, before.PostalAddress)}
	return m.orgs[id]
}

// eventKey is what an event is known by: its key, or else its place.
func eventKey(ev Event, i int) string { return cmp.Or(ev.Key, fmt.Sprintf("#%d", i)) }

// hashed returns members as they are kept, and what differs from those that were kept before.
func hashed(tx *world.Tx, members map[memberName]string, before map[string]string) (map[string]string, *changes,
	error) {
	hashes := map[string]string{}
	c := &changes{map[memberName]bool{}, map[memberName]bool{}, map[location]bool{}}
	for n, value := range members {
		at, err := sealed(tx, n.org, n.kind, n.key, n.member)
		if err != nil {
			return nil, nil, err
		}
		v, err := sealed(tx, n.org, n.kind, n.key, n.member, value)
		if err != nil {
			return nil, nil, err
		}
		last, known := before[at]
		hashes[at], c.known[n], c.names[n] = v, known, !known || last != v
	}
	return hashes, c, nil
}

// sealed stands for texts without holding any of them in clear.
func sealed(tx *world.Tx, texts ...string) (string, error) {
	raw, err := json.Marshal(texts)
	return base64.RawStdEncoding.EncodeToString(tx.Fingerprint(raw)), err
}
