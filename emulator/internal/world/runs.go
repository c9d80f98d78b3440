package world

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// stepper takes the steps of one run. It has everything on which the next step depends.
type stepper struct {
	tx    *Tx
	run   *store.Run
	j     *store.Journey
	d     *journey.Definition
	p     *store.Profile
	state journey.RunState

	stored journey.Progress // that run.State has
	kept   bool             // an event that run.State does not have
}

// newStepper loads what a run's next step depends on, except the Profile. It may be nil if the step does not read it.
func (tx *Tx) newStepper(run *store.Run, p *store.Profile) (*stepper, error) {
	step := &stepper{tx: tx, run: run, p: p}
	var err error
	if step.j, err = tx.journey(run.JourneyID); err != nil {
		return nil, err
	}
	if step.d, err = tx.definition(run.JourneyID, run.Version); err != nil {
		return nil, err
	}
	step.state, err = tx.runState(run.State)
	step.stored = step.state.Progress
	return step, err
}

// loadStepper is newStepper with the Profile, if that still exists.
func (tx *Tx) loadStepper(run *store.Run) (*stepper, error) {
	p, err := tx.Profile(run.ProfileID)
	if err != nil {
		return nil, err
	}
	return tx.newStepper(run, p)
}

// RunWith finds a run by id.
func (tx *Tx) RunWith(id string) (*store.Run, error) {
	run, err := tx.Run(strings.ToLower(id))
	if err == nil && run == nil {
		return nil, NotFound("JourneyRun", id)
	}
	return run, err
}

// enrol starts a run. Its first step is due at once. event is the Number of the event that starts it, 0 if none does.
func (tx *Tx) enrol(
	j *store.Journey, p *store.Profile, key string, event int, state *beginning,
) (*store.Run, error) {
	d, err := tx.definition(j.ID, j.Version)
	if err != nil {
		return nil, err
	}
	received := 0
	if d.LooksBack() {
		if received, err = tx.LastEvent(); err != nil {
			return nil, err
		}
	}
	raw, err := state.encode(received)
	if err != nil {
		return nil, err
	}

	id := tx.NewID()
	tx.nameCause(p.ID, id)
	run := &store.Run{
		ID:          id,
		JourneyID:   j.ID,
		Version:     j.Version,
		ProfileID:   p.ID,
		Key:         key,
		Event:       event,
		Status:      store.RunQueued,
		Node:        d.Start,
		State:       raw,
		TriggeredAt: tx.Now,
		Reacts:      d.Reacts(d.Start, false),
	}
	if run.Task, err = tx.AddTask(tx.Now, TaskStep, run.ID, ""); err != nil {
		return nil, err
	}
	tx.reach(j.ID, j.Version, coverage.Run())
	tx.stands(run, 1)
	tx.note(NewsRun, "")
	return run, tx.AddRun(run)
}

// stepTask makes a run arrive at its node, or continue from it if its timer there is due.
func (tx *Tx) stepTask(task store.Task) error {
	run, err := tx.Run(task.Ref)
	if err != nil || run == nil || run.Task != task.Seq {
		return err
	}
	run.Task = 0
	tx.nameCause(run.ProfileID, run.ID)
	step, err := tx.loadStepper(run)
	if err != nil {
		return err
	}
	if step.p == nil {
		return step.end(journey.End{Status: journey.Exited, Reason: journey.ReasonProfileDeleted})
	}
	if step.isHeld() {
		return step.hold()
	}

	run.Status = store.RunRunning
	if run.ExitRule == "" {
		if done, err := step.applyExitRules(nil); done || err != nil {
			return err
		}
	}
	return step.proceed()
}

// proceed goes from node to node until the run waits, ends, or has done something to which others react first.
func (step *stepper) proceed() error {
	for {
		if ended, err := step.endIfLooping(); ended || err != nil {
			return err
		}
		effect, err := step.move()
		if err != nil {
			return err
		}
		again, err := step.apply(effect)
		if err != nil || !again {
			return err
		}
		if step.isHeld() {
			return step.hold()
		}
	}
}

func (step *stepper) move() (journey.Effect, error) {
	if step.run.Waiting.IsZero() {
		step.reach(coverage.Node(step.run.Node))
		in, err := step.input()
		if err != nil {
			return journey.Effect{}, err
		}
		return step.d.Arrive(step.run.Node, in)
	}
	if rule := step.run.ExitRule; rule != "" { // it matched during a delay that is not cut short
		end := &journey.End{Status: journey.Exited, Reason: journey.ExitRuleReason(rule)}
		return journey.Effect{Outcome: "elapsed", End: end}, nil
	}
	return step.d.Fire(step.run.Node)
}

func (step *stepper) input() (journey.Input, error) {
	env := &cond.Env{Now: step.tx.Now}
	if step.d.ReadsState(step.run.Node) {
		var err error
		if env, err = step.env(); err != nil {
			return journey.Input{}, err
		}
	}
	return journey.Input{
		Env:       env,
		RunID:     step.run.ID,
		ProfileID: step.run.ProfileID,
		Key:       step.run.Key,
		Seed:      step.tx.w.seed,
		Entered:   step.run.TriggeredAt,
		Received:  step.state.Received,
		Ahead:     step.state.Ahead,
	}, nil
}

func (step *stepper) env() (*cond.Env, error) {
	env, err := step.tx.env(step.p, step.state.Buckets())
	if err == nil {
		env.Hidden = step.tx.hidden(step.run.JourneyID, step.run.Version)
	}
	return env, err
}

// apply carries out an effect. again reports whether the run may continue at once.
func (step *stepper) apply(effect journey.Effect) (again bool, err error) {
	if fault, err := step.effectFault(effect); fault != "" || err != nil {
		return false, step.refuse(fault, err)
	}
	if effect.Outcome != "" {
		step.record(effect)
	}

	switch {
	case effect.End != nil:
		return false, step.end(*effect.End)
	case effect.Email != nil:
		return false, step.sendEmail(effect.Email)
	case effect.Next == "":
		return false, step.wait(effect)
	case effect.Set != nil:
		return false, step.setProperties(effect)
	case effect.Emit != nil:
		return false, step.emitEvent(effect)
	}
	step.moveTo(effect.Next)
	return true, nil
}

// record stores a step that the run has taken.
func (step *stepper) record(effect journey.Effect) {
	step.reachWay(effect)
	node := step.d.Node(step.run.Node)
	step.tx.AddStep(step.run.Seq, store.RunStep{
		Node:    node.ID,
		Type:    node.Type,
		At:      step.tx.Now,
		Outcome: effect.Outcome,
		Why:     effect.Why,
	})
}

// moveTo moves the run to a node at which it has not arrived yet.
func (step *stepper) moveTo(node string) {
	step.tx.stands(step.run, -1)
	step.run.Node, step.run.Waiting, step.run.ExitRule = node, time.Time{}, ""
	step.tx.stands(step.run, 1)
	step.run.Visits++
	step.run.Reacts = step.d.Reacts(node, false)
	step.state.Ahead = 0
	step.state.Visit(step.tx.Now)
}

// wait makes the run wait at its node.
func (step *stepper) wait(effect journey.Effect) error {
	step.run.Waiting, step.run.Reacts = effect.Until, step.d.Reacts(step.run.Node, true)
	step.state.Ahead = effect.Ahead
	if err := step.recheck(effect.Recheck); err != nil {
		return err
	}
	return step.scheduleAt(effect.Until)
}

// setProperties writes durable properties. Others react to them before the run continues.
func (step *stepper) setProperties(effect journey.Effect) error {
	if err := step.continueAt(effect.Next); err != nil {
		return err
	}
	changed, err := step.tx.MergeProperties(step.p, effect.Set, store.SourceJourney)
	if err != nil || !changed {
		return err
	}
	if err := step.tx.SaveProfile(step.p, store.SourceJourney); err != nil {
		return err
	}
	return step.tx.reactTo(step.p, change{names: slices.Collect(maps.Keys(effect.Set)), made: step.made()})
}

// emitEvent records the event that the run emits.
func (step *stepper) emitEvent(effect journey.Effect) error {
	if err := step.continueAt(effect.Next); err != nil {
		return err
	}
	_, err := step.tx.recordEvent(step.p, &userEvent{
		Name:       effect.Emit.Event,
		Data:       effect.Emit.Data,
		OccurredAt: step.tx.Now,
		made:       step.made(),
	})
	return err
}

// continueAt moves the run to its next node and stores it. The run arrives there in a task of its own. Until then exit
// rules, and everything else that reads the run, find it at that node.
func (step *stepper) continueAt(node string) error {
	step.setCause()
	step.moveTo(node)
	return step.scheduleAt(step.tx.Now)
}

// scheduleAt stores the run and a task that takes its next step.
func (step *stepper) scheduleAt(due time.Time) error {
	if err := step.encode(); err != nil {
		return err
	}
	return step.tx.schedule(step.run, due)
}

// save stores the run as it is.
func (step *stepper) save() error {
	if err := step.encode(); err != nil {
		return err
	}
	return step.tx.PutRun(step.run)
}

// schedule stores a run and a task that takes its next step. If due is zero, there is no task: the run waits for
// something to happen.
func (tx *Tx) schedule(run *store.Run, due time.Time) (err error) {
	if run.Task != 0 {
		if err := tx.DropTask(run.Task); err != nil {
			return err
		}
	}
	run.Task, run.Held = 0, time.Time{}
	if !due.IsZero() {
		if run.Task, err = tx.AddTask(due, TaskStep, run.ID, ""); err != nil {
			return err
		}
	}
	return tx.PutRun(run)
}

// isHeld reports whether a paused Journey keeps the run from continuing: at once if it freezes, at the run's next email
// if it drains.
func (step *stepper) isHeld() bool {
	if step.j.Status != store.Paused {
		return false
	}
	if step.d.Settings.OnPause != journey.Drain {
		return true
	}
	return step.run.Waiting.IsZero() && step.d.Node(step.run.Node).Type == journey.TypeEmail
}

func (step *stepper) hold() error {
	step.run.Held = step.tx.Now
	return step.save()
}

func (step *stepper) end(end journey.End) error { return step.tx.endRun(step.run, end) }

// endRun ends a run and blanks what its Templates declare sensitive in its data.
func (tx *Tx) endRun(run *store.Run, end journey.End) error {
	paths, err := tx.SensitivePaths(run.JourneyID, run.Version)
	if err != nil {
		return err
	}
	if len(paths) > 0 {
		state, err := journey.DecodeRunState(run.State)
		if err != nil {
			return err
		}
		if state.Data != nil {
			state.Data = render.Blank(state.Data, paths)
			if run.State, err = json.Marshal(state); err != nil {
				return err
			}
		}
	}

	if rule, ok := journey.RuleOf(end); ok {
		tx.reachRun(run, coverage.Exit(rule))
	}
	tx.stands(run, -1)
	tx.count(run, coverage.Place{Kind: countEnd, Name: end.Status}, 1, 0)
	run.Status, run.Reason, run.Error = end.Status, end.Reason, end.Error
	run.CompletedAt, run.Waiting = tx.Now, time.Time{}
	if err := tx.hookRun(run); err != nil {
		return err
	}
	return tx.schedule(run, time.Time{})
}
