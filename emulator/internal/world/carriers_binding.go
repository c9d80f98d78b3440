package world

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// A confirmation and a schedule are bound to everything that is sent, to the audience, and to the versions that these
// are made from. An edit that changes any of it voids the confirmation and cancels the schedule. Who is in the audience
// is decided when the carrier is sent, so writes to Profiles and to the members of Manual Segments are not bound.

// contentParts describes what the carrier would send now. email is its content, nil if it has none.
func (carrier *Carrier) contentParts(email *content) (carriers.Parts, error) {
	c := carrier.catalog
	audience := carriers.NewDependencies(c.lookup())
	if carrier.segment != nil {
		audience.AddSegment(carrier.segment.ID)
	}
	described := map[string]any{
		carriers.PartReplyTo:  carrier.ReplyTo,
		carriers.PartSender:   carrier.From,
		carriers.PartGroup:    []any{carrier.SubscriptionGroupID, c.policy(carrier.SubscriptionGroupID)},
		carriers.PartAudience: []any{carrier.NewsletterID, carrier.SegmentID, audience},
	}
	if email != nil {
		if err := carrier.describeMail(email, described); err != nil {
			return nil, err
		}
	}
	return carriers.NewParts(described)
}

// describeMail adds what the email itself is made from.
func (carrier *Carrier) describeMail(email *content, into map[string]any) error {
	into[carriers.PartMail] = email.definition
	if from := email.sender; from != nil {
		into[carriers.PartSender] = []any{carrier.From, from.ID, from.Name, from.Email, from.verified}
	}
	box, headers, err := carrier.replyAddresses(email.template)
	if err != nil {
		return err
	}
	into[carriers.PartReplyTo] = []any{box, headers}

	reads := carriers.NewDependencies(carrier.catalog.lookup())
	for _, condition := range email.template.Conditions() {
		reads.AddCondition(condition)
	}
	into[carriers.PartConditions] = reads
	if reads.ReadOrganization() || email.template.Reads("/system/organization") {
		into[carriers.PartOrganization] = carrier.catalog.org.Name
	}
	return nil
}

// binding returns what a confirmation or a schedule of the carrier is bound to: the content, with the versions that it
// is made from.
func (carrier *Carrier) binding(parts carriers.Parts) (string, error) {
	snapshot := ""
	if carrier.template != nil {
		snapshot = carrier.template.SnapshotID
	}
	return parts.Binding(carrier.Version, snapshot)
}

// UnscheduleChanged makes a draft of every scheduled carrier that an act has changed. It runs in the act's transaction,
// for all Organizations, since a seed may write to several.
func (tx *Tx) UnscheduleChanged() error {
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
		carrier, err := tx.CarrierWith("", each.ID)
		if err != nil {
			return err
		}
		if _, err := tx.stillScheduled(carrier); err != nil {
			return err
		}
	}
	return nil
}

// stillScheduled reports whether a scheduled carrier would send what was scheduled. If not, it becomes a draft.
func (tx *Tx) stillScheduled(carrier *Carrier) (bool, error) {
	parts, err := tx.partsNow(carrier)
	if err != nil {
		return false, err
	}
	return tx.stillBound(carrier, parts)
}

// partsNow describes what the carrier would send now.
func (tx *Tx) partsNow(carrier *Carrier) (carriers.Parts, error) {
	email, err := tx.content(carrier)
	if err != nil {
		return nil, err
	}
	return carrier.contentParts(email)
}

// stillBound reports whether a carrier would send now what it is bound to. If not, the carrier becomes a draft.
func (tx *Tx) stillBound(carrier *Carrier, parts carriers.Parts) (bool, error) {
	now, err := carrier.binding(parts)
	if err != nil {
		return false, err
	}
	changes, err := carriers.Changes(carrier.Binding, now)
	if err != nil || changes == "" {
		return err == nil, err
	}
	return false, tx.unschedule(carrier, "returned to draft: "+changes)
}

// unschedule makes a draft of a carrier that has not been sent.
func (tx *Tx) unschedule(carrier *Carrier, why string) error {
	if err := tx.DropTask(carrier.Task); err != nil {
		return err
	}
	carrier.Status, carrier.Task, carrier.Binding = store.CarrierNotStarted, 0, ""
	carrier.ScheduledAt, carrier.StartedAt = time.Time{}, time.Time{}
	carrier.Version++
	return tx.putCarrier(carrier, why)
}

// putCarrier stores a carrier, and adds what happened to its history.
func (tx *Tx) putCarrier(carrier *Carrier, what string) error {
	if err := tx.PutCarrier(carrier.Carrier); err != nil {
		return err
	}
	return tx.AddCarrierEvent(carrier.Carrier, what)
}

// lookup returns how carriers.Dependencies find what conditions refer to.
func (c *catalog) lookup() carriers.Lookup {
	return carriers.Lookup{
		Segment: func(ref string) *carriers.Segment {
			s := c.segment(ref)
			if s == nil {
				return nil
			}
			return &carriers.Segment{ID: s.ID, Type: s.Type, Definition: s.Definition, Condition: s.cond}
		},
		Policy: c.policy,
	}
}

// policy returns the policy of a SubscriptionGroup, "" if there is none.
func (c *catalog) policy(ref string) string {
	if group := c.group(ref); ref != "" && group != nil {
		return group.Policy
	}
	return ""
}
