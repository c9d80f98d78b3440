package world

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// walk is one run with all that its next move depends on.
type walk struct {
	tx    *Tx
	run   *store.Run
	j     *store.Journey
	d     *journey.Definition
	p     *store.Profile
	state journey.RunState
}

// walkOf gathers what a run's next move depends on; nil when its Profile or Journey is gone.
func (tx *Tx) walkOf(run *store.Run, p *store.Profile) (*walk, error) {
	w := &walk{tx: tx, run: run, p: p}
	var err error
	if w.j, err = tx.journey(run.JourneyID); err != nil {
		return nil, err
	}
	if w.d, err = tx.definition(run.JourneyID, run.Version); err != nil {
		return nil, err
	}
	if w.p == nil {
		if w.p, err = tx.Profile(run.ProfileID); err != nil {
			return nil, err
		}
	}
	w.state, err = journey.DecodeRunState(run.State)
	return w, err
}

// RunWith finds a run by id.
func (tx *Tx) RunWith(id string) (*store.Run, error) {
	run, err := tx.Run(strings.ToLower(id))
	if err == nil && run == nil {
		return nil, NotFound("JourneyRun", id)
	}
	return run, err
}

// enrol starts a run; its first step is due at once.
func (tx *Tx) enrol(j *store.Journey, p *store.Profile, key string, state journey.RunState) (*store.Run, error) {
	d, err := tx.definition(j.ID, j.Version)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	id := tx.NewID()
	tx.nameCause(p.ID, id)
	run := &store.Run{ID: id, JourneyID: j.ID, Version: j.Version, ProfileID: p.ID, Key: key, Status: store.RunQueued, Node: d.Start,
		State: raw, TriggeredAt: tx.Now, Reacts: d.Reacts(d.Start, false)}
	if run.Task, err = tx.AddTask(tx.Now, taskStep, run.ID, ""); err != nil {
		return nil, err
	}
	return run, tx.AddRun(run)
}

// stepTask lets a run reach its node, or go on from it when its time has come there.
func (tx *Tx) stepTask(task store.Task) error {
	run, err := tx.Run(task.Ref)
	if err != nil || run == nil || run.Task != task.Seq {
		return err
	}
	run.Task = 0
	tx.nameCause(run.ProfileID, run.ID)
	w, err := tx.walkOf(run, nil)
	if err != nil {
		return err
	}
	if w.p == nil {
		return w.end(journey.End{Status: journey.Exited, Reason: journey.ReasonProfileDeleted})
	}
	if w.held() {
		return w.hold()
	}
	run.Status = store.RunRunning
	if run.ExitRule == "" {
		if done, err := w.exits(nil); done || err != nil {
			return err
		}
	}
	return w.proceed()
}

// proceed goes from node to node until the run stands still, ends, or has done something that others react to first.
func (w *walk) proceed() error {
	for {
		if ended, err := w.guarded(); ended || err != nil {
			return err
		}
		effect, err := w.move()
		if err != nil {
			return err
		}
		again, err := w.apply(effect)
		if err != nil || !again {
			return err
		}
		if w.held() {
			return w.hold()
		}
	}
}

func (w *walk) move() (journey.Effect, error) {
	in, err := w.input()
	if err != nil {
		return journey.Effect{}, err
	}
	if w.run.Waiting.IsZero() {
		return w.d.Arrive(w.run.Node, in)
	}
	if rule := w.run.ExitRule; rule != "" { // it matched during a delay that is not cut short
		return journey.Effect{Outcome: "elapsed", End: &journey.End{Status: journey.Exited, Reason: journey.ExitRuleReason(rule)}}, nil
	}
	return w.d.Fire(w.run.Node, in)
}

func (w *walk) input() (journey.Input, error) {
	env, err := w.env()
	if err != nil {
		return journey.Input{}, err
	}
	c, err := w.tx.catalog()
	if err != nil {
		return journey.Input{}, err
	}
	occurred := w.run.TriggeredAt
	if w.state.Ahead != 0 {
		occurred = time.UnixMilli(w.state.Ahead)
	}
	return journey.Input{Env: env, RunID: w.run.ID, ProfileID: w.run.ProfileID, Key: w.run.Key, Zone: c.zone,
		Seed: w.tx.w.config.SeedNumber, Entered: w.run.TriggeredAt, Occurred: occurred}, nil
}

func (w *walk) env() (*cond.Env, error) {
	env, err := w.tx.env(w.p, w.state.Buckets())
	if err == nil {
		env.Hidden = w.tx.hidden(w.run.JourneyID, w.run.Version)
	}
	return env, err
}

// apply carries out an effect; again says that the run may go on at once.
func (w *walk) apply(effect journey.Effect) (again bool, err error) {
	if fault, err := w.overspent(effect); fault != "" || err != nil {
		return false, w.refuse(fault, err)
	}
	if effect.Outcome != "" {
		if err := w.record(effect.Outcome, effect.Why); err != nil {
			return false, err
		}
	}
	switch {
	case effect.End != nil:
		return false, w.end(*effect.End)
	case effect.Email != nil:
		return false, w.email(effect.Email)
	case effect.Next == "":
		return false, w.stand(effect)
	case effect.Set != nil:
		return false, w.set(effect)
	case effect.Emit != nil:
		return false, w.emit(effect)
	}
	w.goTo(effect.Next)
	return true, nil
}

// record keeps a step that the run has taken.
func (w *walk) record(outcome, why string) error {
	node := w.d.Node(w.run.Node)
	return w.tx.AddStep(w.run.ID, store.RunStep{Node: node.ID, Type: node.Type, At: w.tx.Now, Outcome: outcome, Why: why})
}

// goTo puts the run before a node that it has not reached yet.
func (w *walk) goTo(node string) {
	w.run.Node, w.run.Waiting, w.run.ExitRule = node, time.Time{}, ""
	w.run.Visits++
	w.run.Reacts = w.d.Reacts(node, false)
	w.state.Visit(w.tx.Now)
}

// stand lets the run wait where it is.
func (w *walk) stand(effect journey.Effect) error {
	w.run.Waiting, w.run.Reacts = effect.Until, w.d.Reacts(w.run.Node, true)
	if err := w.recheck(effect.Recheck); err != nil {
		return err
	}
	return w.scheduleAt(effect.Until)
}

// set writes durable properties, and lets others see them before the run goes on.
func (w *walk) set(effect journey.Effect) error {
	if err := w.goOn(effect.Next); err != nil {
		return err
	}
	changed, err := w.tx.MergeProperties(w.p, effect.Set, store.SourceJourney)
	if err != nil || !changed {
		return err
	}
	if err := w.tx.SaveProfile(w.p, store.SourceJourney); err != nil {
		return err
	}
	return w.tx.touched(w.p, touch{names: slices.Collect(maps.Keys(effect.Set)), made: w.made()})
}

// emit tracks an event from within.
func (w *walk) emit(effect journey.Effect) error {
	if err := w.goOn(effect.Next); err != nil {
		return err
	}
	_, err := w.tx.recordEvent(w.p, &userEvent{Name: effect.Emit.Event, Data: effect.Emit.Data,
		OccurredAt: w.tx.Now, made: w.made()})
	return err
}

// goOn stores the run before its next node, which it reaches in a task of its own: whoever looks at it meanwhile, an exit
// rule among them, sees it there.
func (w *walk) goOn(node string) error {
	w.begin()
	w.goTo(node)
	return w.scheduleAt(w.tx.Now)
}

// scheduleAt stores the run and the task that wakes it.
func (w *walk) scheduleAt(due time.Time) (err error) {
	if w.run.State, err = json.Marshal(w.state); err != nil {
		return err
	}
	return w.tx.schedule(w.run, due)
}

// save stores the run as it is.
func (w *walk) save() (err error) {
	if w.run.State, err = json.Marshal(w.state); err != nil {
		return err
	}
	return w.tx.PutRun(w.run)
}

// schedule stores a run with the task that wakes it; a zero due leaves it to what happens.
func (tx *Tx) schedule(run *store.Run, due time.Time) (err error) {
	if run.Task != 0 {
		if err := tx.DropTask(run.Task); err != nil {
			return err
		}
	}
	run.Task, run.Held = 0, time.Time{}
	if !due.IsZero() {
		if run.Task, err = tx.AddTask(due, taskStep, run.ID, ""); err != nil {
			return err
		}
	}
	return tx.PutRun(run)
}

// held says that a paused Journey keeps the run from going on: at once when it freezes, at its next email when it drains.
func (w *walk) held() bool {
	if w.j.Status != store.Paused {
		return false
	}
	return w.d.Settings.OnPause != journey.Drain || w.run.Waiting.IsZero() && w.d.Node(w.run.Node).Type == journey.TypeEmail
}

func (w *walk) hold() error {
	w.run.Held = w.tx.Now
	return w.save()
}

func (w *walk) end(end journey.End) error { return w.tx.endRun(w.run, end) }

// endRun ends a run. What its Templates call sensitive is blanked in its data.
func (tx *Tx) endRun(run *store.Run, end journey.End) error {
	state, err := journey.DecodeRunState(run.State)
	if err != nil {
		return err
	}
	paths, err := tx.sensitivePaths(run.JourneyID, run.Version)
	if err != nil {
		return err
	}
	if len(paths) > 0 && state.Data != nil {
		state.Data = render.Blank(state.Data, paths)
		if run.State, err = json.Marshal(state); err != nil {
			return err
		}
	}
	run.Status, run.Reason, run.Error = end.Status, end.Reason, end.Error
	run.CompletedAt, run.Waiting = tx.Now, time.Time{}
	return tx.schedule(run, time.Time{})
}

// sensitivePaths are those of all the Templates that a version of a Journey names.
func (tx *Tx) sensitivePaths(journeyID string, version int) ([]string, error) {
	d, err := tx.definition(journeyID, version)
	if err != nil {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	paths := map[string]bool{}
	for _, node := range d.Nodes {
		if node.Email == nil || c.templates[node.Email.Template] == nil {
			continue
		}
		t := c.templates[node.Email.Template]
		snapshot, err := tx.snapshot(t.SnapshotID)
		if err != nil {
			return nil, err
		}
		for _, path := range snapshot.SensitivePaths() {
			paths[path] = true
		}
	}
	return slices.Sorted(maps.Keys(paths)), nil
}
