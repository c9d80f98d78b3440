package emulator

import (
	"encoding/json"
	"slices"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file looks inside the first Organization. The same structs serve Go and the control plane. The control plane's
// JSON has null where a field of a struct is "" or zero because there is no value.

// Run is one Profile's run through a Journey.
type Run struct {
	RunID       string                       `json:"runId"`
	Journey     string                       `json:"journey"` // its key
	JourneyID   string                       `json:"journeyId"`
	ProfileID   string                       `json:"profileId"`
	Email       string                       `json:"email"` // the Profile's, "" if it has been deleted
	Status      segmentflow.JourneyRunStatus `json:"status"`
	Reason      string                       `json:"reason"` // why it exited, "" if it did not
	Error       string                       `json:"error"`  // why it failed, "" if it did not
	Version     int                          `json:"version"`
	TriggeredAt time.Time                    `json:"triggeredAt"`
	CompletedAt time.Time                    `json:"completedAt"` // zero until it ends
	Waiting     *Waiting                     `json:"waiting"`     // nil if it waits for no point in time
	Path        []Step                       `json:"path"`        // the nodes that it has left, in order
	Why         string                       `json:"-"`           // the grounds for an exit by a rule, otherwise ""
}

// Waiting has the node at which a run waits, and the time at which it goes on if nothing ends the wait before.
type Waiting struct {
	Node  string    `json:"node"`
	Until time.Time `json:"until"`
}

// Step is a node that a run has left, with the time and the outcome.
type Step struct {
	Node    string    `json:"node"`
	Type    string    `json:"type"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
	Why     string    `json:"-"` // the grounds for the outcome, with the values seen; "" if there is nothing to add
}

// Event is a stored UserEvent with its outcome at each Journey that starts with this event and was Active. Numbers in
// Data are json.Number.
type Event struct {
	EventID     string         `json:"eventId"`
	Event       string         `json:"event"`
	ProfileID   string         `json:"profileId"`
	Email       string         `json:"-"` // the Profile's, "" if it has been deleted
	Data        map[string]any `json:"data"`
	ReferenceID string         `json:"referenceId"` // "" if there is none
	OccurredAt  time.Time      `json:"occurredAt"`
	ReceivedAt  time.Time      `json:"receivedAt"`
	Outcomes    []Outcome      `json:"outcomes"` // in the order in which the Journeys were evaluated
}

// Outcome is the outcome of an event at one Journey: enrolled with a RunID, or skipped with a Reason, which is a value
// of segmentflow.EnrollmentSkipReason.
type Outcome struct {
	Journey string `json:"journey"` // its key
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	RunID   string `json:"runId"`
	Why     string `json:"-"` // the grounds for it, with the values seen; "" if nothing was tested
}

// Profile is a Profile with its properties and subscriptions.
type Profile struct {
	ID         string              `json:"id"`
	Email      string              `json:"email"`
	ExternalID string              `json:"externalId"` // "" if there is none
	Phone      string              `json:"phone"`      // "" if there is none
	Properties map[string]Property `json:"properties"`
	// Subscriptions maps keys of SubscriptionGroups to the Profile's choice, Subscribed or Unsubscribed. For a group
	// that is not in it, the group's policy decides.
	Subscriptions map[string]string `json:"subscriptions"`
	Suppressed    string            `json:"suppressed"` // bounce, complaint, manual, or ""
	CreatedAt     time.Time         `json:"createdAt"`
	UpdatedAt     time.Time         `json:"updatedAt"`
}

// Property is one property of a Profile, with the source and the time of its last change. A number is a json.Number.
type Property struct {
	Value     any       `json:"value"`
	Source    string    `json:"source"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// MarshalJSON encodes the run as the control plane shows it.
func (r Run) MarshalJSON() ([]byte, error) {
	type plain Run
	return json.Marshal(struct {
		plain
		Reason      any `json:"reason"`
		Error       any `json:"error"`
		TriggeredAt any `json:"triggeredAt"`
		CompletedAt any `json:"completedAt"`
	}{
		plain(r),
		gateway.OrNull(r.Reason),
		gateway.OrNull(r.Error),
		gateway.OrNullTime(r.TriggeredAt),
		gateway.OrNullTime(r.CompletedAt),
	})
}

// MarshalJSON encodes the value as the control plane shows it.
func (w Waiting) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"node": w.Node, "until": gateway.OrNullTime(w.Until)})
}

// MarshalJSON encodes the step as the control plane shows it.
func (step Step) MarshalJSON() ([]byte, error) {
	type plain Step
	return json.Marshal(struct {
		plain
		At any `json:"at"`
	}{plain(step), gateway.OrNullTime(step.At)})
}

// MarshalJSON encodes the event as the control plane shows it.
func (event Event) MarshalJSON() ([]byte, error) {
	type plain Event
	return json.Marshal(struct {
		plain
		ReferenceID any `json:"referenceId"`
		OccurredAt  any `json:"occurredAt"`
		ReceivedAt  any `json:"receivedAt"`
	}{
		plain(event),
		gateway.OrNull(event.ReferenceID),
		gateway.OrNullTime(event.OccurredAt),
		gateway.OrNullTime(event.ReceivedAt),
	})
}

// MarshalJSON encodes the outcome as the control plane shows it.
func (outcome Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	return json.Marshal(struct {
		plain
		Reason any `json:"reason"`
		RunID  any `json:"runId"`
	}{plain(outcome), gateway.OrNull(outcome.Reason), gateway.OrNull(outcome.RunID)})
}

// MarshalJSON encodes the Profile as the control plane shows it.
func (p Profile) MarshalJSON() ([]byte, error) {
	type plain Profile
	return json.Marshal(struct {
		plain
		ExternalID any    `json:"externalId"`
		Phone      any    `json:"phone"`
		Suppressed any    `json:"suppressed"`
		CreatedAt  string `json:"createdAt"`
		UpdatedAt  string `json:"updatedAt"`
	}{
		plain(p),
		gateway.OrNull(p.ExternalID),
		gateway.OrNull(p.Phone),
		gateway.OrNull(p.Suppressed),
		gateway.Stamp(p.CreatedAt),
		gateway.Stamp(p.UpdatedAt),
	})
}

// MarshalJSON encodes the property as the control plane shows it.
func (p Property) MarshalJSON() ([]byte, error) {
	type plain Property
	return json.Marshal(struct {
		plain
		UpdatedAt string `json:"updatedAt"`
	}{plain(p), gateway.Stamp(p.UpdatedAt)})
}

// Run returns the run with this id. If there is none, it fails the test.
func (e *Emulator) Run(id string) (run Run) {
	e.tb.Helper()
	e.act(call("Run", id), func(tx *world.Tx) error {
		story, err := tell.RunOf(tx, id)
		if err == nil {
			run = runOf(story)
		}
		return err
	})
	return run
}

// Event returns the UserEvent with this id, with its outcome and the reason at each Journey. If there is none, it fails
// the test.
func (e *Emulator) Event(id string) (event Event) {
	e.tb.Helper()
	e.act(call("Event", id), func(tx *world.Tx) error {
		story, err := tell.EventOf(tx, id)
		if err == nil {
			event = eventOf(story)
		}
		return err
	})
	return event
}

// Profile returns the Profile with this email, matched without regard to case. If there is none, it fails the test.
func (e *Emulator) Profile(email string) (profile Profile) {
	e.tb.Helper()
	e.act(call("Profile", email), func(tx *world.Tx) error {
		story, err := tell.ProfileOf(tx, email)
		if err == nil {
			profile = profileOf(story)
		}
		return err
	})
	return profile
}

// Webhooks returns the webhooks of the first Organization, oldest first. It first runs what is due. Call Idle before it
// to wait for those that are being sent.
func (e *Emulator) Webhooks() (all []WebhookDelivery) {
	e.tb.Helper()
	e.act("Webhooks", func(tx *world.Tx) error {
		stored, err := tx.Webhooks(0, 0)
		for i := range slices.Backward(stored) {
			all = append(all, deliveryOf(&stored[i]))
		}
		return err
	})
	return all
}

// ResendWebhook sends a parked webhook again, with as many tries as before. If there is none with this id, or it is not
// parked, ResendWebhook fails the test.
func (e *Emulator) ResendWebhook(id string) {
	e.tb.Helper()
	e.act(call("ResendWebhook", id), func(tx *world.Tx) error { return tx.ResendWebhook(id) })
}

// runOf converts a run to the public type.
func runOf(story *tell.RunStory) Run {
	stored := &story.Run
	run := Run{
		RunID:       stored.ID,
		Journey:     story.Journey,
		JourneyID:   stored.JourneyID,
		ProfileID:   stored.ProfileID,
		Email:       story.Email,
		Status:      segmentflow.JourneyRunStatus(stored.Status),
		Reason:      stored.Reason,
		Error:       stored.Error,
		Version:     stored.Version,
		TriggeredAt: stored.TriggeredAt,
		CompletedAt: stored.CompletedAt,
		Why:         stored.Why,
		Path:        []Step{},
	}
	if !stored.Waiting.IsZero() {
		run.Waiting = &Waiting{stored.Node, stored.Waiting}
	}
	for _, step := range story.Steps {
		run.Path = append(run.Path, Step(step))
	}
	return run
}

// eventOf converts a UserEvent to the public type.
func eventOf(story *tell.EventStory) Event {
	stored := &story.Event
	event := Event{
		EventID:     stored.ID,
		Event:       stored.Event,
		ProfileID:   stored.ProfileID,
		Email:       story.Email,
		Data:        story.Data,
		ReferenceID: stored.ReferenceID,
		OccurredAt:  stored.OccurredAt,
		ReceivedAt:  stored.ReceivedAt,
		Outcomes:    []Outcome{},
	}
	for _, outcome := range story.Outcomes {
		event.Outcomes = append(event.Outcomes, Outcome{
			Journey: outcome.Journey,
			Outcome: outcome.Outcome.Outcome,
			Reason:  outcome.Outcome.Reason,
			RunID:   outcome.Outcome.RunID,
			Why:     outcome.Outcome.Why,
		})
	}
	return event
}

// profileOf converts a Profile to the public type.
func profileOf(story *tell.ProfileStory) Profile {
	stored := &story.Profile
	profile := Profile{
		ID:            stored.ID,
		Email:         stored.Email,
		ExternalID:    stored.ExternalID,
		Phone:         stored.Phone,
		Properties:    map[string]Property{},
		Subscriptions: story.Subscriptions,
		Suppressed:    story.Suppressed,
		CreatedAt:     stored.CreatedAt,
		UpdatedAt:     stored.UpdatedAt,
	}
	lineage := stored.Lineage()
	for name, value := range story.Properties {
		from := lineage[name]
		profile.Properties[name] = Property{
			Value:     value,
			Source:    from.Source,
			UpdatedAt: time.UnixMilli(from.UpdatedAt).UTC(),
		}
	}
	return profile
}
