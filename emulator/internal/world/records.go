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

// find returns the record that a reference stands for, nil if there is none. names are its id and key.
func find[T any](
	c *catalog, known map[string]*T, ref string, load func(*store.Tx, string) (*T, error), names func(*T) []string,
) *T {
	if found := known[ref]; found != nil || ref == "" {
		return found
	}
	org := c.tx.Org
	c.tx.Org = c.id
	found, err := load(&c.tx.Tx, ref)
	c.tx.Org = org
	if err != nil {
		c.tx.fail(err)
		return nil
	}
	if found != nil {
		for _, name := range append(names(found), ref) {
			known[name] = found
		}
	}
	return found
}

// template returns a Template by its id or key, nil if there is none. The caller must not change it.
func (c *catalog) template(ref string) *store.Template {
	return find(c, c.templates, ref, (*store.Tx).Template,
		func(t *store.Template) []string { return []string{t.ID, t.Key} })
}

// group returns a SubscriptionGroup by its id or key, nil if there is none.
func (c *catalog) group(ref string) *store.SubscriptionGroup {
	return find(c, c.groups, ref, (*store.Tx).SubscriptionGroup,
		func(group *store.SubscriptionGroup) []string { return []string{group.ID, group.Key} })
}

// segment returns a Segment by its id or key, nil if there is none.
func (c *catalog) segment(ref string) *segment {
	load := func(tx *store.Tx, ref string) (*segment, error) {
		stored, err := tx.Segment(ref)
		if stored == nil {
			return nil, err
		}
		return parsedSegment(*stored), err
	}
	return find(c, c.segments, ref, load, func(s *segment) []string { return []string{s.ID, s.Key} })
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
	return find(c, c.domains, name, (*store.Tx).Domain, func(*store.Domain) []string { return nil })
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
	return c.findSender(ref, (*store.Tx).SenderProfile,
		func(from *sender) []string { return []string{from.ID, from.Key} })
}

// defaultSender is a name that no reference has.
const defaultSender = "\x00"

// fallback returns the default SenderProfile, nil if there is none.
func (c *catalog) fallback() *sender {
	load := func(tx *store.Tx, _ string) (*store.SenderProfile, error) { return tx.DefaultSender() }
	return c.findSender(defaultSender, load, func(*sender) []string { return nil })
}

func (c *catalog) findSender(
	ref string, load func(*store.Tx, string) (*store.SenderProfile, error), names func(*sender) []string,
) *sender {
	return find(c, c.senders, ref, func(tx *store.Tx, ref string) (*sender, error) {
		profile, err := load(tx, ref)
		if profile == nil {
			return nil, err
		}
		return &sender{*profile, c.verified(mail.Domain(profile.Email))}, err
	}, names)
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

// Forget drops what is cached of all Organizations. Code that writes something cached must call it, or one of the
// methods below that drop less. What never changes stays.
func (tx *Tx) Forget() {
	tx.w.changed = true
	tx.w.catalogs = map[string]*catalog{}
	tx.w.tallies.Clear()
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
	edited := make([]cond.Topic, len(drafts))
	for i, draft := range drafts {
		edited[i] = cond.Topic{Kind: cond.TopicSegment, Name: draft.ID}
		delete(c.segments, draft.ID)
		delete(c.segments, draft.Key)
	}
	maps.DeleteFunc(c.reads, func(_ *cond.Cond, reads *cond.Topics) bool { return reads.Has(edited) })
	if c.referring != nil {
		for _, draft := range drafts {
			c.refer(c.segment(draft.ID))
		}
	}
	if c.listeners != nil {
		for _, draft := range drafts {
			c.listeners.reread(c, draft.ID)
		}
	}
}

// referrers returns which Segments refer to which.
func (c *catalog) referrers() (*cond.Referrers, error) {
	if c.referring != nil {
		return c.referring, nil
	}
	saved, err := c.allSegments()
	if err != nil {
		return nil, err
	}
	c.referring = &cond.Referrers{}
	for _, s := range saved {
		c.refer(s)
	}
	return c.referring, nil
}

// refer notes to which Segments a Segment refers.
func (c *catalog) refer(s *segment) {
	if s == nil {
		return
	}
	var ids []string
	if s.cond != nil {
		for _, ref := range s.cond.Reads().Segments {
			id, _, _ := c.segmentNamed(ref)
			ids = append(ids, id)
		}
	}
	c.referring.Set(s.ID, ids)
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
