package store

import (
	"encoding/json"
	"strings"
	"time"
)

// UserEvent is one fact about a Profile, redacted before it came here.
type UserEvent struct {
	ID, ProfileID, Event   string
	Data                   json.RawMessage
	ReferenceID            string
	OccurredAt, ReceivedAt time.Time
}

// EventOutcome is what one Journey made of one event.
type EventOutcome struct{ EventID, JourneyID, Outcome, Reason, RunID, Why string }

func readEvent(r row) UserEvent {
	return UserEvent{r.str(0), r.str(1), r.str(2), r.json(3), r.str(4), r.at(5), r.at(6)}
}

const selectEvent = "SELECT id, profile_id, event, data, reference_id, occurred_at, received_at FROM user_events WHERE org = ? "

// PutEvent inserts an event, or replaces the one with the same id.
func (tx *Tx) PutEvent(e UserEvent) error {
	return tx.exec(`INSERT INTO user_events (id, org, profile_id, event, data, reference_id, occurred_at, received_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
		ON CONFLICT (id) DO UPDATE SET profile_id = ?3, event = ?4, data = ?5, occurred_at = ?7`,
		e.ID, tx.Org, e.ProfileID, e.Event, e.Data, opt(e.ReferenceID), e.OccurredAt, tx.Now)
}

// Event finds one by id, nil when there is none.
func (tx *Tx) Event(id string) (*UserEvent, error) {
	return one(tx, readEvent, selectEvent+"AND id = ?", tx.Org, id)
}

// EventsOf are a Profile's events with that name, or that prefix, that occurred at or after since; newest first.
func (tx *Tx) EventsOf(profile, name string, prefix bool, since time.Time) ([]UserEvent, error) {
	if !prefix {
		return all(tx, readEvent, selectEvent+"AND profile_id = ? AND event = ? AND occurred_at >= ? ORDER BY occurred_at DESC, seq DESC",
			tx.Org, profile, name, since)
	}
	return all(tx, readEvent, selectEvent+"AND profile_id = ? AND substr(event, 1, length(?3)) = ?3 AND occurred_at >= ?4 ORDER BY occurred_at DESC, seq DESC",
		tx.Org, profile, name, since)
}

// outcomesAtOnce is how many outcomes share a statement: one each would take half as long again.
const outcomesAtOnce = 16

const addOutcome = "INSERT INTO event_outcomes (event_id, journey_id, outcome, reason, run_id, why) VALUES (?, ?, ?, ?, ?, ?)"

var addOutcomes = addOutcome + strings.Repeat(", (?, ?, ?, ?, ?, ?)", outcomesAtOnce-1)

// AddOutcomes records what Journeys made of an event, in that order.
func (tx *Tx) AddOutcomes(outcomes []EventOutcome) error {
	add := func(query string, outcomes []EventOutcome) error {
		args := make([]any, 0, 6*len(outcomes))
		for _, o := range outcomes {
			args = append(args, o.EventID, o.JourneyID, o.Outcome, opt(o.Reason), opt(o.RunID), opt(o.Why))
		}
		return tx.exec(query, args...)
	}
	for ; len(outcomes) >= outcomesAtOnce; outcomes = outcomes[outcomesAtOnce:] {
		if err := add(addOutcomes, outcomes[:outcomesAtOnce]); err != nil {
			return err
		}
	}
	for i := range outcomes {
		if err := add(addOutcome, outcomes[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Outcomes are what the Journeys made of an event, in the order they were asked.
func (tx *Tx) Outcomes(event string) ([]EventOutcome, error) {
	return all(tx, func(r row) EventOutcome {
		return EventOutcome{r.str(0), r.str(1), r.str(2), r.str(3), r.str(4), r.str(5)}
	},
		"SELECT event_id, journey_id, outcome, reason, run_id, why FROM event_outcomes WHERE event_id = ? ORDER BY seq", event)
}

// EntryEvent finds the event that a run of a Profile began with, "" when it began otherwise.
func (tx *Tx) EntryEvent(profile, run string) (string, error) {
	return value[string](tx.db, `SELECT o.event_id FROM user_events e CROSS JOIN event_outcomes o ON o.event_id = e.id
		WHERE e.profile_id = ? AND o.run_id = ?`, profile, run)
}

// LastEvents are the newest events of a Profile, newest first.
func (tx *Tx) LastEvents(profile string, limit int) ([]UserEvent, error) {
	return all(tx, readEvent, selectEvent+"AND profile_id = ? ORDER BY seq DESC LIMIT ?", tx.Org, profile, limit)
}

// SkippedOutcome is an event that a Journey let pass.
type SkippedOutcome struct{ EventID, Event, JourneyID, Reason string }

// SkippedOutcomes are the newest events of a Profile, or of all (""), that Journeys let pass.
func (tx *Tx) SkippedOutcomes(profile string, limit int) ([]SkippedOutcome, error) {
	return all(tx, func(r row) SkippedOutcome { return SkippedOutcome{r.str(0), r.str(1), r.str(2), r.str(3)} },
		`SELECT e.id, e.event, o.journey_id, o.reason FROM event_outcomes o JOIN user_events e ON e.id = o.event_id
		WHERE e.org = ?1 AND (?2 = '' OR e.profile_id = ?2) AND o.outcome = 'skipped' ORDER BY o.seq DESC LIMIT ?3`, tx.Org, profile, limit)
}
