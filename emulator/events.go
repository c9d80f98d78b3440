package emulator

import "github.com/segmentflow/segmentflow-go/emulator/internal/tell"

// Events is a question about UserEvents, including those of Journeys and seeds. Each condition returns a new, narrower
// question. A question can be asked many times; asking first runs what is due. A name or a Profile that no event has
// selects nothing.
//
//	event := emu.Events().Name("trial.started").Profile("alex@example.com").Only(t)
//	require.Equal(t, "filter_mismatch", event.Outcomes[0].Reason)
type Events struct {
	e *Emulator
	q tell.Events
}

// Events returns a question about all UserEvents of the first Organization.
func (e *Emulator) Events() Events { return Events{e: e} }

// Name selects events with this name.
func (v Events) Name(name string) Events {
	v.q.Name = name
	return v
}

// Profile selects the events of the Profile with this email, id or externalId.
func (v Events) Profile(ref string) Events {
	v.q.Profile = ref
	return v
}

// Reference selects events with this referenceId.
func (v Events) Reference(id string) Events {
	v.q.Reference = id
	return v
}

// All returns the events in the order in which they were received.
func (v Events) All() []Event {
	v.e.tb.Helper()
	return v.ask().found(0)
}

// Last returns the newest event. If there is none, it returns nil.
func (v Events) Last() *Event {
	v.e.tb.Helper()
	return v.ask().last()
}

// Count returns the number of events.
func (v Events) Count() int {
	v.e.tb.Helper()
	return v.ask().count()
}

// Only returns the event if there is exactly one. Otherwise it fails t.
// The failure says which events there are instead, those with the most similar name first, and which calls were
// refused.
func (v Events) Only(t TB) Event {
	requireTest("Only", t)
	t.Helper()
	return v.ask().only(t)
}

// None fails t if there is such an event.
func (v Events) None(t TB) {
	requireTest("None", t)
	t.Helper()
	v.ask().none(t)
}

// String describes the question as failures show it.
func (v Events) String() string { return v.q.String() }

func (v Events) ask() question[tell.EventStory, Event] {
	return question[tell.EventStory, Event]{v.e, "events", v.q, eventOf, false}
}
