package seed

import (
	"cmp"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What a seed says of the Organization and what it sends with.

// apiScopes are what an API key may be allowed.
var apiScopes = []string{
	"*", "emails:read", "emails:write", "events:write", "journeys:trigger", "journeys:read", "profiles:read", "profiles:write",
	"templates:read", "templates:write", "segments:read", "broadcasts:create", "broadcasts:prepare", "broadcasts:read",
	"broadcasts:cancel", "broadcasts:send", "newsletters:read", "newsletters:write", "newsletters:prepare", "newsletters:send",
	"newsletters:cancel", "assets:read", "assets:write", "brand-kit:read", "brand-kit:write",
}

// organization finds or makes the Organization that the rest belongs to, and turns the transaction to it.
func (s *seeding) organization(seed *Seed) error {
	o, at := seed.Organization, s.base+"/organization"
	s.tx.Org = s.organizationID(o.ID, at)
	if first := s.orgs[s.tx.Org]; first != "" {
		s.report(at+"/id", "is given twice; it is also at %s", first)
	}
	s.orgs[s.tx.Org] = at + "/id"
	known, err := s.tx.Organization()
	if err != nil {
		return err
	}
	if known == nil {
		known = &world.Organization{ID: s.tx.Org, Name: "Organization", Timezone: "UTC"}
	}
	if o.Name != "" {
		known.Name = o.Name
	}
	if o.PostalAddress != "" {
		known.PostalAddress = o.PostalAddress
	}
	if o.Timezone != "" {
		if _, err := time.LoadLocation(o.Timezone); err != nil || o.Timezone == "Local" {
			s.report(at+"/timezone", "must be an IANA time zone such as Europe/Berlin, not %q", o.Timezone)
		}
		known.Timezone = o.Timezone
	}
	if s.wants(at, memberName{org: s.tx.Org, kind: "organization"}) {
		if err := s.tx.PutOrganization(*known); err != nil {
			return err
		}
	}
	if s.first != "" {
		return nil
	}
	s.first = s.tx.Org
	return s.tx.PutWorld()
}

func (s *seeding) organizationID(id, at string) string {
	further := s.base != ""
	switch {
	case isID(id):
	case id != "":
		s.report(at+"/id", "must be a UUID")
	case further:
		s.report(at+"/id", "is required: a UUID that tells this Organization from the others")
	}
	org := organizationOf(s.base, id, s.first)
	if further {
		s.prefix = org + "/"
	}
	return org
}

func (s *seeding) users(seed *Seed) error {
	for i, u := range seed.Users {
		at := s.at("users", i)
		if s.passes("user", at, u.Key) {
			continue
		}
		id, err := s.thing("user", at, u.Key, u.ID)
		if err != nil {
			return err
		}
		s.email(at+"/email", u.Email)
		user := world.User{ID: id, Key: cmp.Or(u.Key, at), Email: strings.ToLower(u.Email), Name: cmp.Or(u.Name, u.Email)}
		if err := s.tx.PutUser(user); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) email(at, email string) {
	switch {
	case email == "":
		s.report(at, "is required")
	case !mail.ValidEmail(email):
		s.report(at, "must be an email address such as alex@example.com")
	}
}

// apiKeys never shows a key in a report: it is a secret.
func (s *seeding) apiKeys(seed *Seed) error {
	for i, k := range seed.APIKeys {
		at := s.at("apiKeys", i)
		wanted := s.wants(at, memberName{org: s.tx.Org, kind: "apiKey", key: k.Key})
		owner := cmp.Or(s.secrets[k.Key], s.tx.KeyOwner(k.Key))
		switch {
		case k.Key == "":
			s.report(at+"/key", "is required: the secret itself")
		case k.Key == world.DefaultAPIKey:
			s.report(at+"/key", "always exists, with every scope; leave it out")
		case s.seen["apiKey:"+k.Key] != "":
			s.report(at+"/key", "is given twice; it is also at %s", s.seen["apiKey:"+k.Key])
		case owner != "" && owner != s.tx.Org:
			s.report(at+"/key", "belongs to another Organization")
		}
		s.secrets[k.Key], s.seen["apiKey:"+k.Key] = s.tx.Org, at+"/key"
		if !wanted {
			continue
		}
		for j, scope := range k.Scopes {
			s.oneOf(cond.Nth(at+"/scopes", j), scope, apiScopes...)
		}
		key := world.APIKey{Secret: k.Key, Label: k.Label, Scopes: append([]string{}, k.Scopes...), AllowSends: k.AllowSends}
		if err := s.tx.AddAPIKey(key); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) domains(seed *Seed) error {
	for i, d := range seed.Domains {
		at := s.at("domains", i)
		name := strings.ToLower(d.Domain)
		if s.passes("domain", at, name) {
			continue
		}
		id, err := s.thing("domain", at, name, d.ID)
		if err != nil {
			return err
		}
		if name != "" && !mail.ValidEmail("a@"+name) {
			s.report(at+"/domain", "must be a domain name such as example.com")
		}
		domain := world.Domain{ID: id, Domain: cmp.Or(name, at), DMARC: d.DMARC == nil || *d.DMARC}
		domain.Status = s.oneOf(at+"/status", cmp.Or(d.Status, world.Verified), world.Verified, "pending", "failed")
		if err := s.tx.PutDomain(domain); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) senderProfiles(seed *Seed) error {
	chosen := ""
	for i, p := range seed.SenderProfiles {
		at := s.at("senderProfiles", i)
		if p.Default && chosen != "" {
			s.report(at+"/default", "there is one default; it is also at %s", chosen)
		}
		if p.Default {
			chosen = at + "/default"
		}
	}
	for i, p := range seed.SenderProfiles {
		at := s.at("senderProfiles", i)
		if s.passes("senderProfile", at, p.Key) {
			continue
		}
		id, err := s.thing("senderProfile", at, p.Key, p.ID)
		if err != nil {
			return err
		}
		s.email(at+"/email", p.Email)
		profile := world.SenderProfile{ID: id, Key: cmp.Or(p.Key, at), Name: cmp.Or(p.Name, p.Key), Email: p.Email, Default: p.Default}
		if err := s.tx.PutSenderProfile(profile); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) subscriptionGroups(seed *Seed) error {
	for i, g := range seed.SubscriptionGroups {
		at := s.at("subscriptionGroups", i)
		if s.passes("subscriptionGroup", at, g.Key) {
			continue
		}
		id, err := s.thing("subscriptionGroup", at, g.Key, g.ID)
		if err != nil {
			return err
		}
		group := world.SubscriptionGroup{ID: id, Key: cmp.Or(g.Key, at), Name: cmp.Or(g.Name, g.Key)}
		group.Policy = s.oneOf(at+"/policy", g.Policy, world.OptIn, world.OptOut)
		if err := s.tx.PutSubscriptionGroup(group); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) newsletters(seed *Seed) error {
	for i, n := range seed.Newsletters {
		at := s.at("newsletters", i)
		if s.passes("newsletter", at, n.Key) {
			continue
		}
		id, err := s.thing("newsletter", at, n.Key, n.ID)
		if err != nil {
			return err
		}
		letter := world.Newsletter{ID: id, Key: cmp.Or(n.Key, at), Name: cmp.Or(n.Name, n.Key), Cadence: n.Cadence}
		if letter.SubscriptionGroupID, err = s.needed("subscriptionGroup", at+"/subscriptionGroup", n.SubscriptionGroup); err != nil {
			return err
		}
		if letter.SenderProfileID, err = s.needed("senderProfile", at+"/senderProfile", n.SenderProfile); err != nil {
			return err
		}
		if n.Template != "" {
			if letter.TemplateID, err = s.ref("template", at+"/template", n.Template); err != nil {
				return err
			}
		}
		if err := s.tx.PutNewsletter(letter); err != nil {
			return err
		}
	}
	return nil
}
