package world

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// How runs react to what happens to their Profile, and to their own mail.

// ProfileTouched lets a Profile's runs react to a write: first every exit rule, then the waits.
func (tx *Tx) ProfileTouched(p *store.Profile) error { return tx.touched(p, touch{all: true}) }

// touched is ProfileTouched for a write of which is known what it wrote. Segment entries come after exit rules and waits.
func (tx *Tx) touched(p *store.Profile, t touch) error {
	ev := t.event
	runs, err := tx.stirred(p, &t)
	if err != nil {
		return err
	}
	var staying []*walk
	for i := range runs {
		w, err := tx.walkOf(&runs[i], p)
		if err != nil {
			return err
		}
		done, err := w.exits(ev)
		if err != nil {
			return err
		}
		if !done {
			staying = append(staying, w)
		}
	}
	for _, w := range staying {
		if err := w.offer(ev); err != nil {
			return err
		}
	}
	return tx.enterSegments(p, t)
}

// stirred returns the Profile's runs that a write may move, oldest first.
func (tx *Tx) stirred(p *store.Profile, t *touch) ([]store.Run, error) {
	places, err := tx.ReactingPlaces(p.ID)
	if err != nil {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	var some, waiting []store.RunPlace
	for _, place := range places {
		d, err := tx.definition(place.JourneyID, place.Version)
		if err != nil {
			return nil, err
		}
		exit, wait := d.Listens(place.Node, func(event string, condition *cond.Cond) bool { return c.concerns(t, event, condition) })
		switch {
		case t.all, exit:
			some = append(some, place)
		case wait:
			waiting = append(waiting, place)
		}
	}
	if len(some)+len(waiting) == 0 {
		return nil, nil
	}
	return tx.ReactingRuns(p.ID, some, waiting)
}

// concerns reports whether a write is the event that somebody waits for, or may change a condition.
func (c *catalog) concerns(t *touch, event string, condition *cond.Cond) bool {
	if condition == nil {
		return t.event != nil && cond.EventMatches(event, t.event.Name)
	}
	if c.reads[condition] == nil {
		c.reads[condition] = newListened()
		c.reads[condition].gather(c, condition)
	}
	return c.reads[condition].readsWhat(t)
}

// mailTouched lets runs react to a fact about their Profile's mail, where any Journey looks at such facts.
func (tx *Tx) mailTouched(send *store.EmailSend, kind string) error {
	t := touch{fact: kind}
	for word, recorded := range mailFacts {
		if recorded == kind {
			t.fact = word
		}
	}
	watched, err := tx.watchesMail(&t)
	if err != nil || !watched {
		return err
	}
	p, err := tx.Profile(send.ProfileID)
	if err != nil || p == nil {
		return err
	}
	return tx.touched(p, t)
}

// watchesMail says whether a Journey of the Organization waits for, exits on, or is entered by, what only a mail fact may
// change.
func (tx *Tx) watchesMail(t *touch) (bool, error) {
	listening, err := tx.listening()
	if err != nil || slices.ContainsFunc(listening, func(l *listened) bool { return l.readsWhat(t) }) {
		return true, err
	}
	c, err := tx.catalog()
	if err != nil || c.mailWatched != nil {
		return err == nil && *c.mailWatched, err
	}
	watched := false
	versions, err := tx.JourneyVersions()
	if err != nil {
		return false, err
	}
	for _, v := range versions {
		d, err := tx.definition(v.ID, v.Version)
		if err != nil {
			return false, err
		}
		watched = watched || d.Watches(readsMail)
	}
	c.mailWatched = &watched
	return watched, nil
}

// readsMail says whether a mail fact alone may make a condition true. A Segment may read them too.
func readsMail(c *cond.Cond) bool { return len(c.Reads().Mail) > 0 || len(c.Reads().Segments) > 0 }

// exits ends the run when an exit rule says so, and says whether it did.
func (w *walk) exits(ev *userEvent) (done bool, err error) {
	if w.run.ExitRule != "" {
		return true, nil // it ends at the end of its delay
	}
	if ev == nil && !w.d.HasConditionRules() || len(w.d.ExitOn) == 0 {
		return false, nil
	}
	env, err := w.env()
	if err != nil {
		return false, err
	}
	heard := ""
	if ev != nil {
		if heard, err = w.d.ExitOnEvent(ev.Name, ev.Data, env, w.run.Key); err != nil {
			return false, err
		}
	}
	seen, until, err := w.d.ExitOnState(env)
	if err != nil {
		return false, err
	}
	rule := w.d.FirstRule(heard, seen)
	if rule == "" {
		return false, w.recheck(until)
	}
	return true, w.leave(rule, ev, env)
}

// leave ends the run by an exit rule, in a delay that is not cut short at the delay's end.
func (w *walk) leave(rule string, ev *userEvent, env *cond.Env) (err error) {
	var data any
	if ev != nil {
		data = ev.Data
	}
	if w.run.Why, err = w.d.WhyExit(rule, data, env); err != nil {
		return err
	}
	if w.d.Settings.ExitDuringDelay == journey.AtEnd && w.run.Waiting.After(w.tx.Now) && w.d.Node(w.run.Node).Type == journey.TypeDelay {
		w.run.ExitRule = rule
		return w.tx.PutRun(w.run)
	}
	return w.end(journey.End{Status: journey.Exited, Reason: journey.ExitRuleReason(rule)})
}

// offer lets a wait take what has happened; a run that goes on does so in a task of its own.
func (w *walk) offer(ev *userEvent) error {
	if !w.run.Waiting.After(w.tx.Now) || w.d.Node(w.run.Node).Type != journey.TypeWaitFor {
		return nil // a timer that is due fires first, also that of a run which a pause holds
	}
	in, err := w.input()
	if err != nil {
		return err
	}
	var effect journey.Effect
	taken := false
	if ev != nil {
		if effect, taken, err = w.d.OfferEvent(w.run.Node, ev.Name, ev.Data, in); err != nil {
			return err
		}
		if taken {
			w.state.Link(w.tx.Now, ev.made)
		}
	}
	if !taken {
		if effect, taken, err = w.d.OfferState(w.run.Node, in); err != nil {
			return err
		}
	}
	if !taken {
		return w.recheck(effect.Recheck)
	}
	if err := w.record(effect.Outcome, effect.Why); err != nil {
		return err
	}
	w.remember(effect)
	return w.goOn(effect.Next)
}

// remember keeps the data of the event that ended a wait, for /steps/<nodeId>/event.
func (w *walk) remember(effect journey.Effect) {
	if effect.StepEvent == nil {
		return
	}
	if w.state.Steps == nil {
		w.state.Steps = map[string]any{}
	}
	w.state.Steps[w.run.Node] = map[string]any{"event": effect.StepEvent}
}

// recheck makes sure that the run's conditions are tested when time alone may make one true.
func (w *walk) recheck(at time.Time) error {
	known := time.UnixMilli(w.state.Recheck)
	if at.IsZero() || known.After(w.tx.Now) && !at.Before(known) {
		return nil
	}
	w.state.Recheck = at.UnixMilli()
	if err := w.save(); err != nil {
		return err
	}
	_, err := w.tx.AddTask(at, taskRecheck, w.run.ID, "")
	return err
}

// recheckTask tests the conditions of a run that time alone may have made true.
func (tx *Tx) recheckTask(task store.Task) error {
	run, err := tx.Run(task.Ref)
	if err != nil || run == nil || !run.CompletedAt.IsZero() {
		return err
	}
	return tx.recheckRun(run)
}

// recheckRun tests the conditions of a run.
func (tx *Tx) recheckRun(run *store.Run) error {
	w, err := tx.walkOf(run, nil)
	if err != nil || w.p == nil {
		return err
	}
	if done, err := w.exits(nil); done || err != nil {
		return err
	}
	return w.offer(nil)
}

// email accepts the mail of an email node. The run stands there until it has left, or not.
func (w *walk) email(what *journey.Email) error {
	c, err := w.tx.catalog()
	if err != nil {
		return err
	}
	if err := w.scheduleAt(time.Time{}); err != nil {
		return err
	}
	spec := sendSpec{carrierType: store.CarrierJourney, carrierID: w.run.ID, key: w.sendKey(), template: c.templates[what.Template], profile: w.p,
		subject: what.Subject, sender: c.senders[what.SenderProfile], group: c.groups[what.SubscriptionGroup], buckets: w.state.Buckets()}
	reason := ""
	switch {
	case spec.template == nil:
		reason = carriers.TemplateMissing.Code
	case spec.template.Status == store.Archived:
		reason = carriers.TemplateArchived.Code
	case spec.template.Purpose != store.Transactional && spec.group == nil:
		reason = carriers.SubscriptionGroupMissing.Code // no edit of the Template lets its mail leave without consent
	}
	if reason == "" {
		_, err := w.tx.createSend(&spec)
		p, refused := errors.AsType[*Problem](err)
		if err != nil && !refused {
			return err
		}
		if !refused {
			return nil
		}
		reason, _ = p.Details["reason"].(string)
	}
	return w.mailed(store.SendFailed, reason)
}

// sendKey names the one EmailSend of a visit to a node.
func (w *walk) sendKey() string {
	return fmt.Sprintf("run:%s:%s:%d", w.run.ID, w.run.Node, w.run.Visits)
}

// sendEnded lets the run that waits for an EmailSend go on.
func (tx *Tx) sendEnded(send *store.EmailSend) error {
	run, err := tx.Run(send.CarrierID)
	if err != nil || run == nil || !run.CompletedAt.IsZero() {
		return err
	}
	w, err := tx.walkOf(run, nil)
	if err != nil || w.sendKey() != send.Key {
		return err
	}
	return w.mailed(send.Status, send.FailureMessage)
}

// mailed goes on from an email node, or ends the run, as the node and the settings say.
func (w *walk) mailed(status, reason string) error {
	effect, err := w.d.AfterEmail(w.run.Node, status, reason)
	if err != nil {
		return err
	}
	if err := w.record(effect.Outcome, ""); err != nil {
		return err
	}
	if effect.End != nil {
		return w.end(*effect.End)
	}
	return w.goOn(effect.Next)
}

// Awaited is a branch of a wait: an event, or a condition with what it sees now.
type Awaited struct{ Branch, Event, Condition string }

// Awaited returns what a waiting run would take now, nothing if it waits for time alone.
func (tx *Tx) Awaited(run *store.Run) (found []Awaited, err error) {
	w, err := tx.walkOf(run, nil)
	if err != nil || w.p == nil {
		return nil, err
	}
	node := w.d.Node(run.Node)
	if node.Wait == nil {
		return nil, nil
	}
	env, err := w.env()
	if err != nil {
		return nil, err
	}
	for _, b := range node.Wait.Branches {
		a := Awaited{Branch: b.ID, Event: b.Event}
		if b.Event == "" {
			if a.Condition, err = b.Condition.Explain(env); err != nil {
				return nil, err
			}
		}
		found = append(found, a)
	}
	return found, nil
}

// hidden are the places whose values a Journey's decisions must not keep.
func (tx *Tx) hidden(journeyID string, version int) func() []cond.Pointer {
	return func() []cond.Pointer {
		paths, err := tx.sensitivePaths(journeyID, version)
		if err != nil {
			return []cond.Pointer{{"data"}} // rather too much than a secret
		}
		places := make([]cond.Pointer, len(paths))
		for i, path := range paths {
			if places[i], err = cond.ParsePointer(path); err != nil {
				places[i] = cond.Pointer{"data"}
			}
		}
		return places
	}
}
