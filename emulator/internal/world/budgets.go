package world

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Budgets limit the work that Journeys make while the clock does not move, whatever their authors wrote. A run that
// exceeds one fails. All other work goes on.

const (
	// maxVisits is how many nodes a run may reach while the clock does not move.
	maxVisits = 1000
	// maxCaused is how many UserEvents and Segment entries made by Journeys one cause may have.
	maxCaused = 1000
	// maxDepth is how many links a chain of Journeys that react to each other may have.
	maxDepth = 10
)

// A cause is one call or batch item, one entry, or one fact. All timers of a Profile that fire at the same time are
// also one cause. Every cause is about one Profile and begins with that Profile's id, so that what an act does to
// several Profiles is not counted together.

// nameCause names the transaction's cause if it has none about the Profile. own is a name that no other cause has.
func (tx *Tx) nameCause(profile, own string) {
	if tx.causedBy(profile) {
		return
	}
	if i := strings.Index(tx.Cause, store.CauseTimer); i >= 0 {
		own = fmt.Sprint(store.CauseTimer, tx.Now.UnixMilli())
	}
	tx.Cause = profile + " " + own
}

// causedBy reports whether the transaction's cause is about a Profile.
func (tx *Tx) causedBy(profile string) bool {
	rest, about := strings.CutPrefix(tx.Cause, profile)
	return about && strings.HasPrefix(rest, " ")
}

// setCause names the cause of what the run does next. It is this visit, unless something earlier is the cause.
func (step *stepper) setCause() {
	if !step.tx.causedBy(step.run.ProfileID) {
		step.tx.nameCause(step.run.ProfileID, fmt.Sprintf("%s:%d", step.run.ID, step.run.Visits))
	}
}

// made describes how the run causes what it does now.
func (step *stepper) made() journey.Made { return step.state.Makes(step.run.ID, step.tx.Now) }

// endIfLooping ends the run if it has visited too many nodes while the clock did not move, and reports whether it did.
func (step *stepper) endIfLooping() (ended bool, err error) {
	if step.state.Visits <= maxVisits || step.state.Instant != step.tx.Now.UnixMilli() {
		return false, nil
	}
	steps, err := step.tx.Steps(step.run.ID)
	if err != nil {
		return false, err
	}
	return true, step.end(loopGuard(
		"the run visited more than %d nodes of journey %s while the clock was at %s: %s",
		maxVisits, step.d.Key, Stamp(step.tx.Now), lastRound(steps),
	))
}

// lastRound returns the names of the nodes of the last round, or of the last few nodes if the run did not go round.
func lastRound(steps []store.RunStep) string {
	const shown = 12
	last := len(steps) - 1
	from := last - 1
	for from >= 0 && from > last-shown && steps[from].Node != steps[last].Node {
		from--
	}
	names := []string{}
	if from < 0 || steps[from].Node != steps[last].Node {
		names = append(names, "…")
	}
	for _, step := range steps[max(from, 0):] {
		names = append(names, step.Node)
	}
	return strings.Join(names, " → ")
}

// budgetFault returns why one more UserEvent or Segment entry made by a Journey would exceed a budget, "" if it would
// not.
func (tx *Tx) budgetFault(by journey.Made) (fault string, err error) {
	if by.Depth > maxDepth {
		fault = fmt.Sprintf("more than %d acts of Journeys led here, each within a minute of the one before", maxDepth)
		return fault, nil
	}
	n, err := tx.Spent(tx.Cause)
	if err != nil || n >= maxCaused {
		fault = fmt.Sprintf("it would be number %d of the UserEvents and Segment entries with one cause", n+1)
		return fault, err
	}

	if by.Chain == "" {
		return "", nil
	}
	n, err = tx.Spent(by.Chain)
	if err != nil || n >= maxCaused {
		return fmt.Sprintf("it would be number %d of the UserEvents and Segment entries "+
			"that run %s has caused through other runs within an hour", n+1, by.Root), err
	}
	return "", nil
}

// spend counts one UserEvent or Segment entry made by a Journey.
func (tx *Tx) spend(by journey.Made) error {
	if err := tx.Spend(tx.Cause); err != nil || by.Chain == "" {
		return err
	}
	return tx.Spend(by.Chain)
}

// effectFault returns why an effect would exceed a budget, "" if it would not. Setting properties does not count. The
// Segment entries that it causes count when the Profile enters Journeys, and a chain that exceeded its budget there
// goes no further.
func (step *stepper) effectFault(effect journey.Effect) (fault string, err error) {
	if effect.Emit == nil && effect.Set == nil {
		return "", nil
	}

	by := step.made()
	if effect.Emit != nil {
		if fault, err = step.tx.budgetFault(by); fault == "" && err == nil {
			return "", step.tx.spend(by)
		}
		return fmt.Sprintf("may not record the event %q: %s", effect.Emit.Event, fault), err
	}
	if by.Chain == "" {
		return "", nil
	}
	caused, causedErr := step.tx.Spent(step.tx.Cause)
	chained, chainedErr := step.tx.Spent(by.Chain)
	if max(caused, chained) > maxCaused {
		fault = fmt.Sprintf("may not set properties: more than %d Segment entries have one cause", maxCaused)
	}
	return fault, errors.Join(causedErr, chainedErr)
}

// refuse ends a run whose node would exceed a budget.
func (step *stepper) refuse(fault string, err error) error {
	if err != nil {
		return err
	}
	step.record(journey.Effect{Outcome: reasonLoopGuard, Why: fault})
	return step.end(loopGuard("node %s of journey %s %s", step.run.Node, step.d.Key, fault))
}

// loopGuard returns the end of a run that exceeds a budget.
func loopGuard(format string, args ...any) journey.End {
	return journey.End{Status: journey.Failed, Error: reasonLoopGuard + ": " + fmt.Sprintf(format, args...)}
}
