package tell

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the question about UserEvents.

// Events asks for UserEvents. An empty field selects everything.
type Events struct {
	Name      string
	Profile   string // its email, id or externalId
	Reference string
}

func (q Events) words() words { return words{"events", "event", "events"} }

// String describes the question as failures show it.
func (q Events) String() string {
	return describe(q.Name, q.Name, q.Profile, "of "+q.Profile,
		q.Reference, fmt.Sprintf("with referenceId %q", q.Reference))
}

// Filter converts the question to a filter.
func (q Events) Filter(tx *world.Tx) (world.EventFilter, error) {
	profile, _, err := personNamed(tx, q.Profile)
	return world.EventFilter{Name: q.Name, ProfileID: profile, ReferenceID: q.Reference}, err
}

func (q Events) read(tx *world.Tx, limit int) ([]EventStory, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return nil, err
	}
	filter.Limit = limit
	found, err := tx.EventsWhere(filter)
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return EventStories(tx, found)
}

// EventStories returns the stories of stored events.
func EventStories(tx *world.Tx, stored []world.UserEvent) ([]EventStory, error) {
	stories := make([]EventStory, len(stored))
	for i := range stored {
		story, err := eventStory(tx, &stored[i])
		if err != nil {
			return nil, err
		}
		stories[i] = *story
	}
	return stories, nil
}

func (q Events) count(tx *world.Tx) (int, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return 0, err
	}
	return tx.CountEvents(filter)
}

//nolint:unparam // other questions have an error
func (q Events) lines(_ *world.Tx, one *EventStory) ([]string, error) { return eventLines(one), nil }

// eventLines describe an event: who, and what the Journeys did with it.
func eventLines(one *EventStory) []string {
	event := &one.Event
	line := fmt.Sprintf("%s  event %s of %s, %s",
		world.Stamp(event.ReceivedAt), event.Event, cmp.Or(one.Email, "a deleted Profile"), event.ID)
	if event.ReferenceID != "" {
		line += fmt.Sprintf(", referenceId %q", event.ReferenceID)
	}
	if IsSeeded(event) {
		line += ", history from a seed"
	}
	lines := []string{line}
	for _, outcome := range one.Outcomes {
		lines = append(lines, outcome.Journey+": "+withReason(outcome.Outcome.Outcome, outcome.Outcome.Reason))
	}
	return lines
}

func (q Events) missing(tx *world.Tx, refused func() []Refusal) (string, error) {
	r := newReport(tx, Query{To: q.Profile}, refused())
	_, p, err := personNamed(tx, q.Profile)
	if err != nil {
		return "", err
	}
	if p != nil {
		r.q.To = p.Email
	}
	r.head = []string{fmt.Sprintf("events: no event %s%s", q, clockOf(tx))}
	names := func() error { return r.eventNamed(q.Name) }
	others := func() error { return r.otherEvents(q) }
	who := func() error { return r.noPerson(q.Profile, p) }
	return r.write(r.find, who, names, others, r.calls, r.parked)
}

// eventNamed says what names like the one asked for there are, if no event has that name.
func (r *report) eventNamed(name string) error {
	known, err := r.tx.EventNames()
	if err != nil || name == "" || slices.Contains(known, name) {
		return err
	}
	for _, j := range r.journeys {
		known = append(known, j.listens...)
		if j.EntryEvent != "" {
			known = append(known, j.EntryEvent)
		}
	}
	line := "  no event has the name " + name
	slices.Sort(known)
	if near := similar(name, slices.Compact(known)); len(near) > 0 && near[0] != name {
		line += "; did you mean " + firstNames(near) + "?"
	}
	r.head = append(r.head, line)
	return nil
}

// otherEvents lists the events that do not match. The one that misses the fewest conditions comes first, then the one
// with the most similar name, then that of the most similar email, then the newest.
func (r *report) otherEvents(q Events) error {
	stories, err := (Events{}).read(r.tx, reportReads)
	if err != nil {
		return err
	}
	r.read(len(stories))
	if len(stories) == 0 {
		r.head = append(r.head, "there is no event")
		return nil
	}
	filter, err := q.Filter(r.tx)
	if err != nil {
		return err
	}
	slices.Reverse(stories)
	missed := func(s *EventStory) int {
		return countTrue(filter.Name != "" && s.Event.Event != filter.Name,
			filter.ProfileID != "" && s.Event.ProfileID != filter.ProfileID,
			filter.ReferenceID != "" && s.Event.ReferenceID != filter.ReferenceID)
	}
	slices.SortStableFunc(stories, func(a, b EventStory) int {
		return cmp.Or(
			cmp.Compare(missed(&a), missed(&b)),
			cmp.Compare(editDistance(q.Name, a.Event.Event), editDistance(q.Name, b.Event.Event)),
			cmp.Compare(editDistance(r.q.To, a.Email), editDistance(r.q.To, b.Email)),
		)
	})

	blocks := make([]block, len(stories))
	for i := range stories {
		blocks[i].lines = eventLines(&stories[i])
	}
	r.add(rankNear, "events that there are, nearest first", blocks)
	return nil
}
