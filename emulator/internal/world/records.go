package world

import (
	"encoding/json"
	"maps"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The records of the catalog: reading one when it is asked for, and forgetting what is written. A record that does not
// exist is read again each time, because anybody may ask for names. An error makes the transaction fail at its end; see
// Tx.failed.

// find returns the record that a reference stands for, nil if there is none.
func find[T any](c *catalog, known map[string]*T, ref string, load func(*Tx) (*T, []string, error)) *T {
	if found := known[ref]; found != nil || ref == "" {
		return found
	}
	org := c.tx.Org
	c.tx.Org = c.id
	found, names, err := load(c.tx)
	c.tx.Org = org
	if err != nil {
		c.tx.fail(err)
		return nil
	}
	if found != nil {
		known[ref] = found
		for _, name := range names {
			known[name] = found
		}
	}
	return found
}

// template returns a Template by its id or key, nil if there is none. The caller must not change it.
func (c *catalog) template(ref string) *store.Template {
	return find(c, c.templates, ref, func(tx *Tx) (*store.Template, []string, error) {
		t, err := tx.Template(ref)
		if t == nil {
			return nil, nil, err
		}
		return t, []string{t.ID, t.Key}, err
	})
}

// group returns a SubscriptionGroup by its id or key, nil if there is none.
func (c *catalog) group(ref string) *store.SubscriptionGroup {
	return find(c, c.groups, ref, func(tx *Tx) (*store.SubscriptionGroup, []string, error) {
		group, err := tx.SubscriptionGroup(ref)
		if group == nil {
			return nil, nil, err
		}
		return group, []string{group.ID, group.Key}, err
	})
}

// segment returns a Segment by its id or key, nil if there is none.
func (c *catalog) segment(ref string) *segment {
	return find(c, c.segments, ref, func(tx *Tx) (*segment, []string, error) {
		stored, err := tx.Segment(ref)
		if stored == nil {
			return nil, nil, err
		}
		return parsedSegment(*stored), []string{stored.ID, stored.Key}, err
	})
}

func parsedSegment(stored store.Segment) *segment {
	s := &segment{Segment: stored}
	if s.Definition != nil {
		s.cond, _ = cond.ParseJSON(s.Definition)
	}
	return s
}

// allSegments reads all Segments, by key.
func (c *catalog) allSegments() ([]*segment, error) {
	stored, err := c.tx.Segments()
	all := make([]*segment, len(stored))
	for i := range stored {
		if all[i] = c.segments[stored[i].ID]; all[i] == nil {
			all[i] = parsedSegment(stored[i])
			c.segments[stored[i].ID], c.segments[stored[i].Key] = all[i], all[i]
		}
	}
	return all, err
}

// domain returns a domain by its name, nil if there is none.
func (c *catalog) domain(name string) *store.Domain {
	return find(c, c.domains, name, func(tx *Tx) (*store.Domain, []string, error) {
		domain, err := tx.Domain(name)
		return domain, nil, err
	})
}

// verified reports whether a domain is a verified one of the Organization.
func (c *catalog) verified(name string) bool {
	domain := c.domain(name)
	return domain != nil && domain.Status == store.Verified
}

// dmarc reports whether a domain has a DMARC policy.
func (c *catalog) dmarc(name string) bool {
	domain := c.domain(name)
	return domain != nil && domain.DMARC
}

// sender returns a SenderProfile by its id, its key or its lower-case email, nil if there is none.
func (c *catalog) sender(ref string) *sender {
	return find(c, c.senders, ref, func(tx *Tx) (*sender, []string, error) {
		profile, err := tx.SenderProfile(ref)
		if profile == nil {
			return nil, nil, err
		}
		return c.withDomain(*profile), []string{profile.ID, profile.Key}, err
	})
}

// defaultSender is a name that no reference has.
const defaultSender = "\x00"

// fallback returns the default SenderProfile, nil if there is none.
func (c *catalog) fallback() *sender {
	return find(c, c.senders, defaultSender, func(tx *Tx) (*sender, []string, error) {
		profile, err := tx.DefaultSender()
		if profile == nil {
			return nil, nil, err
		}
		return c.withDomain(*profile), nil, err
	})
}

func (c *catalog) withDomain(profile store.SenderProfile) *sender {
	return &sender{profile, c.verified(mail.Domain(profile.Email))}
}

// fail makes the transaction fail at its end. The first error counts.
func (tx *Tx) fail(err error) {
	if tx.failed == nil {
		tx.failed = err
	}
}

// changing notes that the act writes something that is cached, or that a scheduled carrier may be bound to. It returns
// what is cached of the Organization, nil if nothing is.
func (tx *Tx) changing() *catalog {
	tx.w.changed = true
	return tx.w.catalogs[tx.Org]
}

// PutDomain stores a domain.
func (tx *Tx) PutDomain(domain store.Domain) error {
	if c := tx.changing(); c != nil {
		c.forgetSenders()
	}
	return tx.Tx.PutDomain(domain)
}

// PutSenderProfile stores a SenderProfile.
func (tx *Tx) PutSenderProfile(sender store.SenderProfile) error {
	if c := tx.changing(); c != nil {
		c.forgetSenders()
	}
	return tx.Tx.PutSenderProfile(sender)
}

func (c *catalog) forgetSenders() {
	c.senders, c.domains = map[string]*sender{}, map[string]*store.Domain{}
}

// PutSubscriptionGroup stores a SubscriptionGroup.
func (tx *Tx) PutSubscriptionGroup(group store.SubscriptionGroup) error {
	if c := tx.changing(); c != nil {
		delete(c.groups, group.ID)
		delete(c.groups, group.Key)
	}
	return tx.Tx.PutSubscriptionGroup(group)
}

// PutNewsletter stores a Newsletter. Issues use it.
func (tx *Tx) PutNewsletter(newsletter store.Newsletter) error {
	tx.changing()
	return tx.Tx.PutNewsletter(newsletter)
}

// PutTemplate stores a Template.
func (tx *Tx) PutTemplate(t store.Template, definition json.RawMessage) error {
	tx.forgetTemplate(t)
	return tx.Tx.PutTemplate(t, definition)
}

// forgetTemplate forgets a Template that is being written. Its key does not change.
func (tx *Tx) forgetTemplate(t store.Template) {
	if c := tx.changing(); c != nil {
		delete(c.templates, t.ID)
		delete(c.templates, t.Key)
	}
}

// forgetSegments forgets Segments that were written, and what was known of conditions that read them. Their keys do not
// change.
func (c *catalog) forgetSegments(drafts []SegmentDraft) {
	c.forgetSizes()
	edited := map[string]bool{}
	for _, draft := range drafts {
		edited[draft.ID] = true
	}
	maps.DeleteFunc(c.reads, func(_ *cond.Cond, reads *readSet) bool {
		for id := range reads.segments {
			if edited[id] {
				return true
			}
		}
		return false
	})
	for _, draft := range drafts {
		c.refer(draft.ID, false)
		delete(c.segments, draft.ID)
		delete(c.segments, draft.Key)
	}
	for _, draft := range drafts {
		c.refer(draft.ID, true)
	}
	if c.listeners != nil {
		for _, draft := range drafts {
			c.listeners.reread(c, draft.ID)
		}
	}
}

// referrers returns the Segments that refer to a Segment directly, by id.
func (c *catalog) referrers() (map[string]map[string]bool, error) {
	if c.referring != nil {
		return c.referring, nil
	}
	saved, err := c.allSegments()
	if err != nil {
		return nil, err
	}
	c.referring = map[string]map[string]bool{}
	for _, s := range saved {
		c.refer(s.ID, true)
	}
	return c.referring, nil
}

// refer notes to which Segments a Segment refers, or forgets it.
func (c *catalog) refer(id string, refers bool) {
	if c.referring == nil {
		return
	}
	s := c.segment(id)
	if s == nil || s.cond == nil {
		return
	}
	for _, ref := range s.cond.Reads().Segments {
		to := c.segment(ref)
		if to == nil {
			continue
		}
		if c.referring[to.ID] == nil {
			c.referring[to.ID] = map[string]bool{}
		}
		if refers {
			c.referring[to.ID][id] = true
		} else {
			delete(c.referring[to.ID], id)
		}
	}
}

// forgetSizes forgets the sizes of Segments.
func (c *catalog) forgetSizes() {
	c.segmentSize = cond.Sizes(func(ref string) *cond.Cond {
		if s := c.segment(ref); s != nil {
			return s.cond
		}
		return nil
	})
}

// forgetJourney forgets a Journey that was written. before is the Journey as it was.
func (c *catalog) forgetJourney(tx *Tx, before, after *store.Journey) error {
	delete(c.journeys, after.ID)
	c.live = nil
	delete(c.entered, before.EntryEvent)
	delete(c.entered, after.EntryEvent)
	if c.watching != nil {
		if err := c.watch(store.JourneyVersion{ID: after.ID, Version: after.Version}); err != nil {
			return err
		}
	}
	if c.listeners == nil {
		return nil
	}
	c.listeners.remove(before.EntrySegment, after.ID)
	if after.Status != store.Active || after.EntrySegment == "" {
		return nil
	}
	stored, err := tx.journey(after.ID)
	if err == nil && stored != nil {
		c.listeners.add(c, stored)
	}
	return err
}
