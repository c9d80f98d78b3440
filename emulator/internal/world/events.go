package world

import (
	"encoding/json"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Events. Documented: one UserEvent about one Profile; durable properties; one-event data; redaction before durable
// retention; the counts. Decided here: the order inside one event (properties, the event itself, exit rules, waits, then
// new entries), the skip reasons, and that nothing but the caller's reply ever sees what was redacted.

// maxAhead is how far occurredAt may lie in the future.
const maxAhead = 24 * time.Hour

// TrackedEvent is a UserEvent that a caller reports.
type TrackedEvent struct {
	Event       string
	Who         Identity
	Properties  json.RawMessage
	Data        map[string]any
	Redact      []string // paths of data that nobody but the caller sees
	ReferenceID string
	OccurredAt  string // an ISO date-time; without one it is the time of the call
}

// Tracked is what a UserEvent brought about.
type Tracked struct {
	EventID, ProfileID string
	eventCounts
}

// TrackEvent records one UserEvent; matching active Journeys react.
func (tx *Tx) TrackEvent(asked TrackedEvent) (done Tracked, err error) {
	occurredAt := tx.Now
	if asked.OccurredAt != "" {
		at, ok := cond.ParseTime(asked.OccurredAt)
		if !ok || at.After(tx.Now.Add(maxAhead)) {
			return done, unacceptable(reasonOccurredAtInFuture, "occurredAt lies more than 24 hours in the future.")
		}
		occurredAt = at
	}
	p, changed, err := tx.resolveProfile(asked.Who, asked.Properties, store.SourceEvent)
	if err != nil {
		return done, err
	}
	fact := &userEvent{Name: asked.Event, Data: render.Blank(asked.Data, asked.Redact), ReferenceID: asked.ReferenceID, OccurredAt: occurredAt}
	if changed {
		if fact.Written, err = written(asked.Properties); err != nil {
			return done, err
		}
	}
	done.eventCounts, err = tx.recordEvent(p, fact)
	done.EventID, done.ProfileID = fact.ID, p.ID
	return done, err
}

// userEvent is a UserEvent on its way in.
type userEvent struct {
	ID, Name, ReferenceID string
	Data                  any
	OccurredAt            time.Time
	Written               []string     // members of /profile that came with it
	made                  journey.Made // of one that a Journey made
}

type eventCounts struct{ Enrolled, Skipped int64 }

// recordEvent stores a UserEvent and lets Journeys react, in this order: exit rules of the Profile's runs, their waits,
// new entries. What it enrols does not step yet.
func (tx *Tx) recordEvent(p *store.Profile, ev *userEvent) (counts eventCounts, err error) {
	data, err := json.Marshal(ev.Data)
	if err != nil {
		return counts, err
	}
	ev.ID = tx.NewID()
	tx.nameCause(p.ID, ev.ID)
	if err := tx.PutEvent(store.UserEvent{ID: ev.ID, ProfileID: p.ID, Event: ev.Name, Data: data, ReferenceID: ev.ReferenceID,
		OccurredAt: ev.OccurredAt}); err != nil {
		return counts, err
	}
	if err := tx.touched(p, touch{event: ev, names: ev.Written, made: ev.made}); err != nil {
		return counts, err
	}
	journeys, err := tx.enteredBy(ev.Name)
	if err != nil || len(journeys) == 0 {
		return counts, err
	}
	state := journey.RunState{Event: ev.Data}
	state.Link(tx.Now, ev.made)
	if ev.OccurredAt.After(tx.Now) {
		state.Ahead = ev.OccurredAt.UnixMilli()
	}
	env, err := tx.env(p, state.Buckets())
	if err != nil {
		return counts, err
	}
	outcomes := make([]store.EventOutcome, len(journeys))
	for i := range journeys {
		outcome, err := tx.enter(journeys[i], p, ev.ID, state, env)
		if err != nil {
			return counts, err
		}
		if outcome.RunID != "" {
			counts.Enrolled++
		} else {
			counts.Skipped++
		}
		outcomes[i] = outcome
	}
	return counts, tx.AddOutcomes(outcomes)
}

// enter enrols the Profile in a Journey that an event starts, or says why not.
func (tx *Tx) enter(j *store.Journey, p *store.Profile, eventID string, state journey.RunState, env *cond.Env) (store.EventOutcome, error) {
	outcome := store.EventOutcome{EventID: eventID, JourneyID: j.ID, Outcome: store.Skipped}
	admission, err := tx.admit(j, p, env)
	outcome.Why = admission.Why
	if err != nil || admission.Skip != "" {
		outcome.Reason = admission.Skip
		return outcome, err
	}
	run, err := tx.enrol(j, p, admission.Key, state)
	if err != nil {
		return outcome, err
	}
	outcome.Outcome, outcome.RunID = store.Enrolled, run.ID
	return outcome, nil
}

func (f *facts) Events(name string, prefix bool, since time.Time) ([]cond.Event, error) {
	stored, err := f.tx.EventsOf(f.profile.ID, name, prefix, since)
	if err != nil {
		return nil, err
	}
	events := make([]cond.Event, len(stored))
	for i, ev := range stored {
		data, err := cond.DecodeObject(ev.Data)
		if err != nil {
			return nil, err
		}
		events[i] = cond.Event{Name: ev.Event, OccurredAt: ev.OccurredAt, Data: data}
	}
	return events, nil
}

// mailFacts are the conditions' words for what is recorded under another name.
var mailFacts = map[string]string{"sent": outcome.Accepted}

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
