package emulator

import (
	"encoding/json"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Looking inside. The same structs serve Go and the control plane, whose JSON has null where a field says "" or zero for
// none. All of it is about the first Organization.

// Run is one Profile's way through a Journey.
type Run struct {
	RunID       string                       `json:"runId"`
	Journey     string                       `json:"journey"` // its key
	JourneyID   string                       `json:"journeyId"`
	ProfileID   string                       `json:"profileId"`
	Email       string                       `json:"email"` // the Profile's, "" when it is deleted
	Status      segmentflow.JourneyRunStatus `json:"status"`
	Reason      string                       `json:"reason"` // why it exited, "" for none
	Error       string                       `json:"error"`  // why it failed, "" for none
	Version     int                          `json:"version"`
	TriggeredAt time.Time                    `json:"triggeredAt"`
	CompletedAt time.Time                    `json:"completedAt"` // zero while it is under way
	Waiting     *Waiting                     `json:"waiting"`     // nil when it waits for no instant
	Path        []Step                       `json:"path"`        // the nodes that it has left, in order
	Why         string                       `json:"-"`           // what an exit by a rule rests on, "" otherwise
}

// Waiting says where a run stands and when it goes on by itself.
type Waiting struct {
	Node  string    `json:"node"`
	Until time.Time `json:"until"`
}

// Step is a node that a run has left, when, and with what outcome.
type Step struct {
	Node    string    `json:"node"`
	Type    string    `json:"type"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
	Why     string    `json:"-"` // what the outcome rests on, with the values seen; "" where it says it all
}

// Event is a stored UserEvent, with what each Journey that listens to it made of it. Numbers in Data are json.Number.
type Event struct {
	EventID     string         `json:"eventId"`
	Event       string         `json:"event"`
	ProfileID   string         `json:"profileId"`
	Data        map[string]any `json:"data"`
	ReferenceID string         `json:"referenceId"` // "" for none
	OccurredAt  time.Time      `json:"occurredAt"`
	ReceivedAt  time.Time      `json:"receivedAt"`
	Outcomes    []Outcome      `json:"outcomes"` // in the order in which the Journeys were asked
}

// Outcome is what a Journey made of an event: enrolled with a RunID, or skipped with a Reason.
type Outcome struct {
	Journey string `json:"journey"` // its key
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	RunID   string `json:"runId"`
	Why     string `json:"-"` // what that rests on, with the values seen; "" where there was nothing to test
}

// Profile is one person as the emulator knows them.
type Profile struct {
	ID         string              `json:"id"`
	Email      string              `json:"email"`
	ExternalID string              `json:"externalId"` // "" for none
	Phone      string              `json:"phone"`      // "" for none
	Properties map[string]Property `json:"properties"`
	// Subscriptions has what the Profile said of SubscriptionGroups, by their keys: Subscribed or Unsubscribed. For a group
	// that is not in it the group's policy decides.
	Subscriptions map[string]string `json:"subscriptions"`
	Suppressed    string            `json:"suppressed"` // bounce, complaint, manual, or ""
	CreatedAt     time.Time         `json:"createdAt"`
	UpdatedAt     time.Time         `json:"updatedAt"`
}

// Property is one durable value of a Profile, where it came from and when it changed last. A number is a json.Number.
type Property struct {
	Value     any       `json:"value"`
	Source    string    `json:"source"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// MarshalJSON gives the run as the control plane shows it.
func (r Run) MarshalJSON() ([]byte, error) {
	type plain Run
	return json.Marshal(struct {
		plain
		Reason      any `json:"reason"`
		Error       any `json:"error"`
		TriggeredAt any `json:"triggeredAt"`
		CompletedAt any `json:"completedAt"`
	}{plain(r), gateway.OrNull(r.Reason), gateway.OrNull(r.Error), gateway.OrNullTime(r.TriggeredAt), gateway.OrNullTime(r.CompletedAt)})
}

// MarshalJSON gives the instant as the control plane shows it.
func (w Waiting) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"node": w.Node, "until": gateway.OrNullTime(w.Until)})
}

// MarshalJSON gives the step as the control plane shows it.
func (s Step) MarshalJSON() ([]byte, error) {
	type plain Step
	return json.Marshal(struct {
		plain
		At any `json:"at"`
	}{plain(s), gateway.OrNullTime(s.At)})
}

// MarshalJSON gives the event as the control plane shows it.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	return json.Marshal(struct {
		plain
		ReferenceID any `json:"referenceId"`
		OccurredAt  any `json:"occurredAt"`
		ReceivedAt  any `json:"receivedAt"`
	}{plain(e), gateway.OrNull(e.ReferenceID), gateway.OrNullTime(e.OccurredAt), gateway.OrNullTime(e.ReceivedAt)})
}

// MarshalJSON gives the outcome as the control plane shows it.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	return json.Marshal(struct {
		plain
		Reason any `json:"reason"`
		RunID  any `json:"runId"`
	}{plain(o), gateway.OrNull(o.Reason), gateway.OrNull(o.RunID)})
}

// Runs gives the runs of the Journey with this key or id, oldest first; none when there is no such Journey.
func (e *Emulator) Runs(journey string) []Run {
	if e.tb != nil {
		e.tb.Helper()
	}
	runs := []Run{}
	e.act("runs", func(tx *world.Tx) error {
		j, err := tx.Journey(journey)
		if err != nil || j == nil {
			return err
		}
		stories, err := tell.RunsOfJourney(tx, j.ID)
		runs = runsOf(stories)
		return err
	})
	return runs
}

// Run gives one run with the path it took. An id that is no run's fails the test of Start; without one it panics.
func (e *Emulator) Run(id string) (run Run) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.act("run", func(tx *world.Tx) error {
		story, err := tell.RunOf(tx, id)
		if err == nil {
			run = runOf(story)
		}
		return err
	})
	return run
}

// Event gives a stored UserEvent with each Journey's outcome and reason. An id that is no event's fails the test of
// Start; without one it panics.
func (e *Emulator) Event(id string) (event Event) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.act("event", func(tx *world.Tx) error {
		story, err := tell.EventOf(tx, id)
		if err == nil {
			event = eventOf(story)
		}
		return err
	})
	return event
}

// Profile gives the Profile with this email, ignoring case. An email that is nobody's fails the test of Start; without
// one it panics.
func (e *Emulator) Profile(email string) (profile Profile) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.act("profile", func(tx *world.Tx) error {
		story, err := tell.ProfileOf(tx, email)
		if err == nil {
			profile = profileOf(story)
		}
		return err
	})
	return profile
}

// runOf is a run as users see it.
func runOf(story *tell.RunStory) Run {
	s := &story.Run
	run := Run{RunID: s.ID, Journey: story.Journey, JourneyID: s.JourneyID, ProfileID: s.ProfileID, Email: story.Email,
		Status: segmentflow.JourneyRunStatus(s.Status), Reason: s.Reason, Error: s.Error, Version: s.Version, TriggeredAt: s.TriggeredAt,
		CompletedAt: s.CompletedAt, Why: s.Why, Path: []Step{}}
	if !s.Waiting.IsZero() {
		run.Waiting = &Waiting{s.Node, s.Waiting}
	}
	for _, step := range story.Steps {
		run.Path = append(run.Path, Step(step))
	}
	return run
}

func runsOf(stories []tell.RunStory) []Run {
	runs := make([]Run, len(stories))
	for i := range stories {
		runs[i] = runOf(&stories[i])
	}
	return runs
}

// eventOf is a UserEvent as users see it.
func eventOf(story *tell.EventStory) Event {
	s := &story.Event
	out := Event{EventID: s.ID, Event: s.Event, ProfileID: s.ProfileID, Data: story.Data, ReferenceID: s.ReferenceID,
		OccurredAt: s.OccurredAt, ReceivedAt: s.ReceivedAt, Outcomes: []Outcome{}}
	for _, o := range story.Outcomes {
		out.Outcomes = append(out.Outcomes, Outcome{Journey: o.Journey, Outcome: o.Outcome.Outcome, Reason: o.Outcome.Reason,
			RunID: o.Outcome.RunID, Why: o.Outcome.Why})
	}
	return out
}

// profileOf is a Profile as users see it.
func profileOf(story *tell.ProfileStory) Profile {
	p := &story.Profile
	out := Profile{ID: p.ID, Email: p.Email, ExternalID: p.ExternalID, Phone: p.Phone, Properties: map[string]Property{},
		Subscriptions: story.Subscriptions, Suppressed: story.Suppressed, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
	for name, v := range story.Properties {
		from := p.Lineage[name]
		out.Properties[name] = Property{Value: v, Source: from.Source, UpdatedAt: time.UnixMilli(from.UpdatedAt).UTC()}
	}
	return out
}
