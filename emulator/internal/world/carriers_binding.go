package world

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// A confirmation and a schedule are bound to all that goes out and to whom, and to the versions it was made from. An
// edit that changes any of it voids the one and takes the other back. Who is in the audience is decided when the
// carrier leaves: writes to Profiles and places in Manual Segments are not bound.

// The parts of what is bound, and what a carrier's history says when one of them has changed.
const (
	partMail         = "mail"
	partSender       = "sender"
	partReplyTo      = "replyTo"
	partGroup        = "group"
	partAudience     = "audience"
	partConditions   = "conditions"
	partOrganization = "organization"
	partDraft        = "draft"
)

var partChanges = map[string]string{
	partMail:         "the Template has another snapshot",
	partSender:       "the sender has changed",
	partReplyTo:      "the reply addresses have changed",
	partGroup:        "the SubscriptionGroup or its policy has changed",
	partAudience:     "a Segment, or a policy that one reads, has changed",
	partConditions:   "a Segment or policy that the mail's conditions read has changed",
	partOrganization: "the Organization's name has changed",
	partDraft:        "the draft was edited",
}

// boundParts are digests of what goes out and to whom. Carriers with equal content have equal parts.
type boundParts map[string]string

// contentParts describes what the carrier would send now; what is its content, nil if it has none.
func (c *Carrier) contentParts(what *content) (boundParts, error) {
	audience := newDependencies(c.catalog)
	if c.segment != nil {
		audience.segment(c.segment.ID)
	}
	described := map[string]any{
		partReplyTo:  c.ReplyTo,
		partSender:   c.From,
		partGroup:    []any{c.SubscriptionGroupID, audience.policy(c.SubscriptionGroupID)},
		partAudience: []any{c.NewsletterID, c.SegmentID, audience},
	}
	if what != nil {
		if err := c.describeMail(what, described); err != nil {
			return nil, err
		}
	}
	parts := boundParts{}
	for name, description := range described {
		var err error
		if parts[name], err = digest(description); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// describeMail adds what the mail itself rests on.
func (c *Carrier) describeMail(what *content, into map[string]any) error {
	into[partMail] = what.definition
	if s := what.sender; s != nil {
		into[partSender] = []any{c.From, s.ID, s.Name, s.Email, s.verified}
	}
	box, headers, err := c.replyAddresses(what.template)
	if err != nil {
		return err
	}
	into[partReplyTo] = []any{box, headers}
	reads := newDependencies(c.catalog)
	for _, condition := range what.template.Conditions() {
		reads.condition(condition)
	}
	into[partConditions] = reads
	if reads.organization || what.template.Reads("/system/organization") {
		into[partOrganization] = c.catalog.org.Name
	}
	return nil
}

// contentHash stands for all that goes out and to whom.
func (p boundParts) contentHash() (string, error) { return digest(p) }

// binding is what a confirmation or a schedule of the carrier is bound to: the content with the versions it is made
// from.
func (c *Carrier) binding(parts boundParts) (string, error) {
	bound := maps.Clone(parts)
	var err error
	if bound[partDraft], err = digest(c.Version); err != nil {
		return "", err
	}
	if c.template != nil {
		bound[partMail] += " " + c.template.SnapshotID
	}
	raw, err := json.Marshal(bound)
	return string(raw), err
}

// changesSince says how a binding differs from an earlier one, "" if it does not.
func changesSince(before, now string) (string, error) {
	var was, is boundParts
	if before == now {
		return "", nil
	}
	if err := json.Unmarshal([]byte(before), &was); err != nil {
		return "", err
	}
	if err := json.Unmarshal([]byte(now), &is); err != nil {
		return "", err
	}
	changes := []string{}
	for _, part := range slices.Sorted(maps.Keys(partChanges)) {
		if was[part] != is[part] {
			changes = append(changes, partChanges[part])
		}
	}
	return strings.Join(changes, "; "), nil
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
func (tx *Tx) stillBound(c *Carrier, parts boundParts) (bool, error) {
	now, err := c.binding(parts)
	if err != nil {
		return false, err
	}
	changes, err := changesSince(c.Binding, now)
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

// dependencies are what conditions refer to, through other Segments too: definitions and policies, by id.
type dependencies struct {
	catalog      *catalog
	organization bool // a condition looks at /system/organization

	Segments map[string]any    `json:"segments"`
	Policies map[string]string `json:"policies"`
}

func newDependencies(c *catalog) *dependencies {
	return &dependencies{catalog: c, Segments: map[string]any{}, Policies: map[string]string{}}
}

func (d *dependencies) condition(c *cond.Cond) {
	reads := c.Reads()
	for _, ref := range reads.Segments {
		d.segment(ref)
	}
	for _, ref := range reads.Groups {
		d.Policies[ref] = d.policy(ref)
	}
	d.organization = d.organization || slices.ContainsFunc(reads.Pointers, func(p cond.Pointer) bool {
		return p[0] == "system" && (len(p) == 1 || p[1] == "organization")
	})
}

// segment adds a Segment's definition and those of all that it refers to. Of a Manual one only that it is Manual
// counts.
func (d *dependencies) segment(ref string) {
	s := d.catalog.segments[ref]
	if s == nil || d.Segments[s.ID] != nil {
		return
	}
	if s.cond == nil {
		d.Segments[s.ID] = s.Type
		return
	}
	d.Segments[s.ID] = s.Definition
	d.condition(s.cond)
}

// policy is that of a SubscriptionGroup, "" if there is none.
func (d *dependencies) policy(ref string) string {
	if g := d.catalog.groups[ref]; ref != "" && g != nil {
		return g.Policy
	}
	return ""
}

func digest(v any) (string, error) {
	raw, err := json.Marshal(v)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}
