package world

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carrier"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// A confirmation and a schedule are bound to all that goes out and to whom, and to the versions it was made from. An
// edit that changes any of it voids the one and takes the other back. Who is in the audience is decided when the
// carrier leaves: writes to Profiles and places in Manual Segments are not bound.

// contentParts describes what the carrier would send now; what is its content, nil if it has none.
func (c *Carrier) contentParts(what *content) (carrier.Parts, error) {
	audience := carrier.NewDependencies(c.catalog.lookup())
	if c.segment != nil {
		audience.AddSegment(c.segment.ID)
	}
	described := map[string]any{
		carrier.PartReplyTo:  c.ReplyTo,
		carrier.PartSender:   c.From,
		carrier.PartGroup:    []any{c.SubscriptionGroupID, c.catalog.policy(c.SubscriptionGroupID)},
		carrier.PartAudience: []any{c.NewsletterID, c.SegmentID, audience},
	}
	if what != nil {
		if err := c.describeMail(what, described); err != nil {
			return nil, err
		}
	}
	return carrier.NewParts(described)
}

// describeMail adds what the mail itself rests on.
func (c *Carrier) describeMail(what *content, into map[string]any) error {
	into[carrier.PartMail] = what.definition
	if s := what.sender; s != nil {
		into[carrier.PartSender] = []any{c.From, s.ID, s.Name, s.Email, s.verified}
	}
	box, headers, err := c.replyAddresses(what.template)
	if err != nil {
		return err
	}
	into[carrier.PartReplyTo] = []any{box, headers}
	reads := carrier.NewDependencies(c.catalog.lookup())
	for _, condition := range what.template.Conditions() {
		reads.AddCondition(condition)
	}
	into[carrier.PartConditions] = reads
	if reads.ReadOrganization() || what.template.Reads("/system/organization") {
		into[carrier.PartOrganization] = c.catalog.org.Name
	}
	return nil
}

// binding is what a confirmation or a schedule of the carrier is bound to: the content with the versions it is made
// from.
func (c *Carrier) binding(parts carrier.Parts) (string, error) {
	snapshot := ""
	if c.template != nil {
		snapshot = c.template.SnapshotID
	}
	return parts.Binding(c.Version, snapshot)
}

// HoldSchedules returns to draft every scheduled carrier that an act has changed. It runs in the act's transaction, for
// all Organizations, since a seed may write to several.
func (tx *Tx) HoldSchedules() error {
	if !tx.w.changed {
		return nil
	}
	scheduled, err := tx.ScheduledCarriers()
	if err != nil {
		return err
	}
	defer func(org string) { tx.Org = org }(tx.Org)
	for _, each := range scheduled {
		tx.Org = each.Org
		c, err := tx.CarrierWith("", each.ID)
		if err != nil {
			return err
		}
		if _, err := tx.stillScheduled(c); err != nil {
			return err
		}
	}
	return nil
}

// stillScheduled reports whether a scheduled carrier would send what was scheduled. If not, it is a draft afterwards.
func (tx *Tx) stillScheduled(c *Carrier) (bool, error) {
	what, err := tx.content(c)
	if err != nil {
		return false, err
	}
	parts, err := c.contentParts(what)
	if err != nil {
		return false, err
	}
	return tx.stillBound(c, parts)
}

// stillBound reports whether what a carrier would send now is what it is bound to. If not, it is a draft afterwards.
func (tx *Tx) stillBound(c *Carrier, parts carrier.Parts) (bool, error) {
	now, err := c.binding(parts)
	if err != nil {
		return false, err
	}
	changes, err := carrier.Changes(c.Binding, now)
	if err != nil || changes == "" {
		return err == nil, err
	}
	return false, tx.unschedule(c, "returned to draft: "+changes)
}

// unschedule makes a draft of a carrier that has not left.
func (tx *Tx) unschedule(c *Carrier, why string) error {
	if err := tx.DropTask(c.Task); err != nil {
		return err
	}
	c.Status, c.ScheduledAt, c.StartedAt, c.Task, c.Binding = store.CarrierNotStarted, time.Time{}, time.Time{}, 0, ""
	c.Version++
	return tx.putCarrier(c, why)
}

// putCarrier stores a carrier and notes in its history what happened to it.
func (tx *Tx) putCarrier(c *Carrier, what string) error {
	if err := tx.PutCarrier(c.Carrier); err != nil {
		return err
	}
	return tx.AddCarrierEvent(c.Carrier, what)
}

// lookup finds what conditions refer to.
func (c *catalog) lookup() carrier.Lookup {
	return carrier.Lookup{
		Segment: func(ref string) *carrier.Segment {
			s := c.segments[ref]
			if s == nil {
				return nil
			}
			return &carrier.Segment{ID: s.ID, Type: s.Type, Definition: s.Definition, Condition: s.cond}
		},
		Policy: c.policy,
	}
}

// policy is that of a SubscriptionGroup, "" if there is none.
func (c *catalog) policy(ref string) string {
	if g := c.groups[ref]; ref != "" && g != nil {
		return g.Policy
	}
	return ""
}
