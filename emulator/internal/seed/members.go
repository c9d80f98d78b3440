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

// This file splits seeds into members. Each property, subscription and identifier of a Profile is a member; everything
// else is a member as a whole.

// memberValues collects the last value of each member in the seeds, as canonical JSON. Relative times stay as they are
// written. The value is "" where the seeds have no valid one, such as a key that one seed has twice.
type memberValues struct {
	first    string // the world's first Organization
	values   map[memberName]string
	index    int                // of the current seed
	indexes  map[memberName]int // of the seed that has the last value
	statuses map[memberName]string
	orgs     map[string]Organization
}

func membersOfSeeds(seeds []Seed, first string) map[memberName]string {
	m := &memberValues{
		first:    first,
		values:   map[memberName]string{},
		indexes:  map[memberName]int{},
		statuses: map[memberName]string{},
		orgs:     map[string]Organization{},
	}
	for i := range seeds {
		m.index = i
		m.seed(&seeds[i], "")
	}
	return m.values
}

func (m *memberValues) seed(seed *Seed, base string) {
	org := organizationOf(base, seed.Organization.ID, m.first)
	m.add(org, "organization", "", m.organization(org, seed.Organization))
	m.sending(org, seed)
	for _, t := range seed.Templates {
		t.Status = m.status(memberName{org: org, kind: "template", key: t.Key}, t.Status)
		m.add(org, "template", t.Key, t)
	}
	for _, segment := range seed.Segments {
		m.add(org, "segment", segment.Key, segment)
	}
	for _, j := range seed.Journeys {
		j.Status = m.status(memberName{org: org, kind: "journey", key: j.Key}, j.Status)
		m.add(org, "journey", j.Key, j)
	}
	for _, newsletter := range seed.Newsletters {
		m.add(org, "newsletter", newsletter.Key, newsletter)
	}
	for _, p := range seed.Profiles {
		m.profile(org, p)
	}
	for i, ev := range seed.Events {
		name := memberName{org: org, kind: "event", key: eventKey(ev, i)}
		_, taken := m.values[name]
		m.put(name, ev)
		if taken && ev.Key == "" {
			m.values[name] = ""
		}
	}
	for i := range seed.Organizations {
		m.seed(&seed.Organizations[i], cond.Nth(base+"/organizations", i))
	}
}

// sending adds what an Organization sends with, and who may send.
func (m *memberValues) sending(org string, seed *Seed) {
	for _, user := range seed.Users {
		m.add(org, "user", user.Key, user)
	}
	for _, key := range seed.APIKeys {
		m.add(org, "apiKey", key.Key, key)
	}
	for _, d := range seed.Domains {
		m.add(org, "domain", strings.ToLower(d.Domain), d)
	}
	for _, sender := range seed.SenderProfiles {
		m.add(org, "senderProfile", sender.Key, sender)
	}
	for _, group := range seed.SubscriptionGroups {
		m.add(org, "subscriptionGroup", group.Key, group)
	}
	for _, site := range seed.Websites {
		m.add(org, "website", site.Key, site)
	}
	for _, kit := range seed.BrandKits {
		m.add(org, "brandKit", kit.Key, kit)
	}
	for _, asset := range seed.Assets {
		m.add(org, "asset", asset.Key, asset)
	}
}

func (m *memberValues) profile(org string, p Profile) {
	put := func(member string, v any) {
		m.put(memberName{org, "profile", strings.ToLower(p.Email), member}, v)
	}
	put("", strings.ToLower(p.ID))
	for at, text := range profileTexts(&p) {
		if *text != "" {
			put(at, *text)
		}
	}
	for name, v := range p.Properties {
		put(cond.Below("/properties", name), v)
	}
	for ref, status := range p.Subscriptions {
		put(cond.Below("/subscriptions", ref), status)
	}
}

func (m *memberValues) add(org, kind, key string, v any) {
	m.put(memberName{org: org, kind: kind, key: key}, v)
}

func (m *memberValues) put(name memberName, v any) {
	value, err := cond.Canonical(v)
	if index, known := m.indexes[name]; err != nil || known && index == m.index {
		value = nil
	}
	m.values[name], m.indexes[name] = string(value), m.index
}

// status returns the last status given, because a seed without one leaves it as it is.
func (m *memberValues) status(name memberName, given string) string {
	m.statuses[name] = cmp.Or(given, m.statuses[name])
	return m.statuses[name]
}

// organization merges an Organization of a seed with that of earlier seeds.
func (m *memberValues) organization(id string, given Organization) Organization {
	before := m.orgs[id]
	m.orgs[id] = Organization{
		ID:            id,
		Name:          cmp.Or(given.Name, before.Name),
		Timezone:      cmp.Or(given.Timezone, before.Timezone),
		PostalAddress: cmp.Or(given.PostalAddress, before.PostalAddress),
	}
	return m.orgs[id]
}

// eventKey returns what identifies an event: its key, or else its place in the list.
func eventKey(ev Event, i int) string { return cmp.Or(ev.Key, fmt.Sprintf("#%d", i)) }

// hashMembers returns the fingerprints of members, as they are stored, and what differs from the stored ones.
func hashMembers(
	tx *world.Tx, members map[memberName]string, before map[string]string,
) (map[string]string, *changes, error) {
	hashes := map[string]string{}
	c := &changes{map[memberName]bool{}, map[memberName]bool{}, map[location]bool{}}
	for name, value := range members {
		at, err := fingerprint(tx, name.org, name.kind, name.key, name.member)
		if err != nil {
			return nil, nil, err
		}
		hash, err := fingerprint(tx, name.org, name.kind, name.key, name.member, value)
		if err != nil {
			return nil, nil, err
		}
		last, known := before[at]
		hashes[at], c.known[name], c.names[name] = hash, known, !known || last != hash
	}
	return hashes, c, nil
}

// fingerprint returns a value that identifies texts and does not reveal them.
func fingerprint(tx *world.Tx, texts ...string) (string, error) {
	raw, err := json.Marshal(texts)
	return base64.RawStdEncoding.EncodeToString(tx.Fingerprint(raw)), err
}
