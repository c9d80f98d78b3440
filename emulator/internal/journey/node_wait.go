package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// outcomeTimeout is the outcome, and the label of the edge, if the timeout ends.
const outcomeTimeout = "timeout"

// Since when events count.
const (
	sinceArrival = "arrival"
	sinceEntry   = "entry"
)

func parseWait(o members, n *Node, _ Settings) behavior {
	w := &Wait{
		Timeout:     o.duration("timeout", cond.ParseDuration, shortest),
		TimeoutNext: o.text("timeoutNext"),
		SinceEntry:  o.oneOf("since", sinceArrival, sinceEntry) == sinceEntry,
		MatchKey:    o.flag("matchKey"),
		timed:       o.has("timeout"),
	}
	n.Wait = w
	o.each("branches", "branches", func(item members) {
		item.known("id", "event", "filter", "condition", "next")
		b := WaitBranch{ID: item.need("id", "a name for the branch, unique in the node"), Next: item.text("next")}
		b.Event, b.Filter, b.Condition = item.p.trigger(item)
		w.Branches = append(w.Branches, b)
	})
	return w
}

func (w *Wait) check(c *checker, n *Node) {
	if !w.timed {
		c.add(n.at+"/timeout",
			"must be an ISO 8601 duration such as \"P3D\": how long to wait at most; it is missing")
	}
	c.matchKey(w.MatchKey, n.at)
	at := n.at + "/branches"
	c.unique("branch", len(w.Branches), func(i int) (string, string) { return w.Branches[i].ID, cond.Nth(at, i) })
	for i, b := range w.Branches {
		c.condition(b.Filter, cond.Nth(at, i)+"/filter")
		c.condition(b.Condition, cond.Nth(at, i)+"/condition")
	}
}

// edges takes a condition as instant, since it may hold already, and an event
// where the wait looks back to entry: the event that ended the wait once ends it
// again whenever a circle comes back to it.
func (w *Wait) edges(n *Node) []Edge {
	edges := make([]Edge, 0, len(w.Branches)+1)
	for i, b := range w.Branches {
		edges = append(edges, Edge{
			Label: b.ID, To: b.Next, at: cond.Nth(n.at+"/branches", i) + "/next", instant: b.Event == "" || w.SinceEntry,
		})
	}
	return append(edges, Edge{
		Label: outcomeTimeout, To: w.TimeoutNext, at: n.at + "/timeoutNext", when: "the timeout ends",
		instant: w.Timeout < shortest,
	})
}

// arrive tests what is already true. An event that came before only counts when
// the wait looks back to entry.
func (w *Wait) arrive(d *Definition, _ *Node, in Input) (Effect, error) {
	event := func(*WaitBranch) (any, bool, error) { return nil, false, nil }
	if w.SinceEntry {
		event = func(b *WaitBranch) (any, bool, error) { return d.sinceEntry(b, w.MatchKey, in) }
	}
	effect, ended, err := w.first(in, event)
	if err != nil || ended {
		return effect, err
	}
	effect.Until = in.Env.Now.Add(w.Timeout)
	effect.Recheck = w.useful(effect.Recheck, in.Env.Now)
	return effect, nil
}

func (w *Wait) fire(*Node) (Effect, bool) { return w.timeout(), true }

func (w *Wait) timeout() Effect { return Effect{Outcome: outcomeTimeout, Next: w.TimeoutNext} }

func (b *WaitBranch) end(event any) Effect {
	return Effect{Outcome: b.ID, Next: b.Next, StepEvent: event}
}

// OfferEvent offers a UserEvent just received to a run that stands at a waitFor.
// The first true branch in declared order ends the wait, be it for the event or
// for a condition that what came with it made true. False means that the run
// still waits; the effect then carries the new Recheck and no Until.
func (d *Definition) OfferEvent(node string, name string, data any, in Input) (Effect, bool, error) {
	return d.offer(node, in, func(b *WaitBranch) (any, bool, error) {
		if !cond.EventMatches(b.Event, name) {
			return nil, false, nil
		}
		ok, err := d.passes(b, data, in, d.byID[node].Wait.MatchKey)
		return eventData(data), ok, err
	})
}

// OfferState tests the conditions of a waitFor after the Profile was touched, or
// when the Recheck has come. False means that the run still waits; the effect
// then carries the new Recheck and no Until.
func (d *Definition) OfferState(node string, in Input) (Effect, bool, error) {
	return d.offer(node, in, func(*WaitBranch) (any, bool, error) { return nil, false, nil })
}

// seen says whether a branch's event has come, and its data.
type seen func(b *WaitBranch) (data any, ok bool, err error)

func (d *Definition) offer(node string, in Input, event seen) (Effect, bool, error) {
	n := d.byID[node]
	if n == nil || n.Wait == nil {
		return Effect{}, false, fmt.Errorf("journey %s has no waitFor %q", d.Key, node)
	}
	w := n.Wait
	if !in.Arrived.IsZero() && !in.Env.Now.Before(in.Arrived.Add(w.Timeout)) {
		return w.timeout(), true, nil
	}
	effect, ended, err := w.first(in, event)
	if !in.Arrived.IsZero() {
		effect.Recheck = w.useful(effect.Recheck, in.Arrived)
	}
	if err != nil {
		return Effect{}, false, fmt.Errorf("test node %s of journey %s: %w", n.ID, d.Key, err)
	}
	return effect, ended, nil
}

// useful drops a recheck that the timer comes before.
func (w *Wait) useful(recheck, arrived time.Time) time.Time {
	if recheck.Before(arrived.Add(w.Timeout)) {
		return recheck
	}
	return time.Time{}
}

// first is the end of the wait by its first true branch, or else the time at
// which to test again.
func (w *Wait) first(in Input, event seen) (Effect, bool, error) {
	var recheck time.Time
	for i := range w.Branches {
		b := &w.Branches[i]
		if b.Event != "" {
			data, ok, err := event(b)
			if err != nil || ok {
				end := b.end(data)
				end.Why = "an event " + b.Event
				return end, ok, err
			}
			continue
		}
		yes, until, err := holds(b.Condition, in.Env)
		if err != nil {
			return Effect{}, false, err
		}
		if yes {
			end := b.end(nil)
			end.Why, err = b.Condition.Explain(in.Env)
			return end, true, err
		}
		recheck = sooner(recheck, until)
	}
	return Effect{Recheck: recheck}, false, nil
}

// sinceEntry is the oldest event since entry that passes.
func (d *Definition) sinceEntry(b *WaitBranch, matchKey bool, in Input) (any, bool, error) {
	if in.Env.Facts == nil {
		return nil, false, nil
	}
	name, prefix := cutStar(b.Event)
	events, err := in.Env.Facts.Events(name, prefix, in.Entered)
	if err != nil {
		return nil, false, err
	}
	entry := d.entryEvent(in)
	for _, e := range slices.Backward(events) {
		if entry != nil && sameEvent(e, *entry) {
			entry = nil
			continue
		}
		ok, err := d.passes(b, e.Data, in, matchKey)
		if err != nil || ok {
			return eventData(e.Data), ok, err
		}
	}
	return nil, false, nil
}

// entryEvent is the event that began the run. It is no event since entry, but
// those that came at the same instant are, so that time alone cannot tell.
func (d *Definition) entryEvent(in Input) *cond.Event {
	if d.Entry.Type != EntryEvent {
		return nil
	}
	return &cond.Event{Name: d.Entry.Event, OccurredAt: in.Occurred, Data: in.Env.State[rootEvent]}
}

func sameEvent(a, b cond.Event) bool {
	return a.Name == b.Name && a.OccurredAt.UnixMilli() == b.OccurredAt.UnixMilli() &&
		cond.Equal(eventData(a.Data), eventData(b.Data))
}

// passes tests an event's data against a branch's filter and the run's key.
func (d *Definition) passes(b *WaitBranch, data any, in Input, matchKey bool) (bool, error) {
	if matchKey && !d.sameKey(data, in.Key) {
		return false, nil
	}
	yes, _, err := holds(b.Filter, withEvent(in.Env, data))
	return yes, err
}

func cutStar(pattern string) (name string, prefix bool) { return strings.CutSuffix(pattern, "*") }
