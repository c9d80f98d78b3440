package store

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// UserEvent is one event of a Profile. Its data was redacted before it reached this package.
type UserEvent struct {
	ID, ProfileID, Event   string
	Data                   json.RawMessage
	ReferenceID            string
	OccurredAt, ReceivedAt time.Time
	Number                 int // its place in the order in which events were received
}

// EventOutcome is what one Journey did with one event.
type EventOutcome struct{ EventID, JourneyID, Outcome, Reason, RunID, Why string }

var userEvents = define("user_events", (*UserEvent).columns, "org")

func (event *UserEvent) columns(r *row) {
	r.seq(&event.Number)
	r.column("id", &event.ID)
	r.nullable("reference_id", &event.ReferenceID)
	r.column("received_at", &event.ReceivedAt)
	r.mutable()
	r.column("profile_id", &event.ProfileID)
	r.column("event", &event.Event)
	r.column("data", &event.Data)
	r.column("occurred_at", &event.OccurredAt)
}

var eventOutcomes = define("event_outcomes", (*EventOutcome).columns)

func (outcome *EventOutcome) columns(r *row) {
	r.column("event_id", &outcome.EventID)
	r.column("journey_id", &outcome.JourneyID)
	r.column("outcome", &outcome.Outcome)
	r.nullable("reason", &outcome.Reason)
	r.nullable("run_id", &outcome.RunID)
	r.nullable("why", &outcome.Why)
}

// PutEvent inserts an event, or replaces the one with the same id.
func (tx *Tx) PutEvent(event UserEvent) error {
	event.ReceivedAt = tx.Now
	return userEvents.upsert(tx, &event, tx.Org)
}

// Event returns the event with this id, or nil if there is none.
func (tx *Tx) Event(id string) (*UserEvent, error) {
	return userEvents.one(tx, "WHERE org = ? AND id = ?", tx.Org, id)
}

// LastEvent returns the Number of the event that was received last, of all Profiles.
func (tx *Tx) LastEvent() (int, error) {
	number, err := value[int64](tx.db, "SELECT max(seq) FROM user_events")
	return int(number), err
}

// EventsOf returns a Profile's events with this name or, if prefix is set, with names that start with it. They
// occurred at or after since. The newest comes first.
func (tx *Tx) EventsOf(profile, name string, prefix bool, since time.Time) ([]UserEvent, error) {
	if !prefix {
		return userEvents.all(tx, `WHERE org = ? AND profile_id = ? AND event = ? AND occurred_at >= ?
			ORDER BY occurred_at DESC, seq DESC`, tx.Org, profile, name, since)
	}
	return userEvents.all(tx, `WHERE org = ? AND profile_id = ? AND substr(event, 1, length(?3)) = ?3
		AND occurred_at >= ?4 ORDER BY occurred_at DESC, seq DESC`, tx.Org, profile, name, since)
}

// outcomesAtOnce is how many outcomes share an INSERT. One INSERT for each would take half as long again.
const outcomesAtOnce = 16

var moreOutcomes = strings.Repeat(", "+eventOutcomes.placeholders, outcomesAtOnce-1)

// AddOutcomes records what Journeys did with an event, in that order.
func (tx *Tx) AddOutcomes(outcomes []EventOutcome) error {
	for chunk := range slices.Chunk(outcomes, outcomesAtOnce) {
		if len(chunk) == outcomesAtOnce {
			if err := eventOutcomes.insertMany(tx, moreOutcomes, chunk); err != nil {
				return err
			}
			continue
		}
		for i := range chunk {
			if err := eventOutcomes.insert(tx, &chunk[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Outcomes returns what the Journeys did with an event, in the order in which they got it.
func (tx *Tx) Outcomes(event string) ([]EventOutcome, error) {
	return eventOutcomes.all(tx, "WHERE event_id = ? ORDER BY seq", event)
}

// EntryEvent returns the id of the event that started a run of a Profile, or "" if something else started it.
func (tx *Tx) EntryEvent(profile, run string) (string, error) {
	return value[string](tx.db, `SELECT o.event_id FROM user_events e CROSS JOIN event_outcomes o ON o.event_id = e.id
		WHERE e.profile_id = ? AND o.run_id = ?`, profile, run)
}

// LastEvents returns the newest events, newest first: those of a Profile or, if profile is "", of all.
func (tx *Tx) LastEvents(profile string, limit int) ([]UserEvent, error) {
	if profile == "" {
		return userEvents.all(tx, "WHERE org = ? ORDER BY seq DESC LIMIT ?", tx.Org, limit)
	}
	return userEvents.all(tx, "WHERE org = ? AND profile_id = ? ORDER BY seq DESC LIMIT ?", tx.Org, profile, limit)
}

// NewestEvents returns the newest events, newest first: those of a Profile or, if profile is "", of all.
func (tx *Tx) NewestEvents(profile string, limit int) ([]UserEvent, error) {
	if profile != "" {
		return tx.LastEvents(profile, limit)
	}
	return userEvents.all(tx, "WHERE org = ? ORDER BY seq DESC LIMIT ?", tx.Org, limit)
}

// NewestEvent returns the event with this name that was received last or, if name is "", the last of all. It returns
// nil if there is none.
func (tx *Tx) NewestEvent(name string) (*UserEvent, error) {
	return userEvents.one(tx, "WHERE org = ?1 AND (?2 = '' OR event = ?2) ORDER BY seq DESC LIMIT 1", tx.Org, name)
}

// EventNames returns the names of the newest events, each once.
func (tx *Tx) EventNames(limit int) ([]string, error) {
	return tx.texts(`SELECT DISTINCT event
		FROM (SELECT event FROM user_events WHERE org = ? ORDER BY seq DESC LIMIT ?)`, tx.Org, limit)
}

// SkippedOutcome is an event that a Journey skipped.
type SkippedOutcome struct{ EventID, Event, ProfileID, JourneyID, Reason, Why string }

// SkippedOutcomes returns the newest events that Journeys skipped: those of a Profile or, if profile is "", of all.
func (tx *Tx) SkippedOutcomes(profile string, limit int) ([]SkippedOutcome, error) {
	read := func(outcome *SkippedOutcome, r *row) {
		*outcome = SkippedOutcome{r.str(), r.str(), r.str(), r.str(), r.str(), r.str()}
	}
	return view[SkippedOutcome]{`SELECT e.id, e.event, e.profile_id, o.journey_id, o.reason, o.why
		FROM event_outcomes o JOIN user_events e ON e.id = o.event_id `, read}.all(tx,
		"WHERE e.org = ?1 AND (?2 = '' OR e.profile_id = ?2) AND o.outcome = '"+Skipped+`'
		ORDER BY o.seq DESC LIMIT ?3`, tx.Org, profile, limit)
}
