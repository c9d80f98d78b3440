package world

import (
	"encoding/json"
	"iter"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Events. Documented: one UserEvent about one Profile; durable properties; one-event data; redaction before durable
// retention; the counts. Decided here: the order inside one event (properties, the event itself, exit rules, waits,
// then new entries); the skip reasons; that redaction comes first, so that nothing here sees a redacted value.

// maxAhead is how far occurredAt may be in the future.
const maxAhead = 24 * time.Hour

// TrackedEvent is a UserEvent that a caller reports.
type TrackedEvent struct {
	Event       string
	Who         Identity
	Properties  json.RawMessage
	Data        map[string]any
	Redact      []string // paths of values in data to replace by "[redacted]"
	ReferenceID string
	OccurredAt  string // an ISO date-time; "" is the time of the call
}

// Tracked is the result of TrackEvent.
type Tracked struct {
	EventID, ProfileID string
	eventCounts
}

// TrackEvent records one UserEvent. Matching Active Journeys react to it.
func (tx *Tx) TrackEvent(asked TrackedEvent) (done Tracked, err error) {
	occurredAt := tx.Now
	if asked.OccurredAt != "" {
		at, ok := tx.occurredAt(asked.OccurredAt)
		if !ok {
			return done, unacceptable(ReasonOccurredAtInFuture, "occurredAt is more than 24 hours in the future.")
		}
		occurredAt = at
	}

	p, changed, err := tx.resolveProfile(asked.Who, asked.Properties, store.SourceEvent)
	if err != nil {
		return done, err
	}

	ev := &userEvent{
		Name:        asked.Event,
		Data:        render.Blank(asked.Data, asked.Redact),
		ReferenceID: asked.ReferenceID,
		OccurredAt:  occurredAt,
	}
	if changed {
		if ev.Written, err = writtenNames(asked.Properties); err != nil {
			return done, err
		}
	}
	done.eventCounts, err = tx.recordEvent(p, ev)
	done.EventID, done.ProfileID = ev.ID, p.ID
	return done, err
}

// occurredAt reads the time of an event. It reports false for one that is not accepted.
func (tx *Tx) occurredAt(text string) (at time.Time, ok bool) {
	at, ok = cond.ParseTime(text)
	return at, ok && !at.After(tx.Now.Add(maxAhead)) && !at.After(cond.LastInstant) && at.Year() >= 0
}

// userEvent is a UserEvent that is not recorded yet.
type userEvent struct {
	ID, Name, ReferenceID string
	Data                  any
	OccurredAt            time.Time
	Number                int          // its place in the order of receipt, if it has not occurred yet
	Written               []string     // members of /profile that were written with it
	made                  journey.Made // if a Journey made the event
	atOnce                bool         // it must be written now, not later
	stored                bool
}

type eventCounts struct{ Enrolled, Skipped int64 }

// recordEvent stores a UserEvent. Then Journeys react, in this order: exit rules of the Profile's runs, their waits,
// new entries. The new runs do not step yet.
func (tx *Tx) recordEvent(p *store.Profile, ev *userEvent) (counts eventCounts, err error) {
	number, err := tx.storeEvent(p, ev)
	if err != nil {
		return counts, err
	}
	if err := tx.reactTo(p, change{event: ev, names: ev.Written, made: ev.made}); err != nil {
		return counts, err
	}

	journeys, err := tx.enteredBy(ev.Name)
	if err != nil || len(journeys) == 0 {
		return counts, err
	}
	state := &beginning{RunState: journey.RunState{Event: ev.Data}}
	state.Link(tx.Now, ev.made)
	env, err := tx.env(p, state.Buckets())
	if err != nil {
		return counts, err
	}

	who, outcomes := &entrant{p: p, env: env}, store.NewOutcomes(len(journeys))
	for _, j := range journeys {
		admission, err := tx.admit(j, who)
		if err != nil {
			return counts, err
		}
		var run *store.Run
		if admission.Skip != "" {
			counts.Skipped++
		} else {
			counts.Enrolled++
			if run, err = tx.enrol(j, p, admission.Key, number, state); err != nil {
				return counts, err
			}
		}
		outcomes.Add(j.ID, admission.Skip, run, admission.Why)
	}
	return counts, tx.AddOutcomes(number, outcomes)
}

// storeEvent stores a UserEvent and returns its place in the order of receipt.
func (tx *Tx) storeEvent(p *store.Profile, ev *userEvent) (number int, err error) {
	data, err := quickjson.Encode(ev.Data)
	if err != nil {
		return 0, err
	}
	if ev.ID == "" {
		ev.ID = tx.NewID()
	}
	tx.nameCause(p.ID, ev.ID)
	stored := store.UserEvent{
		ID:          ev.ID,
		ProfileID:   p.ID,
		Event:       ev.Name,
		Data:        data,
		ReferenceID: ev.ReferenceID,
		OccurredAt:  ev.OccurredAt,
	}
	if err := tx.addEvent(&stored); err != nil {
		return 0, err
	}
	if ev.atOnce {
		if err := tx.Save(); err != nil {
			return 0, err
		}
	}
	ev.stored = true
	if ev.OccurredAt.After(tx.Now) {
		ev.Number = stored.Number
	}
	return stored.Number, nil
}

// eventsAtOnce is how many events of a Profile are read at once. Most conditions need only the newest ones.
const eventsAtOnce = 100

// Events implements cond.Facts.
func (f *facts) Events(name string, prefix bool, since time.Time) iter.Seq2[cond.Event, error] {
	return func(yield func(cond.Event, error) bool) {
		var last *store.UserEvent
		for {
			found, err := f.tx.EventsOf(f.profile.ID, name, prefix, since, last, eventsAtOnce)
			if err != nil {
				yield(cond.Event{}, err)
				return
			}
			for i := range found {
				event, err := conditionEvent(&found[i])
				if !yield(event, err) || err != nil {
					return
				}
			}
			if len(found) < eventsAtOnce {
				return
			}
			last = &found[len(found)-1]
		}
	}
}

// conditionEvent returns what conditions see of an event.
func conditionEvent(event *store.UserEvent) (cond.Event, error) {
	data, err := cond.DecodeObject(event.Data)
	return cond.Event{
		Name:       event.Event,
		OccurredAt: event.OccurredAt,
		Data:       data,
		Number:     event.Number,
		ReceivedAt: event.ReceivedAt,
	}, err
}

// mailFacts maps names of email facts in conditions to the names under which they are recorded, where these differ.
var mailFacts = map[string]string{"sent": outcome.Accepted}

// Mail implements cond.Facts.
func (f *facts) Mail(kind, template string, since time.Time) ([]time.Time, error) {
	c, err := f.tx.catalog()
	if err != nil {
		return nil, err
	}
	if template != "" {
		template = c.TemplateID(template)
	}
	return f.tx.FactTimes(f.profile.ID, c.FactType(kind), template, since)
}
