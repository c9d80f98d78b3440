package world

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Ingest. Documented: what the plug-in of a website may report, the statuses and the reasons. Decided here: the names
// of the events of an identify and a page; that an identify alone changes a Profile; the order of the checks (consent,
// an earlier occurrence, identity, suppression); that what failed leaves nothing behind, so that it can be repeated.

// The kinds of items, and the names of the events of those that do not name one.
const (
	EventIdentify = "identify"
	EventPage     = "page_viewed"

	IngestIdentify = "identify"
	IngestTrack    = "track"
	IngestPage     = "page"
)

// The statuses of items.
const (
	IngestAccepted  = "accepted"
	IngestDuplicate = "duplicate"
	IngestDropped   = "dropped"
	IngestRejected  = "rejected"
	IngestFailed    = "failed"
)

// Why an item was not accepted.
const (
	IngestSeenBefore       = "duplicate_occurrence"
	IngestProfileNotFound  = "profile_not_found"
	IngestConsentRevoked   = "analytics_consent_revoked"
	IngestSuppressed       = "identity_suppressed"
	IngestConflict         = "identity_conflict"
	IngestInvalid          = "invalid_input"
	IngestEventFailed      = "event_write_failed"
	IngestEnrollmentFailed = "journey_enrollment_failed"
)

// SourceSDK is the source of items that name none.
const SourceSDK = "sdk"

// Ingested is an item that fits its schema.
type Ingested struct {
	Kind, MessageID   string
	Email, ExternalID string
	Event             string         // the name of the UserEvent
	Data              map[string]any // traits of an identify, otherwise the properties
	At                string         // an ISO date-time; "" is the time of the call
	Source            string
}

// IngestOutcome is what became of an item.
type IngestOutcome struct{ Status, Reason, EventID string }

// Retryable reports whether the item may succeed later.
func (o IngestOutcome) Retryable() bool { return o.Status == IngestFailed }

// Ingest records the items of a Website in their order. A nil item is an invalid one. Without analytics, only identifies
// are recorded.
//
// An error of the emulator itself fails only the item that it happened to, and undoes what that item has written. As
// this costs something for each item, the items are tried together first.
func (tx *Tx) Ingest(site string, items []*Ingested, analytics bool) ([]IngestOutcome, error) {
	outcomes := make([]IngestOutcome, len(items))
	one := func(i int) (err error) {
		outcomes[i], err = tx.ingest(site, items[i], analytics)
		return err
	}
	err := tx.Nested(func() error {
		for i := range items {
			if err := one(i); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || isUnavailable(err) {
		return outcomes, err
	}

	for i := range items {
		err := tx.Nested(func() error { return one(i) })
		if isUnavailable(err) {
			return nil, err
		}
		if err != nil {
			tx.w.log.Error("ingest: an item failed", "item", i, "error", err)
		}
	}
	return outcomes, nil
}

// ingest records one item. With an error, the outcome is that of an item that failed.
func (tx *Tx) ingest(site string, item *Ingested, analytics bool) (IngestOutcome, error) {
	switch {
	case item == nil:
		return IngestOutcome{Status: IngestRejected, Reason: IngestInvalid}, nil
	case item.Kind != IngestIdentify && !analytics:
		return IngestOutcome{Status: IngestDropped, Reason: IngestConsentRevoked}, nil
	}
	at, ok := tx.Now, true
	if item.At != "" {
		at, ok = tx.occurredAt(item.At)
	}
	if !ok {
		return IngestOutcome{Status: IngestRejected, Reason: IngestInvalid}, nil
	}

	failed := IngestOutcome{Status: IngestFailed, Reason: IngestEventFailed}
	occurrence := tx.Fingerprint([]byte("ingest\x00" + site + "\x00" + item.MessageID))[:store.OccurrenceSize]
	earlier, err := tx.EventOfOccurrence(occurrence)
	switch {
	case err != nil:
		return failed, err
	case earlier != "":
		return IngestOutcome{IngestDuplicate, IngestSeenBefore, earlier}, nil
	}
	p, outcome, err := tx.visitor(item)
	switch {
	case err != nil:
		return failed, err
	case outcome.Status != "":
		return outcome, nil
	}

	ev := &userEvent{Name: item.Event, Data: item.Data, OccurredAt: at, occurrence: occurrence}
	if item.Kind == IngestIdentify {
		ev.Data = map[string]any{}
		if p, err = tx.identify(item, ev); err != nil {
			return failed, err
		}
	}
	if _, err := tx.recordEvent(p, ev); err != nil {
		if ev.stored {
			failed.Reason = IngestEnrollmentFailed
		}
		return failed, err
	}
	return IngestOutcome{Status: IngestAccepted, EventID: ev.ID}, nil
}

// visitor returns the Profile of an item, nil if there is none that an identify could not make. The outcome is empty if
// the item can be recorded.
func (tx *Tx) visitor(item *Ingested) (p *store.Profile, outcome IngestOutcome, err error) {
	p, err = tx.FindProfile(Identity{Email: item.Email, ExternalID: item.ExternalID})
	if problem, ok := errors.AsType[*Problem](err); ok && problem.Code == CodeConflict {
		return nil, IngestOutcome{Status: IngestRejected, Reason: IngestConflict}, nil
	}
	if err != nil {
		return nil, outcome, err
	}
	email := item.Email
	if p != nil {
		email = p.Email
	} else if item.Kind != IngestIdentify {
		return nil, IngestOutcome{Status: IngestDropped, Reason: IngestProfileNotFound}, nil
	}
	switch reason, err := tx.suppression(email); {
	case err != nil:
		return nil, outcome, err
	case reason == store.SkipSuppressed+store.SuppressedComplaint, reason == store.SkipSuppressed+store.SuppressedManual:
		return nil, IngestOutcome{Status: IngestDropped, Reason: IngestSuppressed}, nil
	}
	return p, outcome, nil
}

// identify finds or makes the Profile of an identify, and notes in the event what has changed.
func (tx *Tx) identify(item *Ingested, ev *userEvent) (*store.Profile, error) {
	traits, err := json.Marshal(item.Data)
	if err != nil {
		return nil, err
	}
	p, changed, err := tx.resolveProfile(Identity{Email: item.Email, ExternalID: item.ExternalID}, traits, item.Source)
	switch {
	case err != nil:
		return nil, err
	case changed:
		ev.Written, err = writtenNames(traits)
	case !slices.Contains(p.Sources, item.Source):
		err = tx.SaveProfile(p, item.Source)
	}
	return p, err
}
