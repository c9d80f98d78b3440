package seed

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file applies Profiles and events.

func (s *seeding) profiles(seed *Seed) error {
	if err := s.freeExternalIDs(seed); err != nil {
		return err
	}
	for i, p := range seed.Profiles {
		if err := s.profile(s.at("profiles", i), p); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) profile(at string, p Profile) error {
	email := strings.ToLower(p.Email)
	something, known := s.keepChanges(at, &p)
	if !something {
		s.checkOnce("profile", email, at+"/email")
		return nil
	}
	if known {
		if gone, err := s.tx.IDOf("profile", email); gone == "" || err != nil {
			s.checkOnce("profile", email, at+"/email")
			s.report(at, "there is no profile %q any more", email)
			return err
		}
	}

	id, err := s.itemID("profile", at, email, p.ID)
	if err != nil {
		return err
	}
	if email != "" {
		s.email(at+"/email", email)
	}
	saved, err := s.tx.Profile(id)
	if err != nil {
		return err
	}
	changed := saved == nil
	if changed {
		saved = &world.Profile{ID: id, Email: cmp.Or(email, at)}
	}

	properties, err := cond.DecodeObject(s.object(at+"/properties", p.Properties))
	if err != nil {
		return err
	}
	merged, err := s.tx.MergeProperties(saved, properties, world.SourceSeed)
	if err != nil {
		return err
	}
	identified, err := s.setIdentifiers(at, saved, &p)
	if err != nil {
		return err
	}

	if changed || merged || identified {
		if err := s.tx.SaveProfile(saved, world.SourceSeed); err != nil {
			return err
		}
		if err := s.tx.ProfileChanged(saved); err != nil {
			return err
		}
	}
	return s.consent(at, saved, p)
}

// setIdentifiers sets the external id and the phone of a Profile, and reports whether one of them changed.
func (s *seeding) setIdentifiers(at string, saved *world.Profile, p *Profile) (changed bool, err error) {
	if p.ExternalID != "" && p.ExternalID != saved.ExternalID {
		owner, err := s.tx.ProfileByExternalID(p.ExternalID)
		if err != nil {
			return false, err
		}
		if owner == nil {
			saved.ExternalID, changed = p.ExternalID, true
		} else {
			s.report(at+"/externalId", "belongs to the profile %q", owner.Email)
		}
	}
	if p.Phone != "" && p.Phone != saved.Phone {
		saved.Phone, changed = p.Phone, true
	}
	return changed, nil
}

// consent saves the subscriptions of a Profile, and whether its address is suppressed.
func (s *seeding) consent(at string, saved *world.Profile, p Profile) error {
	for _, ref := range slices.Sorted(maps.Keys(p.Subscriptions)) {
		place := cond.Below(at+"/subscriptions", ref)
		status := s.oneOf(place, p.Subscriptions[ref], Words("profiles", "subscriptions")...)
		group, err := s.ref("subscriptionGroup", place, ref)
		if err != nil {
			return err
		}
		if group == "" {
			continue
		}
		if err := s.tx.Choose(saved.ID, group, status, world.SourceSeed); err != nil {
			return err
		}
	}
	if p.Suppressed == "" {
		return nil
	}
	reason := s.oneOf(at+"/suppressed", p.Suppressed, Words("profiles", "suppressed")...)
	return s.tx.Suppress(saved.Email, reason)
}

func (s *seeding) events(seed *Seed) error {
	for i, ev := range seed.Events {
		at, key := s.at("events", i), eventKey(ev, i)
		s.checkOnce("event", key, cond.Below(at, "key"))
		id := world.ComputedID(s.tx.Org, "event", key)
		if ev.Key != "" {
			s.addID("event", key, id)
		} else if index, taken := s.eventsOf[id]; taken && index != s.index {
			s.report(at+"/key", "is required, because another seed has an event without a key in the same place")
		}
		s.eventsOf[id] = s.index
		if !s.applies(at, memberName{org: s.tx.Org, kind: "event", key: key}) {
			continue
		}
		if err := s.event(at, id, ev); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) event(at, id string, ev Event) error {
	if length := utf8.RuneCountInString(ev.Event); length < 1 || length > 255 {
		s.report(at+"/event", "is required: a name of 1 to 255 characters")
	}
	profile, err := s.requiredRef("profile", at+"/profile", ev.Profile)
	if err != nil {
		return err
	}
	stored := world.UserEvent{ID: id, ProfileID: profile, Event: ev.Event, Data: s.object(at+"/data", ev.Data)}
	stored.OccurredAt = s.parseTime(at+"/occurredAt", ev.OccurredAt, func() (zone *time.Location) {
		zone, err = s.tx.LocalZone(profile)
		return zone
	})
	if err != nil {
		return err
	}
	if err := s.tx.PutEvent(stored); err != nil {
		return err
	}
	return s.tx.NotePastEvent(profile, ev.Event)
}

// parseTime parses an absolute time, or one relative to the emulator's start. An empty text means the start itself. A
// date, and a date-time without a zone, are local.
func (s *seeding) parseTime(at, text string, local func() *time.Location) time.Time {
	if strings.HasPrefix(strings.TrimLeft(text, "+-"), "P") {
		offset, err := cond.ParseSignedDuration(text)
		if err != nil {
			s.report(at, "%v", err)
		}
		return s.inRange(at, s.start.Add(offset).Truncate(time.Millisecond))
	}
	parsed, ok := cond.Clock{Zone: local}.ParseTime(text)
	switch {
	case text == "":
		return s.start
	case !ok:
		s.report(at, "must be an ISO date or date-time such as 2026-03-01T09:00:00Z, "+
			"or a duration relative to the start such as -P10D")
		return s.start
	}
	return s.inRange(at, parsed)
}

// inRange reports a time that no timestamp can express.
func (s *seeding) inRange(at string, parsed time.Time) time.Time {
	if parsed.Year() < 0 || parsed.After(cond.LastInstant) {
		s.report(at, "must be in the years 0 to 9999")
		return s.start
	}
	return parsed
}

// freeExternalIDs removes the external ids of Profiles that get other ones, so that Profiles can exchange external ids
// in any order.
func (s *seeding) freeExternalIDs(seed *Seed) error {
	if s.differs == nil {
		return nil
	}
	for i, p := range seed.Profiles {
		at, email := s.at("profiles", i), strings.ToLower(p.Email)
		name := memberName{s.tx.Org, "profile", email, "/externalId"}
		if p.ExternalID == "" || s.differs.left[location{s.index, at}] || !s.applies(at+"/externalId", name) {
			continue
		}
		saved, err := s.tx.ProfileByEmail(email)
		if err != nil {
			return err
		}
		if saved == nil || saved.ExternalID == "" || saved.ExternalID == p.ExternalID {
			continue
		}
		saved.ExternalID = ""
		if err := s.tx.SaveProfile(saved, world.SourceSeed); err != nil {
			return err
		}
	}
	return nil
}
