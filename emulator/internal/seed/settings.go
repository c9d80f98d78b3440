package seed

import (
	"cmp"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// This file applies the Organization and what it sends with.

// organization finds or creates the Organization that owns the rest of the seed, and makes it the transaction's.
func (s *seeding) organization(seed *Seed) error {
	given, at := seed.Organization, s.base+"/organization"
	s.tx.Org = s.organizationID(given.ID, at)
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
	if given.Name != "" {
		known.Name = given.Name
	}
	if given.PostalAddress != "" {
		known.PostalAddress = given.PostalAddress
	}
	if given.Timezone != "" {
		if zone.Load(given.Timezone) == nil {
			s.report(at+"/timezone", "must be an IANA time zone such as Europe/Berlin, not %q", given.Timezone)
		}
		known.Timezone = given.Timezone
	}

	if s.applies(at, memberName{org: s.tx.Org, kind: "organization"}) {
		if err := s.tx.SaveOrganization(*known); err != nil {
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
		s.report(at+"/id", "is required: a UUID that identifies this Organization")
	}
	org := organizationOf(s.base, id, s.first)
	if further {
		s.prefix = org + "/"
	}
	return org
}

func (s *seeding) users(seed *Seed) error {
	for i, given := range seed.Users {
		at := s.at("users", i)
		if s.skips("user", at, given.Key) {
			continue
		}
		id, err := s.itemID("user", at, given.Key, given.ID)
		if err != nil {
			return err
		}
		s.email(at+"/email", given.Email)
		user := world.User{
			ID:    id,
			Key:   cmp.Or(given.Key, at),
			Email: strings.ToLower(given.Email),
			Name:  cmp.Or(given.Name, given.Email),
		}
		if err := s.tx.PutUser(user); err != nil {
			return err
		}
	}
	return nil
}

// email reports an email that is missing or invalid.
func (s *seeding) email(at, email string) {
	switch {
	case email == "":
		s.report(at, "is required")
	case mail.TooLong(email):
		s.report(at, "%v", mail.ErrLong)
	case !mail.ValidEmail(email):
		s.report(at, "must be an email address such as alex@example.com")
	}
}

// apiKeys applies API keys. Its reports never contain a key, because it is a secret.
func (s *seeding) apiKeys(seed *Seed) error {
	for i, given := range seed.APIKeys {
		at := s.at("apiKeys", i)
		applies := s.applies(at, memberName{org: s.tx.Org, kind: "apiKey", key: given.Key})
		owner := cmp.Or(s.secrets[given.Key], s.tx.KeyOwner(given.Key))
		seenAt := s.seen["apiKey:"+given.Key]
		switch {
		case given.Key == "":
			s.report(at+"/key", "is required: the secret itself")
		case given.Key == world.DefaultAPIKey:
			s.report(at+"/key", "always exists and has every scope; remove it from the seed")
		case seenAt != "":
			s.report(at+"/key", "is given twice; it is also at %s", seenAt)
		case owner != "" && owner != s.tx.Org:
			s.report(at+"/key", "belongs to another Organization")
		}
		s.secrets[given.Key], s.seen["apiKey:"+given.Key] = s.tx.Org, at+"/key"
		if !applies {
			continue
		}

		for k, scope := range given.Scopes {
			s.oneOf(cond.Nth(at+"/scopes", k), scope, Words("apiKeys", "scopes")...)
		}
		key := world.APIKey{
			Secret:     given.Key,
			Label:      given.Label,
			Scopes:     append([]string{}, given.Scopes...),
			AllowSends: given.AllowSends,
		}
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
		if s.skips("domain", at, name) {
			continue
		}
		id, err := s.itemID("domain", at, name, d.ID)
		if err != nil {
			return err
		}
		if name != "" && !mail.ValidEmail("a@"+name) {
			s.report(at+"/domain", "must be a domain name such as example.com")
		}
		domain := world.Domain{ID: id, Domain: cmp.Or(name, at), DMARC: d.DMARC == nil || *d.DMARC}
		domain.Status = s.oneOf(at+"/status", cmp.Or(d.Status, world.Verified), Words("domains", "status")...)
		if err := s.tx.PutDomain(domain); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) senderProfiles(seed *Seed) error {
	oneDefault(s, "senderProfiles", "SenderProfile", seed.SenderProfiles,
		func(sender SenderProfile) bool { return sender.Default })
	for i, sender := range seed.SenderProfiles {
		at := s.at("senderProfiles", i)
		if s.skips("senderProfile", at, sender.Key) {
			continue
		}
		id, err := s.itemID("senderProfile", at, sender.Key, sender.ID)
		if err != nil {
			return err
		}
		s.email(at+"/email", sender.Email)
		profile := world.SenderProfile{
			ID:      id,
			Key:     cmp.Or(sender.Key, at),
			Name:    cmp.Or(sender.Name, sender.Key),
			Email:   sender.Email,
			Default: sender.Default,
		}
		if err := s.tx.PutSenderProfile(profile); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) subscriptionGroups(seed *Seed) error {
	for i, given := range seed.SubscriptionGroups {
		at := s.at("subscriptionGroups", i)
		if s.skips("subscriptionGroup", at, given.Key) {
			continue
		}
		id, err := s.itemID("subscriptionGroup", at, given.Key, given.ID)
		if err != nil {
			return err
		}
		group := world.SubscriptionGroup{ID: id, Key: cmp.Or(given.Key, at), Name: cmp.Or(given.Name, given.Key)}
		group.Policy = s.oneOf(at+"/policy", given.Policy, Words("subscriptionGroups", "policy")...)
		if err := s.tx.PutSubscriptionGroup(group); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) newsletters(seed *Seed) error {
	for i, given := range seed.Newsletters {
		at := s.at("newsletters", i)
		if s.skips("newsletter", at, given.Key) {
			continue
		}
		id, err := s.itemID("newsletter", at, given.Key, given.ID)
		if err != nil {
			return err
		}

		newsletter := world.Newsletter{
			ID:      id,
			Key:     cmp.Or(given.Key, at),
			Name:    cmp.Or(given.Name, given.Key),
			Cadence: given.Cadence,
		}
		newsletter.SubscriptionGroupID, err = s.requiredRef(
			"subscriptionGroup", at+"/subscriptionGroup", given.SubscriptionGroup)
		if err != nil {
			return err
		}
		newsletter.SenderProfileID, err = s.requiredRef("senderProfile", at+"/senderProfile", given.SenderProfile)
		if err != nil {
			return err
		}
		if given.Template != "" {
			newsletter.TemplateID, err = s.ref("template", at+"/template", given.Template)
			if err != nil {
				return err
			}
		}
		if err := s.tx.PutNewsletter(newsletter); err != nil {
			return err
		}
	}
	return nil
}
