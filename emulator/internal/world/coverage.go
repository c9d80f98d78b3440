package world

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Journey coverage: which parts of Journeys were reached. The world counts it for what is shown of it, and a recorder
// for the tests. A mark counts once its act has committed.

// countEnd is the kind of place of a run that has ended, with its status as the name. Coverage does not know it.
const countEnd = "end"

// count counts a run that comes to a place, with n, or is there from now on, with here.
func (tx *Tx) count(run *store.Run, place coverage.Place, n, here int) {
	tx.counts = append(tx.counts, store.RunPlaceCount{
		JourneyID: run.JourneyID,
		Version:   run.Version,
		Kind:      place.Kind,
		Node:      place.Node,
		Name:      place.Name,
		To:        place.To,
		N:         n,
		Here:      here,
	})
}

// stands counts a run that is at its node from now on, with 1, or no more, with -1.
func (tx *Tx) stands(run *store.Run, here int) { tx.count(run, coverage.Node(run.Node), 0, here) }

// reachRun marks a place that a run reaches.
func (tx *Tx) reachRun(run *store.Run, place coverage.Place) {
	tx.count(run, place, 1, 0)
	tx.reach(run.JourneyID, run.Version, place)
}

// reach marks a place in a version of a Journey for the recorder.
func (tx *Tx) reach(id string, version int, place coverage.Place) {
	if tx.w.config.Coverage == nil {
		return
	}
	if _, err := tx.definition(id, version); err == nil { // otherwise the act fails for the same reason
		known := tx.w.covered[store.JourneyVersion{ID: id, Version: version}]
		tx.marks = append(tx.marks, coverage.Mark{Version: known, Place: place})
	}
}

// reachWay marks how the run leaves its node. A run that an exit rule ends at the end of a delay does not leave it, and
// an effect that a budget forbids has neither a next node nor an end.
func (step *stepper) reachWay(effect journey.Effect) {
	if step.run.ExitRule == "" && (effect.Next != "" || effect.End != nil) {
		step.reach(coverage.Way(step.run.Node, effect.Outcome, effect.Next))
	}
}

func (step *stepper) reach(place coverage.Place) { step.tx.reachRun(step.run, place) }

// reachSkip marks that a Profile does not enter. The call that triggers a Journey is refused then and its act rolled
// back, but the refusal has happened.
func (tx *Tx) reachSkip(j *store.Journey, reason string) {
	before := len(tx.marks)
	tx.reach(j.ID, j.Version, coverage.Skip(reason))
	if j.EntryType == journey.EntryAPI && len(tx.marks) > before {
		tx.w.config.Coverage.Add(tx.marks[before:]...)
		tx.marks = tx.marks[:before]
	}
}

// reachJourney marks that the world has a Journey whose runs may begin. Nothing of it is reached yet.
func (tx *Tx) reachJourney(j *store.Journey) {
	if j.Status == Active || j.Status == Paused {
		tx.reach(j.ID, j.Version, coverage.Place{})
	}
}

// reachJourneys marks all Journeys, also those that the world had when it was opened.
func (tx *Tx) reachJourneys() error {
	orgs, err := tx.OrganizationIDs()
	for _, tx.Org = range orgs {
		journeys, failed := tx.LiveJourneys()
		err = errors.Join(err, failed)
		for i := range journeys {
			tx.reachJourney(&journeys[i])
		}
	}
	return err
}

// Nested is that of the store. What a failed part has marked does not count, and its hooks are not sent.
func (tx *Tx) Nested(part func() error) error {
	marks, counts, hooks := len(tx.marks), len(tx.counts), len(tx.hooks)
	err := tx.Tx.Nested(part)
	if err != nil {
		tx.marks, tx.counts, tx.hooks = tx.marks[:marks], tx.counts[:counts], tx.hooks[:hooks]
		clear(tx.w.bases)
		tx.w.tallies.Undo()
	}
	return err
}

// RunTotals is how many runs of a Journey are under way, and how many have ended with each status.
type RunTotals struct{ UnderWay, Completed, Exited, Failed int }

// Begun returns how many runs have begun.
func (t RunTotals) Begun() int { return t.UnderWay + t.Completed + t.Exited + t.Failed }

// Reached is what the runs of a version of a Journey have reached so far.
type Reached struct {
	RunTotals
	Places map[coverage.Place]int
	Here   map[string]int // how many runs are at a node now
}

// Reached returns what the runs of a version of a Journey have reached. The version 0 stands for all.
func (tx *Tx) Reached(journeyID string, version int) (Reached, error) {
	found := Reached{Places: map[coverage.Place]int{}, Here: map[string]int{}}
	ends := map[string]*int{
		store.RunCompleted: &found.Completed, store.RunExited: &found.Exited, store.RunFailed: &found.Failed,
	}
	counts, err := tx.RunCounts(journeyID, version)
	for _, count := range counts {
		if count.Kind == countEnd {
			*ends[count.Name] += count.N
			continue
		}
		found.Places[coverage.Place{Kind: count.Kind, Node: count.Node, Name: count.Name, To: count.To}] += count.N
		if count.Here > 0 {
			found.Here[count.Node] += count.Here
			found.UnderWay += count.Here
		}
	}
	return found, err
}
