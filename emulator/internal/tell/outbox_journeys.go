package tell

import (
	"fmt"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file explains the events that started no run.

// journeyOf is a Journey with its current definition.
type journeyOf struct {
	world.Journey
	definition *journey.Definition
	listens    []string // patterns of the events of its waits and exit rules, and of its Segment
}

// findJourneys reads all Journeys.
func (r *report) findJourneys() error {
	stored, err := r.tx.Journeys()
	if err != nil {
		return err
	}
	segments, err := r.tx.Segments()
	if err != nil {
		return err
	}
	for _, j := range stored {
		d, err := r.definition(j.ID, j.Version)
		if err != nil {
			return err
		}
		found := journeyOf{Journey: j, definition: d, listens: listensTo(d)}
		for _, segment := range segments {
			if condition, _ := cond.ParseJSON(segment.Definition); segment.ID == j.EntrySegment && condition != nil {
				found.listens = append(found.listens, condition.Reads().Events...)
			}
		}
		r.journeys = append(r.journeys, found)
	}
	return nil
}

// listensTo returns the patterns of the events that may move a run of a Journey.
func listensTo(d *journey.Definition) (patterns []string) {
	listen := func(event string, condition *cond.Cond) bool {
		if condition != nil {
			patterns = append(patterns, condition.Reads().Events...)
		} else {
			patterns = append(patterns, event)
		}
		return false
	}
	for i, node := range d.Nodes {
		if i == 0 || node.Wait != nil {
			d.Listens(node.ID, listen)
		}
	}
	return patterns
}

// definition returns a version of a Journey in parsed form.
func (r *report) definition(id string, version int) (*journey.Definition, error) {
	name := fmt.Sprint(id, " ", version)
	if r.versions[name] == nil {
		raw, err := r.tx.JourneyVersion(id, version)
		if err != nil {
			return nil, err
		}
		if r.versions[name] = journey.Load(raw); r.versions[name] == nil {
			return nil, fmt.Errorf("journey %s has no version %d that can be read", id, version)
		}
	}
	return r.versions[name], nil
}

// statusOf returns the status of a Journey.
func (r *report) statusOf(id string) string {
	for _, j := range r.journeys {
		if j.ID == id {
			return j.Status
		}
	}
	return ""
}

// events lists the events that Journeys skipped or did not listen to, and the members of Segments that they skipped.
func (r *report) events() error {
	if !r.hasActivity() || !r.asks(world.CarrierJourney) {
		return nil
	}
	skipped, err := r.skippedEvents()
	if err != nil {
		return err
	}
	entries, err := r.skippedEntries()
	if err != nil {
		return err
	}
	unheard, err := r.unheardEvents()
	if err != nil {
		return err
	}
	r.add(rankNear, "events that started no run", slices.Concat(skipped, entries, unheard))
	return nil
}

// tally collects blocks, and counts those of the same kind.
type tally struct {
	blocks []block
	places map[string]int
}

// seen counts a block of a kind, and reports whether there was one before.
func (list *tally) seen(kind string) bool {
	if list.places == nil {
		list.places = map[string]int{}
	}
	at, known := list.places[kind]
	if known {
		list.blocks[at].count++
	} else {
		list.places[kind] = len(list.blocks)
	}
	return known
}

// add adds the block of a kind that was not seen before.
func (list *tally) add(rank int, lines ...string) {
	list.blocks = append(list.blocks, block{rank: rank, count: 1, lines: lines})
}

// counted returns the blocks. Those that stand for several things say so.
func (list *tally) counted() []block {
	for i := range list.blocks {
		if n := list.blocks[i].count; n > 1 {
			list.blocks[i].lines[0] += fmt.Sprintf(" (%d times)", n)
		}
	}
	return list.blocks
}

func (r *report) skippedEvents() ([]block, error) {
	outcomes, err := r.tx.SkippedOutcomes(r.profileID(), reportReads)
	if err != nil {
		return nil, err
	}
	r.read(len(outcomes))
	var list tally
	for _, outcome := range outcomes {
		if list.seen(outcome.JourneyID + outcome.Event + outcome.Reason) {
			continue
		}
		key, err := r.tx.JourneyKey(outcome.JourneyID)
		if err != nil {
			return nil, err
		}
		who, err := r.of(outcome.ProfileID)
		if err != nil {
			return nil, err
		}
		lines := []string{fmt.Sprintf("journey %s skipped event %s %s%s: %s",
			key, outcome.Event, outcome.EventID, who, outcome.Reason)}
		if outcome.Why != "" {
			lines = append(lines, "because "+outcome.Why)
		}
		list.add(r.rankOfJourney(outcome.JourneyID), lines...)
	}
	return list.counted(), nil
}

func (r *report) skippedEntries() ([]block, error) {
	entries, err := r.tx.SkippedEntries(r.profileID(), reportReads)
	if err != nil {
		return nil, err
	}
	r.read(len(entries))
	var list tally
	for _, entry := range entries {
		if list.seen(entry.JourneyID + entry.Reason) {
			continue
		}
		key, err := r.tx.JourneyKey(entry.JourneyID)
		if err != nil {
			return nil, err
		}
		email, err := r.email(entry.ProfileID)
		if err != nil {
			return nil, err
		}
		lines := []string{fmt.Sprintf("journey %s skipped %s, a new member of its Segment: %s",
			key, email, entry.Reason)}
		if entry.Why != "" {
			lines = append(lines, "because "+entry.Why)
		}
		list.add(r.rankOfJourney(entry.JourneyID), lines...)
	}
	return list.counted(), nil
}

// rankOfJourney is rankOf for the current version of a Journey.
func (r *report) rankOfJourney(id string) int {
	for _, j := range r.journeys {
		if j.ID == id {
			return r.rankOf(j.definition)
		}
	}
	return 1
}

// unheardEvents explains the events that no Active Journey started with.
func (r *report) unheardEvents() ([]block, error) {
	events, err := r.tx.NewestEvents(r.profileID(), reportReads)
	if err != nil {
		return nil, err
	}
	r.read(len(events))
	var list tally
	for i := range events {
		event := &events[i]
		outcomes, err := r.tx.Outcomes(event.ID)
		if err != nil {
			return nil, err
		}
		rank, lines, err := r.unheard(event, outcomes)
		if err != nil {
			return nil, err
		}
		if len(lines) > 0 && !list.seen(lines[len(lines)-1]+event.Event) {
			list.add(rank, lines...)
		}
	}
	return list.counted(), nil
}

// unheard explains why an event had no outcome at a Journey that it might have started.
func (r *report) unheard(
	event *world.UserEvent, outcomes []world.EventOutcome,
) (rank int, lines []string, err error) {
	who, err := r.of(event.ProfileID)
	if err != nil {
		return 0, nil, err
	}
	subject := "event " + event.Event + who
	starts := false
	for _, j := range r.journeys {
		if j.EntryEvent != event.Event {
			continue
		}
		starts = true
		known := slices.ContainsFunc(outcomes, func(o world.EventOutcome) bool { return o.JourneyID == j.ID })
		switch {
		case known:
		case j.Status != world.Active:
			return r.rankOf(j.definition), []string{
				fmt.Sprintf("%s: journey %s starts with it, but is %s", subject, j.Key, j.Status),
				"try: " + activate(j.Key, j.Status),
			}, nil
		case IsSeeded(event):
			return r.rankOf(j.definition), []string{subject +
				" is history from a seed, for which no Journey is evaluated; track it with client.Events.Track"}, nil
		default:
			return r.rankOf(j.definition), []string{
				fmt.Sprintf("%s came before journey %s was Active: track it again", subject, j.Key)}, nil
		}
	}
	if starts || len(outcomes) > 0 {
		return 0, nil, nil
	}
	return r.startsNothing(event, subject)
}

// startsNothing explains an event with which no Journey starts.
func (r *report) startsNothing(event *world.UserEvent, subject string) (int, []string, error) {
	if IsSeeded(event) {
		return 0, nil, nil
	}
	var known []string
	for _, j := range r.journeys {
		if j.Status == world.Archived {
			continue
		}
		if slices.ContainsFunc(j.listens, func(p string) bool { return cond.EventMatches(p, event.Event) }) {
			return r.onlyMoves(event, subject, &j)
		}
		known = append(known, j.listens...)
		if j.EntryEvent != "" {
			known = append(known, j.EntryEvent)
		}
	}
	slices.Sort(known)
	known = nearest(event.Event, slices.Compact(known))
	line := subject + ": no Journey listens to it"
	if near := similar(event.Event, known); len(near) > 0 {
		return 0, []string{line + "; did you mean " + firstNames(near) + "?"}, nil
	}
	if len(known) > 0 {
		line += "; Journeys listen to " + firstNames(known)
	}
	return 1, []string{line}, nil
}

// onlyMoves explains an event that moves runs of a Journey and starts none. If the Profile has such a run, the event
// has done what it can.
func (r *report) onlyMoves(event *world.UserEvent, subject string, j *journeyOf) (int, []string, error) {
	runs, err := r.tx.RunsWhere(world.RunFilter{JourneyID: j.ID, ProfileID: event.ProfileID}, 1)
	if err != nil || len(runs) > 0 || j.EntrySegment != "" {
		return 0, nil, err
	}
	entry := "starts by the API: client.Journeys.Trigger"
	if j.EntryEvent != "" {
		entry = "starts with " + j.EntryEvent
	}
	return 0, []string{fmt.Sprintf("%s: journey %s only listens to it in a run, and %s", subject, j.Key, entry)}, nil
}
