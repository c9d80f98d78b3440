package world

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Journey coverage: which parts of Journeys were reached. A mark counts once its act has committed. Without a recorder
// there is nothing to do.

// reach marks a place in a version of a Journey.
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

func (step *stepper) reach(place coverage.Place) {
	step.tx.reach(step.run.JourneyID, step.run.Version, place)
}

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

// Nested is that of the store. What a failed part has marked does not count.
func (tx *Tx) Nested(part func() error) error {
	before := len(tx.marks)
	err := tx.Tx.Nested(part)
	if err != nil {
		tx.marks = tx.marks[:before]
	}
	return err
}
