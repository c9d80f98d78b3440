package world

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Budgets bound the work that Journeys make while the clock stands, whatever their authors wrote. A run that exceeds one
// fails; everybody else's work goes on.

const (
	// maxVisits is how many nodes a run may reach while the clock stands.
	maxVisits = 1000
	// maxCaused is how many UserEvents and Segment entries of Journeys' making may go back to one cause.
	maxCaused = 1000
	// maxDepth is how many links a chain of Journeys that react to one another may have.
	maxDepth = 10
)

// A cause is one call or batch item, one entry, or one fact; or all timers of a Profile that fire at one instant. It is
// about one Profile and begins with that Profile's id, so that what an act does to several of them is not counted together.

// nameCause names the transaction's cause where it has none about the Profile. The name own belongs to nothing else.
func (tx *Tx) nameCause(profile, own string) {
	if strings.HasPrefix(tx.Cause, profile+" ") {
		return
	}
	if i := strings.Index(tx.Cause, store.CauseTimer); i >= 0 {
		own = fmt.Sprint(store.CauseTimer, tx.Now.UnixMilli())
	}
	tx.Cause = profile + " " + own
}

// begin names the cause of what the run does next: this visit, if nothing before it.
func (w *walk) begin() {
	if !strings.HasPrefix(w.tx.Cause, w.run.ProfileID+" ") {
		w.tx.nameCause(w.run.ProfileID, fmt.Sprintf("%s:%d", w.run.ID, w.run.Visits))
	}
}

// made is what the run brings about now.
func (w *walk) made() journey.Made { return w.state.Makes(w.run.ID, w.tx.Now) }

// guarded ends the run if it has visited too many nodes while the clock stood, and reports whether it did.
func (w *walk) guarded() (ended bool, err error) {
	if w.state.Visits <= maxVisits || w.state.Instant != w.tx.Now.UnixMilli() {
		return false, nil
	}
	steps, err := w.tx.Steps(w.run.ID)
	if err != nil {
		return false, err
	}
	return true, w.end(loopGuard("the run visited more than %d nodes of journey %s while the clock stood at %s: %s", maxVisits,
		w.d.Key, Stamp(w.tx.Now), lastRound(steps)))
}

// lastRound names the nodes that the last steps went round, or if they did not, the last few of them.
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

// afford returns why one more UserEvent or Segment entry of a Journey's making would exceed a budget, "" if it would not.
func (tx *Tx) afford(by journey.Made) (fault string, err error) {
	if by.Depth > maxDepth {
		return fmt.Sprintf("more than %d Journeys' acts within a minute of each other led here", maxDepth), nil
	}
	n, err := tx.Spent(tx.Cause)
	if err != nil || n >= maxCaused {
		return fmt.Sprintf("it would be number %d of the UserEvents and Segment entries that go back to one cause", n+1), err
	}
	if by.Chain == "" {
		return "", nil
	}
	n, err = tx.Spent(by.Chain)
	if err != nil || n >= maxCaused {
		return fmt.Sprintf("it would be number %d of the UserEvents and Segment entries within an hour to which run %s led through other runs",
			n+1, by.Root), err
	}
	return "", nil
}

// spend counts one UserEvent or Segment entry of a Journey's making.
func (tx *Tx) spend(by journey.Made) error {
	if err := tx.Spend(tx.Cause); err != nil || by.Chain == "" {
		return err
	}
	return tx.Spend(by.Chain)
}

// overspent returns why an effect would exceed a budget, "" if it would not. What may set a property was judged when the
// Profile entered Journeys by it; a chain that went beyond its budget there goes no further.
func (w *walk) overspent(effect journey.Effect) (fault string, err error) {
	if effect.Emit == nil && effect.Set == nil {
		return "", nil
	}
	by := w.made()
	if effect.Emit != nil {
		if fault, err = w.tx.afford(by); fault == "" && err == nil {
			return "", w.tx.spend(by)
		}
		return fmt.Sprintf("may not record the event %q: %s", effect.Emit.Event, fault), err
	}
	if by.Chain == "" {
		return "", nil
	}
	caused, causedErr := w.tx.Spent(w.tx.Cause)
	chained, chainedErr := w.tx.Spent(by.Chain)
	if max(caused, chained) > maxCaused {
		fault = fmt.Sprintf("may not set properties: more than %d Segment entries go back to one cause", maxCaused)
	}
	return fault, errors.Join(causedErr, chainedErr)
}

// refuse ends a run whose node would exceed a budget.
func (w *walk) refuse(fault string, err error) error {
	if err != nil {
		return err
	}
	if err := w.record(reasonLoopGuard, fault); err != nil {
		return err
	}
	return w.end(loopGuard("node %s of journey %s %s", w.run.Node, w.d.Key, fault))
}

// loopGuard is the end of a run that exceeds a budget.
func loopGuard(format string, args ...any) journey.End {
	return journey.End{Status: journey.Failed, Error: reasonLoopGuard + ": " + fmt.Sprintf(format, args...)}
}
