package tell

import (
	"fmt"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file finds what a test waits for, and explains why it did not come.

// First returns the email that was sent first, or nil if there is none.
func (q Query) First(tx *world.Tx) (*world.Mail, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return nil, err
	}
	filter.Limit, filter.OldestFirst = 1, true
	found, err := tx.Outbox(filter)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Missing explains why there is no email.
func (q Query) Missing(tx *world.Tx, refused []Refusal) (string, error) {
	r := newReport(tx, q, refused)
	return r.write(r.find, r.names, r.sent, r.waiting, r.unsent, r.carriers, r.ended, r.completed, r.events, r.calls,
		r.parked, r.others, r.sources, r.nextDue)
}

// NewestRun returns the run of a Journey that started last: the one of the Profile with this email or, if email is "",
// of anybody. It returns nil if there is none.
func NewestRun(tx *world.Tx, journey, email string) (*RunStory, error) {
	j, err := tx.JourneyWith(journey)
	if err != nil {
		return nil, err
	}
	filter := world.RunFilter{JourneyID: j.ID}
	if email != "" {
		p, err := tx.ProfileByEmail(email)
		if err != nil || p == nil {
			return nil, err
		}
		filter.ProfileID = p.ID
	}
	found, err := tx.RunsWhere(filter, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	stories, err := Runs(tx, found)
	if err != nil {
		return nil, err
	}
	return &stories[0], nil
}

// MissingRun explains why a Journey has no run of the Profile with this email or, if email is "", of anybody.
func MissingRun(tx *world.Tx, journey, email string, refused []Refusal) (string, error) {
	j, err := tx.JourneyWith(journey)
	if err != nil {
		return "", err
	}
	r := newReport(tx, Query{To: email, CarrierType: world.CarrierJourney}, refused)
	r.journey = j.Key
	return r.write(r.find, func() error { return r.noRun(j) }, r.names, r.waiting, r.ended, r.completed, r.events,
		r.calls, r.parked, r.others, r.nextDue)
}

// noRun begins the report with the Journey that has no run, and with what starts one.
func (r *report) noRun(j *world.Journey) error {
	who := "anybody"
	if r.q.To != "" {
		who = r.q.To
	}
	r.head = []string{fmt.Sprintf("no run of journey %s of %s; the clock is at %s", j.Key, who, world.Stamp(r.tx.Now))}
	entry := "the API starts it: client.Journeys.Trigger"
	if j.EntryEvent != "" {
		entry = "an event " + j.EntryEvent + " starts it"
	}
	segments, err := r.tx.Segments()
	for _, segment := range segments {
		if segment.ID == j.EntrySegment {
			entry = "a new member of Segment " + segment.Key + " starts it"
		}
	}
	r.head = append(r.head, fmt.Sprintf("  journey %s is %s; %s", j.Key, j.Status, entry))
	if j.Status != world.Active {
		r.head = append(r.head, "    try: "+activate(j.Key, j.Status))
	}
	return err
}

// NewestEvent returns the UserEvent with this name that was received last or, if name is "", of all. It returns nil if
// there is none.
func NewestEvent(tx *world.Tx, name string) (*EventStory, error) {
	stored, err := tx.EventsWhere(world.EventFilter{Name: name, Limit: 1})
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	return EventOf(tx, stored[0].ID)
}

// MissingEvent explains why there is no UserEvent with this name. A name that is not known yet is no mistake, but the
// report names the known ones that are nearest.
func MissingEvent(tx *world.Tx, name string, refused []Refusal) (string, error) {
	r := newReport(tx, Query{}, refused)
	return r.write(r.find, func() error { return r.noEvent(name) }, r.calls, r.parked, r.nextDue)
}

func (r *report) noEvent(name string) error {
	r.head = []string{fmt.Sprintf("no event %s; the clock is at %s", name, world.Stamp(r.tx.Now))}
	if name == "" {
		r.head[0] = "no event of any name; the clock is at " + world.Stamp(r.tx.Now)
	}
	known, err := r.knownEvents()
	if err != nil {
		return err
	}
	heard := slices.ContainsFunc(known, func(pattern string) bool { return cond.EventMatches(pattern, name) })
	if near := nearestFew(name, known); name != "" && !heard && len(near) > 0 {
		r.head = append(r.head, fmt.Sprintf(
			"  no Journey, Segment or earlier event has this name; the nearest known %s %s",
			plural("name", len(near)), world.JoinNames(near)))
	}

	list, err := r.trackedEvents(func(event, _ string) int { return editDistance(name, event) })
	if err != nil {
		return err
	}
	r.add(rankFar, "events that came instead, nearest first", list.counted())
	if len(list.blocks) == 0 {
		r.head = append(r.head, "no event was tracked")
	}
	return nil
}

// knownEvents returns the names of events, and the patterns, that Journeys, Segments and stored events have.
func (r *report) knownEvents() ([]string, error) {
	known, err := r.tx.EventNames()
	if err != nil {
		return nil, err
	}
	segments, err := r.tx.Segments()
	if err != nil {
		return nil, err
	}
	add := func(condition *cond.Cond) {
		if condition != nil {
			known = append(known, condition.Reads().Events...)
		}
	}
	for _, segment := range segments {
		condition, _ := cond.ParseJSON(segment.Definition)
		add(condition)
	}
	for _, j := range r.journeys {
		known = append(known, j.listens...)
		if j.EntryEvent != "" {
			known = append(known, j.EntryEvent)
		}
		add(j.definition.Audience)
		for _, node := range j.definition.Nodes {
			if node.Branch == nil {
				continue
			}
			for _, path := range node.Branch.Paths {
				add(path.When)
			}
		}
	}
	slices.Sort(known)
	return slices.Compact(known), nil
}

// nextDue ends the report with the time at which the next task is due.
func (r *report) nextDue() error {
	due, err := r.tx.NextDue()
	if err != nil {
		return err
	}
	r.tail = "nothing is due later"
	if !due.IsZero() {
		r.tail = fmt.Sprintf("the next task is due at %s: %s", world.Stamp(due), r.advance(due))
	}
	return nil
}

// NothingDue says that a waiter waits for nothing that is due now, and when the next task is due.
func NothingDue(tx *world.Tx) (string, error) {
	state, err := tx.ClockState()
	if err != nil {
		return "", err
	}
	const nothing = "nothing that is due now changes what is waited for"
	if state.Next.IsZero() {
		return nothing + ", and no work is due later; another call or a person must change it", nil
	}
	ahead := short((&report{tx: tx}).ahead(state.Next))
	return fmt.Sprintf("%s; the next work is due at %s, and the clock is at %s; Advance(%s)",
		nothing, world.Stamp(state.Next), world.Stamp(tx.Now), ahead), nil
}
