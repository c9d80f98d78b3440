package world

import (
	"errors"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Runs react to what happens to their Profile, and to their own emails.

// ProfileChanged makes a Profile's runs, and the Segments, react to a write that may have changed anything.
func (tx *Tx) ProfileChanged(p *store.Profile) error { return tx.reactTo(p, change{all: true}) }

// reactTo makes a Profile's runs and the Segments react to a write: first every exit rule, then the waits, then the
// Segment entries.
func (tx *Tx) reactTo(p *store.Profile, what change) error {
	ev := what.event
	runs, err := tx.concernedRuns(p, &what)
	if err != nil {
		return err
	}

	var staying []*stepper
	for i := range runs {
		step, err := tx.newStepper(&runs[i], p)
		if err != nil {
			return err
		}
		done, err := step.applyExitRules(ev)
		if err != nil {
			return err
		}
		if !done {
			staying = append(staying, step)
		}
	}
	for _, step := range staying {
		if err := step.offerToWait(ev); err != nil {
			return err
		}
	}
	return tx.enterSegments(p, what)
}

// concernedRuns returns the Profile's runs that may react to a write, oldest first. The exit rules of a run that has
// taken no step were never tested, so whatever happens may be the first to find one that is true.
func (tx *Tx) concernedRuns(p *store.Profile, what *change) ([]store.Run, error) {
	places, err := tx.ReactingPlaces(p.ID)
	if err != nil {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}

	var exiting, waiting []store.RunPlace
	for _, place := range places {
		d, err := tx.definition(place.JourneyID, place.Version)
		if err != nil {
			return nil, err
		}
		exit, wait := d.Listens(place.Node, func(event string, condition *cond.Cond) bool {
			return c.concerns(what, event, condition)
		})
		switch {
		case what.all, exit, place.New && d.HasConditionRules():
			exiting = append(exiting, place)
		case wait:
			waiting = append(waiting, place)
		}
	}
	if len(exiting)+len(waiting) == 0 {
		return nil, nil
	}
	return tx.ReactingRuns(p.ID, exiting, waiting)
}

// concerns reports whether a write may change the result of a condition. Without a condition it reports whether the
// write is the event of this name.
func (c *catalog) concerns(what *change, event string, condition *cond.Cond) bool {
	if condition == nil {
		return what.event != nil && cond.EventMatches(event, what.event.Name)
	}
	return what.all || c.readsOf(condition).Has(what.topics())
}

// readsOf returns what a condition of a Journey reads.
func (c *catalog) readsOf(condition *cond.Cond) *cond.Topics {
	if c.reads[condition] == nil {
		c.reads[condition] = cond.TopicsOf(condition, c.lookupIDs())
	}
	return c.reads[condition]
}

// reactToMail makes runs react to a fact about an email of their Profile, if any Journey reads such facts.
func (tx *Tx) reactToMail(send *store.EmailSend, kind string) error {
	what := change{fact: kind}
	for name, recorded := range mailFacts {
		if recorded == kind {
			what.fact = name
		}
	}

	watched, err := tx.watchesMail(&what)
	if err != nil || !watched {
		return err
	}
	p, err := tx.Profile(send.ProfileID)
	if err != nil || p == nil {
		return err
	}
	return tx.reactTo(p, what)
}

// watchesMail reports whether an email fact alone may make a run of the Organization exit or continue, or enter a
// Profile into a Journey.
func (tx *Tx) watchesMail(what *change) (bool, error) {
	listening, err := tx.listening()
	if err != nil || len(listening.concerned(what)) > 0 {
		return true, err
	}
	c, err := tx.catalog()
	if err != nil {
		return false, err
	}
	_, err = c.watchingVersions()
	return c.mailWatched, err
}

// readsMail reports whether an email fact alone may make a condition true. A Segment to which it refers may read such
// facts too.
func readsMail(condition *cond.Cond) bool {
	reads := condition.Reads()
	return len(reads.Mail) > 0 || len(reads.Segments) > 0
}

// applyExitRules ends the run if an exit rule matches, and reports whether one has matched.
func (step *stepper) applyExitRules(ev *userEvent) (done bool, err error) {
	if step.run.ExitRule != "" {
		return true, nil // a rule has matched already; the run ends at the end of its delay
	}
	if ev == nil && !step.d.HasConditionRules() || len(step.d.ExitOn) == 0 {
		return false, nil
	}
	env, err := step.env()
	if err != nil {
		return false, err
	}

	byEvent := ""
	if ev != nil {
		if byEvent, err = step.d.ExitOnEvent(ev.Name, ev.Data, env, step.run.Key); err != nil {
			return false, err
		}
	}
	byState, until, err := step.d.ExitOnState(env)
	if err != nil {
		return false, err
	}
	rule := step.d.FirstRule(byEvent, byState)
	if rule == "" {
		return false, step.recheck(until)
	}
	return true, step.exitBy(rule, ev, env)
}

// exitBy ends the run by an exit rule. In a delay that is not cut short, the run ends at the delay's end.
func (step *stepper) exitBy(rule string, ev *userEvent, env *cond.Env) (err error) {
	var data any
	if ev != nil {
		data = ev.Data
	}
	if step.run.Why, err = step.d.WhyExit(rule, data, env); err != nil {
		return err
	}
	delayed := step.run.Waiting.After(step.tx.Now) && step.d.Node(step.run.Node).Type == journey.TypeDelay
	if delayed && step.d.Settings.ExitDuringDelay == journey.AtEnd {
		step.run.ExitRule = rule
		return step.tx.PutRun(step.run)
	}
	return step.end(journey.End{Status: journey.Exited, Reason: journey.ExitRuleReason(rule)})
}

// offerToWait ends the run's wait if what has happened matches one of its branches. The run then continues in a task of
// its own.
func (step *stepper) offerToWait(ev *userEvent) error {
	if !step.run.Waiting.After(step.tx.Now) || step.d.Node(step.run.Node).Type != journey.TypeWaitFor {
		return nil // a due timer fires first, also if a paused Journey holds the run
	}

	in, err := step.input()
	if err != nil {
		return err
	}
	var effect journey.Effect
	var taken bool
	if ev != nil {
		event := cond.Event{Name: ev.Name, OccurredAt: ev.OccurredAt, Data: ev.Data, Number: ev.Number}
		effect, taken, err = step.d.OfferEvent(step.run.Node, event, in)
	} else {
		effect, taken, err = step.d.OfferState(step.run.Node, in)
	}
	if err != nil {
		return err
	}

	if !taken {
		if step.state.Ahead != effect.Ahead {
			step.state.Ahead, step.state.Recheck = effect.Ahead, 0 // without a known recheck, recheck saves both
		}
		return step.recheck(effect.Recheck)
	}
	if ev != nil {
		step.state.Link(step.tx.Now, ev.made)
	}
	step.record(effect)
	if effect.StepEvent != nil {
		step.keepStepEvent(effect)
		if done, err := step.applyExitRules(nil); done || err != nil { // they can read the event now
			return err
		}
	}
	return step.continueAt(effect.Next)
}

// keepStepEvent keeps the data of the event that ended a wait, for /steps/<nodeId>/event.
func (step *stepper) keepStepEvent(effect journey.Effect) {
	if step.state.Steps == nil {
		step.state.Steps = map[string]any{}
	}
	step.state.Steps[step.run.Node], step.kept = map[string]any{"event": effect.StepEvent}, true
}

// recheck adds a task that tests the run at an instant when time alone may end it or its wait.
func (step *stepper) recheck(at time.Time) error {
	known := time.UnixMilli(step.state.Recheck)
	if at.IsZero() || known.After(step.tx.Now) && !at.Before(known) {
		return nil
	}
	step.state.Recheck = at.UnixMilli()
	if err := step.save(); err != nil {
		return err
	}
	_, err := step.tx.AddTask(at, TaskRecheck, step.run.ID, "")
	return err
}

// recheckTask tests a run at an instant when time alone may end it or its wait.
func (tx *Tx) recheckTask(task store.Task) error {
	run, err := tx.Run(task.Ref)
	if err != nil || run == nil || !run.CompletedAt.IsZero() {
		return err
	}
	return tx.recheckRun(run)
}

// recheckRun tests the conditions of a run, and the events that occur now.
func (tx *Tx) recheckRun(run *store.Run) error {
	step, err := tx.loadStepper(run)
	if err != nil || step.p == nil {
		return err
	}
	if done, err := step.applyExitRules(nil); done || err != nil {
		return err
	}
	return step.offerToWait(nil)
}

// sendEmail accepts the email of an email node. The run waits there until the email is sent, or will not be.
func (step *stepper) sendEmail(what *journey.Email) error {
	c, err := step.tx.catalog()
	if err != nil {
		return err
	}
	if err := step.scheduleAt(time.Time{}); err != nil {
		return err
	}

	spec := sendSpec{
		carrierType: store.CarrierJourney,
		carrierID:   step.run.ID,
		key:         step.sendKey(),
		template:    c.template(what.Template),
		profile:     step.p,
		subject:     what.Subject,
		sender:      c.sender(what.SenderProfile),
		group:       c.group(what.SubscriptionGroup),
		buckets:     step.state.Buckets(),
	}
	reason := ""
	switch {
	case spec.template == nil:
		reason = carriers.TemplateMissing.Code
	case spec.template.Status == store.Archived:
		reason = carriers.TemplateArchived.Code
	case spec.template.Purpose != store.Transactional && spec.group == nil:
		reason = carriers.SubscriptionGroupMissing.Code // no edit of the Template lets emails be sent without consent
	}

	if reason == "" {
		_, err := step.tx.createSend(&spec)
		problem, refused := errors.AsType[*Problem](err)
		if err != nil && !refused {
			return err
		}
		if !refused {
			return nil
		}
		reason, _ = problem.Details["reason"].(string)
	}
	return step.afterEmail(store.SendFailed, reason)
}

// sendKey returns the key of the one EmailSend of a visit to a node.
func (step *stepper) sendKey() string {
	return fmt.Sprintf("run:%s:%s:%d", step.run.ID, step.run.Node, step.run.Visits)
}

// sendEnded continues the run that waits for an EmailSend.
func (tx *Tx) sendEnded(send *store.EmailSend) error {
	run, err := tx.Run(send.CarrierID)
	if err != nil || run == nil || !run.CompletedAt.IsZero() {
		return err
	}
	step, err := tx.newStepper(run, nil) // what an email node does after its email does not depend on the Profile
	if err != nil || step.sendKey() != send.Key {
		return err
	}
	return step.afterEmail(send.Status, send.FailureMessage)
}

// afterEmail moves the run on from an email node or ends it, as the node and the settings require.
func (step *stepper) afterEmail(status, reason string) error {
	effect, err := step.d.AfterEmail(step.run.Node, status, reason)
	if err != nil {
		return err
	}
	step.record(effect)
	if effect.End != nil {
		return step.end(*effect.End)
	}
	return step.continueAt(effect.Next)
}

// Awaited is a branch of a wait: an event, or the explanation of a condition as of now.
type Awaited struct{ Branch, Event, Condition string }

// Awaited returns what a waiting run would react to now. It returns nothing if the run waits for time alone.
func (tx *Tx) Awaited(run *store.Run) (found []Awaited, err error) {
	step, err := tx.loadStepper(run)
	if err != nil || step.p == nil {
		return nil, err
	}
	node := step.d.Node(run.Node)
	if node.Wait == nil {
		return nil, nil
	}
	env, err := step.env()
	if err != nil {
		return nil, err
	}
	for _, branch := range node.Wait.Branches {
		awaited := Awaited{Branch: branch.ID, Event: branch.Event}
		if branch.Event == "" {
			if awaited.Condition, err = branch.Condition.Explain(env); err != nil {
				return nil, err
			}
		}
		found = append(found, awaited)
	}
	return found, nil
}
