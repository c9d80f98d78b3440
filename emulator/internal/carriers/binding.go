// Package carriers has the rules of Broadcasts and NewsletterIssues that need no database: what a preflight checks,
// what a confirmation or a schedule is bound to, and what a time to send at may look like. It is pure.
package carriers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The parts that a binding has.
const (
	PartMail         = "mail"
	PartSender       = "sender"
	PartReplyTo      = "replyTo"
	PartGroup        = "group"
	PartAudience     = "audience"
	PartConditions   = "conditions"
	PartOrganization = "organization"
	partDraft        = "draft"
)

// partChanges are the texts of a carrier's history for the parts that have changed.
var partChanges = map[string]string{
	PartMail:         "the content of the Template has changed",
	PartSender:       "the sender has changed",
	PartReplyTo:      "the reply addresses have changed",
	PartGroup:        "the SubscriptionGroup or its policy has changed",
	PartAudience:     "the Segment, or something that it refers to, has changed",
	PartConditions:   "a Segment or policy that the email's conditions refer to has changed",
	PartOrganization: "the Organization's name has changed",
	partDraft:        "the draft was edited",
}

// Parts are digests of what is sent and to whom, by part. Carriers with equal content have equal Parts.
type Parts map[string]string

// NewParts returns the digests of descriptions, which can be anything that encodes as JSON.
func NewParts(described map[string]any) (Parts, error) {
	parts := Parts{}
	for name, description := range described {
		var err error
		if parts[name], err = digest(description); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// Hash returns one digest of all parts.
func (p Parts) Hash() (string, error) { return digest(p) }

// Binding returns what a confirmation or a schedule is bound to: the parts with the versions that they are made from,
// which are the draft's version and the Template's snapshot, "" if there is none.
func (p Parts) Binding(version int, snapshotID string) (string, error) {
	bound := maps.Clone(p)
	var err error
	if bound[partDraft], err = digest(version); err != nil {
		return "", err
	}
	if snapshotID != "" {
		bound[PartMail] += " " + snapshotID
	}
	raw, err := json.Marshal(bound)
	return string(raw), err
}

// Changes returns in words how a binding differs from an earlier one, "" if it does not.
func Changes(before, now string) (string, error) {
	var was, is Parts
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

func digest(v any) (string, error) {
	raw, err := json.Marshal(v)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}
