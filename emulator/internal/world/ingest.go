package world

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

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

// IngestStatuses returns all statuses of items, in order.
func IngestStatuses() []string {
	return []string{IngestAccepted, IngestDropped, IngestDuplicate, IngestFailed, IngestRejected}
}

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

	event string // the id of its UserEvent
}

// IngestOutcome is what became of an item.
type IngestOutcome struct{ Status, Reason, EventID string }

// Retryable reports whether the item may succeed later.
func (o IngestOutcome) Retryable() bool { return o.Status == IngestFailed }

// IsWebsite reports whether an origin, such as https://shop.example, is that of a Website of any Organization.
func (tx *Tx) IsWebsite(origin string) (bool, error) {
	sites, err := tx.Websites()
	return slices.ContainsFunc(sites, func(site store.Website) bool {
		u, err := url.Parse(site.URL)
		return err == nil && u.Host != "" && strings.EqualFold(u.Scheme+"://"+u.Host, origin)
	}), err
}

// Ingest records the items of a Website in their order. A nil item is an invalid one. Without analytics, only
// identifies are recorded.
//
// An error of the emulator itself fails only the item that it happened to, and undoes what that item has written. As
// this costs something for each item, it is done only if singly is set. Otherwise such an error is an ErrIngestSingly,
// and the act must be repeated.
func (tx *Tx) Ingest(site string, items []*Ingested, analytics, singly bool) ([]IngestOutcome, error) {
	in := &ingesting{tx: tx, site: site, analytics: analytics, singly: singly, visitors: map[Identity]*store.Profile{}}
	if err := in.identify(items); err != nil {
		return nil, err
	}
	outcomes := make([]IngestOutcome, len(items))
	for i, item := range items {
		var err error
		if singly {
			err = tx.Nested(func() (err error) {
				outcomes[i], err = in.item(item)
				return err
			})
		} else {
			outcomes[i], err = in.item(item)
		}
		switch {
		case err != nil && (!singly || isUnavailable(err)):
			return nil, in.failure(err)
		case err != nil:
			clear(in.visitors)
			tx.w.log.Error("ingest: an item failed", "item", i, "error", err)
		}
	}
	if err := tx.Save(); err != nil {
		return nil, in.failure(err)
	}
	return outcomes, nil
}

// ErrIngestSingly is the error of a batch whose items must be recorded singly.
var ErrIngestSingly = errors.New("ingest: an item failed")

// ingesting is a batch that is being recorded.
type ingesting struct {
	tx        *Tx
	site      string
	analytics bool
	singly    bool
	recorded  map[string]bool // UserEvents, by id
	visitors  map[Identity]*store.Profile
	prefix    string    // of the messageId before
	hashed    []byte    // the fingerprint of that prefix
	made      userEvent // of the item; each item uses the memory again
}

// failure returns an error that fails the batch. The batch can be tried again unless the database is unavailable.
func (in *ingesting) failure(err error) error {
	if in.singly || isUnavailable(err) {
		return err
	}
	return errors.Join(ErrIngestSingly, err)
}

// identify finds out the UserEvents of the items, and which of these were recorded before.
func (in *ingesting) identify(items []*Ingested) (err error) {
	events := make([]string, 0, len(items))
	for _, item := range items {
		if item != nil {
			item.event = in.eventID(item.MessageID)
			events = append(events, item.event)
		}
	}
	in.recorded, err = in.tx.KnownEvents(events)
	return err
}

// eventID returns the id of the UserEvent that has this messageId. Ids of messageIds that begin alike, as those of a
// batch do, begin alike too, so that their rows lie together.
func (in *ingesting) eventID(messageID string) string {
	prefix := messageID[:strings.LastIndexAny(messageID, "/:-_.")+1]
	if in.hashed == nil || in.prefix != prefix {
		in.prefix, in.hashed = prefix, in.tx.Fingerprint([]byte("ingest\x00"+in.site+"\x00"+prefix))
	}
	start := len(in.hashed) // the fingerprint is the key of the ids that have this prefix
	in.hashed = append(in.hashed, messageID...)
	sum := sha256.Sum256(in.hashed)
	in.hashed = in.hashed[:start]

	id := uuid.UUID(sum[:16])
	copy(id[:], in.hashed[:6])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8
	return id.String()
}

// item records one item. With an error, the outcome is that of an item that failed.
func (in *ingesting) item(item *Ingested) (IngestOutcome, error) {
	tx := in.tx
	switch {
	case item == nil:
		return IngestOutcome{Status: IngestRejected, Reason: IngestInvalid}, nil
	case item.Kind != IngestIdentify && !in.analytics:
		return IngestOutcome{Status: IngestDropped, Reason: IngestConsentRevoked}, nil
	}
	at, ok := tx.Now, true
	if item.At != "" {
		at, ok = tx.occurredAt(item.At)
	}
	if !ok {
		return IngestOutcome{Status: IngestRejected, Reason: IngestInvalid}, nil
	}
	if in.recorded[item.event] {
		return IngestOutcome{IngestDuplicate, IngestSeenBefore, item.event}, nil
	}

	failed := IngestOutcome{Status: IngestFailed, Reason: IngestEventFailed}
	p, outcome, err := in.visitor(item)
	switch {
	case err != nil:
		return failed, err
	case outcome.Status != "":
		return outcome, nil
	}
	ev := &in.made
	*ev = userEvent{ID: item.event, Name: item.Event, Data: item.Data, OccurredAt: at, atOnce: in.singly}
	if item.Kind == IngestIdentify {
		ev.Data = map[string]any{}
		clear(in.visitors)
		if p, err = tx.identify(item, ev); err != nil {
			return failed, err
		}
	}
	_, err = tx.recordEvent(p, ev)
	if err == nil && in.singly {
		err = tx.Save()
	}
	if err != nil {
		if ev.stored {
			failed.Reason = IngestEnrollmentFailed
		}
		return failed, err
	}
	in.recorded[ev.ID] = true
	return IngestOutcome{Status: IngestAccepted, EventID: ev.ID}, nil
}

// visitor returns the Profile of an item, nil if there is none that an identify could not make. The outcome is empty if
// the item can be recorded.
func (in *ingesting) visitor(item *Ingested) (p *store.Profile, outcome IngestOutcome, err error) {
	id := Identity{Email: item.Email, ExternalID: item.ExternalID}
	if p = in.visitors[id]; p != nil {
		return p, outcome, nil
	}
	p, err = in.tx.FindProfile(id)
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
	switch reason, err := in.tx.suppression(email); {
	case err != nil:
		return nil, outcome, err
	case reason == store.SkipSuppressed+store.SuppressedComplaint,
		reason == store.SkipSuppressed+store.SuppressedManual:
		return nil, IngestOutcome{Status: IngestDropped, Reason: IngestSuppressed}, nil
	}
	in.visitors[id] = p
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
