package store

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
)

// EventOutcome is what one Journey did with one event.
type EventOutcome struct{ JourneyID, Outcome, Reason, RunID, Why string }

var userEvents = define("user_events", (*UserEvent).columns, "org")

// Outcomes are what Journeys did with an event, as they are stored.
type Outcomes struct{ list []byte }

// NewOutcomes returns the outcomes of an event for so many Journeys, which are to be added.
func NewOutcomes(journeys int) Outcomes {
	const usual = 128 // bytes
	return Outcomes{make([]byte, 0, journeys*usual+1)}
}

// Add adds what a Journey did: it began a run or, if run is nil, skipped the event for a reason.
func (o *Outcomes) Add(journey, reason string, run *Run, why string) {
	separator := byte(',')
	if len(o.list) == 0 {
		separator = '['
	}
	o.list = quickjson.AppendPlain(append(o.list, separator, '['), journey)
	if run == nil {
		o.list = append(quickjson.AppendPlain(append(o.list, ','), reason), ",null"...)
	} else {
		o.list = strconv.AppendInt(append(o.list, ",null,"...), int64(run.Seq), 10)
	}
	if why != "" {
		o.list = quickjson.AppendPlain(append(o.list, ','), why)
	}
	o.list = append(o.list, ']')
}

var (
	eventOutcomes = define("event_outcomes", (*noColumns).columns, "event", "list")

	outcomes = view[EventOutcome]{`SELECT o.value ->> 0, iif(o.value ->> 2 IS NULL, '` + Skipped + "', '" + Enrolled +
		`'), o.value ->> 1, r.id, o.value ->> 3
		FROM event_outcomes l CROSS JOIN json_each(l.list) o LEFT JOIN runs r ON r.seq = o.value ->> 2 `,
		func(outcome *EventOutcome, r *row) {
			*outcome = EventOutcome{r.str(), r.str(), r.str(), r.id(), r.str()}
		}}
)

// PutEvent inserts an event and sets its Number, or replaces the one with the same id.
func (tx *Tx) PutEvent(event *UserEvent) error {
	event.ReceivedAt = tx.Now
	if tx.db.counted.blocks != nil { // the event may have belonged to another Profile
		owner, err := value[string](tx.db, "SELECT profile_id FROM user_events WHERE id = ?", event.ID)
		if err != nil {
			return err
		}
		tx.follow(owner, event.ProfileID)
	}
	tx.db.lastEvent = 0
	return userEvents.upsert(tx, event, tx.Org)
}

// AddEvent inserts an event that is new, and sets its Number. The row is written later.
func (tx *Tx) AddEvent(event *UserEvent) error {
	last := &tx.db.lastEvent
	if *last == 0 {
		newest, err := tx.LastEvent()
		if err != nil {
			return err
		}
		*last = newest
	}
	*last++
	event.Number, event.ReceivedAt = *last, tx.Now
	rows := &tx.db.unsaved
	rows.events, tx.changed = append(rows.events, unsavedEvent{*event, tx.Org}), true
	return nil
}

// Event returns the event with this id, or nil if there is none.
func (tx *Tx) Event(id string) (*UserEvent, error) {
	return userEvents.one(tx, "WHERE org = ? AND id = ?", tx.Org, id)
}

// KnownEvents returns those of the ids that events have. Ids in a row that begin alike are looked up together, since
// mostly no event has any of them.
func (tx *Tx) KnownEvents(ids []string) (map[string]bool, error) {
	const alike, few = 13, 4
	known := make(map[string]bool, len(ids)) // mostly the caller adds them all
	for len(ids) > 0 {
		n, start := 1, ids[0][:alike]
		for n < len(ids) && ids[n][:alike] == start {
			n++
		}
		group := ids[:n]
		ids = ids[n:]
		if n > few {
			const among = "SELECT EXISTS (SELECT 1 FROM user_events WHERE id > ?1 AND id < ?1 || 'g')"
			found, err := value[int64](tx.db, among, start)
			if err != nil {
				return nil, err
			}
			if found == 0 {
				continue
			}
		}
		for _, id := range group {
			found, err := value[string](tx.db, "SELECT id FROM user_events WHERE id = ?", id)
			if err != nil {
				return nil, err
			}
			if found != "" {
				known[id] = true
			}
		}
	}
	return known, nil
}

// LastEvent returns the Number of the event that was received last, of all Profiles.
func (tx *Tx) LastEvent() (int, error) {
	number, err := value[int64](tx.db, "SELECT max(seq) FROM user_events")
	return int(number), err
}

// EventsOf returns a Profile's events with this name or, if prefix is set, with names that start with it. They
// occurred at or after since. The newest comes first. If after is not nil, the list begins after this event. The index
// alone says which ones, because a Profile may have many.
func (tx *Tx) EventsOf(
	profile, name string, prefix bool, since time.Time, after *UserEvent, limit int,
) ([]UserEvent, error) {
	named, args := "event = ?2", []any{profile, name, name + "\xff", since, limit}
	if prefix {
		named = "event >= ?2 AND event < ?3" // no text has the byte 0xFF
	}
	if after != nil {
		named += " AND (occurred_at, seq) < (?6, ?7)"
		args = append(args, after.OccurredAt, after.Number)
	}
	const newest = "ORDER BY occurred_at DESC, seq DESC "
	return userEvents.all(tx, "WHERE seq IN (SELECT seq FROM user_events WHERE profile_id = ?1 AND "+named+
		" AND occurred_at >= ?4 "+newest+"LIMIT ?5) "+newest, args...)
}

// AddOutcomes records what Journeys did with the event with this Number, in that order.
func (tx *Tx) AddOutcomes(event int, outcomes Outcomes) error {
	return eventOutcomes.insert(tx, nil, event, json.RawMessage(append(outcomes.list, ']')))
}

const ofEvent = "WHERE l.event = (SELECT seq FROM user_events WHERE id = ?) "

// Outcomes returns what the Journeys did with an event, in the order in which they got it.
func (tx *Tx) Outcomes(event string) ([]EventOutcome, error) {
	return outcomes.all(tx, ofEvent+"ORDER BY o.key", event)
}

// FirstOutcomes returns what the first Journeys did with an event. Those that enrolled come first.
func (tx *Tx) FirstOutcomes(event string, limit int) ([]EventOutcome, error) {
	return outcomes.all(tx, ofEvent+"ORDER BY o.value ->> 2 IS NULL, o.key LIMIT ?", event, limit)
}

// EntryEvent returns the id of the event that started a run, or "" if something else started it.
func (tx *Tx) EntryEvent(run string) (string, error) {
	return value[string](tx.db, "SELECT e.id FROM runs r JOIN user_events e ON e.seq = r.event WHERE r.id = ?",
		packed(run))
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

// EventFilter narrows a list of events. An empty field does not narrow it. A Limit below 1 means no limit.
type EventFilter struct {
	Name, ProfileID, ReferenceID string
	Span
	Limit int
}

const inEventFilter = `WHERE org = ? AND (?2 = '' OR event = ?2) AND (?3 = '' OR profile_id = ?3)
	AND (?4 = '' OR reference_id = ?4) `

func (filter EventFilter) where(tx *Tx) Filter {
	return tx.ownedBy("profiles", filter.ProfileID).narrow(
		clause{"profile_id = ?", filter.ProfileID},
		clause{"event = ?", filter.Name},
		clause{"reference_id = ?", filter.ReferenceID}).narrow(filter.clauses("seq", "received_at")...)
}

// EventsWhere returns events, newest first.
func (tx *Tx) EventsWhere(filter EventFilter) ([]UserEvent, error) {
	return userEvents.newest(tx, filter.where(tx), filter.Limit)
}

// ScanEvents returns a page of events, newest first: those with a number below before or, if before is 0, the newest.
// It reads at most this many events. next is where the next page begins, 0 if there is none.
func (tx *Tx) ScanEvents(filter EventFilter, before, most int) (found []UserEvent, next int, err error) {
	if before == 0 {
		if before, err = tx.LastEvent(); err != nil {
			return nil, 0, err
		}
		before++
	}
	query, edge, inner := inEventFilter, before-most, 0
	if filter.ProfileID != "" {
		query += `AND seq IN (SELECT seq FROM user_events WHERE profile_id = ?3 AND (?2 = '' OR event = ?2)
			AND seq < ?5 ORDER BY seq DESC LIMIT ?8) `
		edge, inner = 0, filter.Limit+1
	}
	if filter.ProfileID != "" && filter.ReferenceID != "" {
		// Only the row of an event has its reference. The rows of one Profile are far apart, so fewer are read.
		inner = most / 20
		last, err := value[int64](tx.db, `SELECT seq FROM user_events WHERE profile_id = ?1 AND (?2 = '' OR event = ?2)
			AND seq < ?3 ORDER BY seq DESC LIMIT 1 OFFSET ?4`, filter.ProfileID, filter.Name, before, inner-1)
		if err != nil {
			return nil, 0, err
		}
		edge = int(last)
	}
	found, err = userEvents.all(tx, query+"AND seq < ?5 AND seq >= ?6 ORDER BY seq DESC LIMIT ?7",
		tx.Org, filter.Name, filter.ProfileID, filter.ReferenceID, before, edge, filter.Limit+1, inner)
	switch {
	case len(found) > filter.Limit:
		found = found[:filter.Limit]
		next = found[filter.Limit-1].Number
	case edge > 1: // the first event has the number 1
		next = edge
	}
	return found, next, err
}

// RecentEventNames returns the names of the newest events, by name.
func (tx *Tx) RecentEventNames(events, limit int) ([]string, error) {
	return tx.texts(`SELECT DISTINCT event FROM (SELECT event FROM user_events WHERE org = ? ORDER BY seq DESC LIMIT ?)
		ORDER BY event LIMIT ?`, tx.Org, events, limit)
}

// CountEvents counts what EventsWhere returns, without the Limit.
func (tx *Tx) CountEvents(filter EventFilter) (int, error) {
	where := filter.where(tx)
	n, err := value[int64](tx.db, "SELECT count(*) FROM user_events "+where.SQL, where.Args...)
	return int(n), err
}

// EventNames returns the names of all events, by name.
func (tx *Tx) EventNames() ([]string, error) {
	return tx.texts("SELECT DISTINCT event FROM user_events WHERE org = ? ORDER BY event", tx.Org)
}

// SkippedOutcome is an event that a Journey skipped.
type SkippedOutcome struct{ EventID, Event, ProfileID, JourneyID, Reason, Why string }

// SkippedOutcomes returns the newest events that Journeys skipped: those of a Profile or, if profile is "", of all.
func (tx *Tx) SkippedOutcomes(profile string, limit int) ([]SkippedOutcome, error) {
	read := func(outcome *SkippedOutcome, r *row) {
		*outcome = SkippedOutcome{r.str(), r.str(), r.str(), r.str(), r.str(), r.str()}
	}
	return view[SkippedOutcome]{`SELECT e.id, e.event, e.profile_id, o.value ->> 0, o.value ->> 1, o.value ->> 3
		FROM event_outcomes l JOIN user_events e ON e.seq = l.event JOIN json_each(l.list) o `, read}.all(tx,
		"WHERE e.org = ?1 AND "+belongsTo("e.profile_id", profile)+` AND o.value ->> 2 IS NULL
		ORDER BY l.event DESC, o.key DESC LIMIT ?3`, tx.Org, profile, limit)
}
