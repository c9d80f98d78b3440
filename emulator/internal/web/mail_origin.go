package web

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file finds out where an EmailSend comes from.

// origin is where an EmailSend comes from. What it does not have is empty.
type origin struct {
	Profile, Template, Carrier, Event, Group, Request reference
	Version                                           string // which version of the Template it was made from
	Key                                               string // the idempotency key
	Tracked                                           bool   // clicks
}

func originOf(tx *world.Tx, v *visit, l *letter) (from origin, err error) {
	from.Tracked = l.TrackClicks
	if from.Profile, err = profileRef(tx, l.ProfileID); err != nil {
		return from, err
	}
	if from.Template, err = mailTemplate(tx, l.TemplateID); err != nil {
		return from, err
	}
	if from.Version, err = versionOf(tx, l); err != nil {
		return from, err
	}
	if from.Carrier, err = (carrierNames{tx, map[string]reference{}}).of(l.EmailSend); err != nil {
		return from, err
	}
	group, err := tx.GroupNamed(l.SubscriptionGroupID)
	if err != nil {
		return from, err
	}
	if group != nil {
		from.Group = reference{Name: gateway.Clip(group.Name, termLength)}
	}

	switch l.CarrierType {
	case world.CarrierJourney:
		from.Event, err = entryOf(tx, l)
	case world.CarrierEmail:
		from.Key = l.CallKey
		from.Request = callOf(v.Journal, from.Key, l)
	}
	return from, err
}

// versionOf says which version of the Template an email was made from.
func versionOf(tx *world.Tx, l *letter) (string, error) {
	template, err := tx.TemplateNamed(l.TemplateID)
	if err != nil {
		return "", err
	}
	if template != nil && template.SnapshotID == l.SnapshotID {
		return "its current version", nil
	}
	made, err := tx.SnapshotMade(l.SnapshotID)
	if err != nil || made.IsZero() {
		return "", err
	}
	return "another version, made at " + format.Time(made), nil
}

// entryOf returns the event that started the run behind an email.
func entryOf(tx *world.Tx, l *letter) (reference, error) {
	id, err := tx.EntryEvent(l.CarrierID)
	if err != nil || id == "" {
		return reference{}, err
	}
	event, err := tx.Event(id)
	if err != nil || event == nil {
		return reference{}, err
	}
	return reference{gateway.Clip(event.Event, termLength), "/dashboard/events/" + id}, nil
}

// The operations that make EmailSends by themselves.
const (
	sendEmail       = "sendEmail"
	batchSendEmails = "batchSendEmails"
)

// callOf returns the call that made an EmailSend, if the journal still has it: the call at that time with the
// EmailSend's key, or the only batch at that time.
func callOf(journal *gateway.Journal, key string, l *letter) reference {
	var batches []string
	for _, entry := range journal.Newest(gateway.JournalSize) {
		if entry.Replayed || entry.At.UnixMilli() != l.CreatedAt.UnixMilli() {
			continue
		}
		switch {
		case entry.Operation == sendEmail && key != "" && entry.IdempotencyKey == key,
			entry.Operation == batchSendEmails && entry.IdempotencyKey != "" &&
				strings.HasPrefix(key, entry.IdempotencyKey+"/"):
			return request(entry.ID)
		case entry.Operation == batchSendEmails && entry.Status < 300:
			batches = append(batches, entry.ID)
		}
	}
	if len(batches) == 1 {
		return request(batches[0])
	}
	return reference{}
}

func request(id string) reference { return reference{id, "/dashboard/requests/" + id} }
