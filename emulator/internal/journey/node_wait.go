package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// outcomeTimeout is the outcome if the timeout ends, and the label of its edge.
const outcomeTimeout = "timeout"

// The values of since: from when on events count.
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
		item.allow("id", "event", "filter", "condition", "next")
		b := WaitBranch{ID: item.required("id", "a name for the branch, unique in the node"), Next: item.text("next")}
		b.Event, b.Filter, b.Condition = item.p.trigger(item)
		w.Branches = append(w.Branches, b)
	})
	return w
}

func (w *Wait) check(c *checker, n *Node) {
	if !w.timed {
		c.add(n.at+"/timeout",
			"must be an ISO 8601 duration such as \"P3D\", the longest time to wait; it is missing")
	}
	c.matchKey(w.MatchKey, n.at)
	at := n.at + "/branches"
	c.unique("branch", len(w.Branches), func(i int) (string, string) { return w.Branches[i].ID, cond.Nth(at, i) })
	for i, b := range w.Branches {
		c.condition(b.Filter, cond.Nth(at, i)+"/filter")
		c.condition(b.Condition, cond.Nth(at, i)+"/condition")
	}
}

// edges marks the edge of a condition as instant, because the condition may be true
// already. It does so for an event too if the wait looks back to entry: the event
// that ended the wait once ends it again whenever a cycle returns to it.
func (w *Wait) edges(n *Node) []Edge {
	edges := make([]Edge, 0, len(w.Branches)+1)
	for i, b := range w.Branches {
		edges = append(edges, Edge{
			Label:   b.ID,
			To:      b.Next,
			at:      cond.Nth(n.at+"/branches", i) + "/next",
			instant: b.Event == "" || w.SinceEntry,
		})
	}
	return append(edges, Edge{
		Label:   outcomeTimeout,
		To:      w.TimeoutNext,
		at:      n.at + "/timeoutNext",
		when:    "the timeout ends",
		instant: w.Timeout < shortest,
	})
}

// arrive tests whether a branch is already true. An earlier event counts only if the
// wait looks back to entry.
func (w *Wait) arrive(d *Definition, _ *Node, in Input) (Effect, error) {
	event := func(*WaitBranch) (any, bool, error) { return nil, false, nil }
	if w.SinceEntry {
		event = func(b *WaitBranch) (any, bool, error) { return d.sinceEntry(b, w.MatchKey, in) }
	}
	effect, ended, err := w.firstTrue(in, event)
	if err != nil || ended {
		return effect, err
	}
	effect.Until = in.Env.Now.Add(w.Timeout)
	effect.Recheck = w.beforeTimeout(effect.Recheck, in.Env.Now)
	return effect, nil
}

func (w *Wait) fire(*Node) (Effect, bool) { return w.timeout(), true }

func (w *Wait) timeout() Effect { return Effect{Outcome: outcomeTimeout, Next: w.TimeoutNext} }

func (b *WaitBranch) end(event any) Effect {
	return Effect{Outcome: b.ID, Next: b.Next, StepEvent: event}
}

// OfferEvent offers a UserEvent that was just received to a run that waits at a
// waitFor. The first true branch in declared order ends the wait. That may be a
// branch for the event, or one whose condition became true with the event. False
// means that the run still waits; the effect then has the new Recheck and no Until.
func (d *Definition) OfferEvent(node string, name string, data any, in Input) (Effect, bool, error) {
	return d.offer(node, in, func(b *WaitBranch) (any, bool, error) {
		if !cond.EventMatches(b.Event, name) {
			return nil, false, nil
		}
		ok, err := d.passes(b, data, in, d.byID[node].Wait.MatchKey)
		return eventData(data), ok, err
	})
}

// OfferState tests the conditions of a waitFor after the Profile changed, or at the
// time of the Recheck. False means that the run still waits; the effect then has
// the new Recheck and no Until.
func (d *Definition) OfferState(node string, in Input) (Effect, bool, error) {
	return d.offer(node, in, func(*WaitBranch) (any, bool, error) { return nil, false, nil })
}

// eventFinder reports whether a branch's event has occurred, and returns its data.
type eventFinder func(b *WaitBranch) (data any, ok bool, err error)

func (d *Definition) offer(node string, in Input, event eventFinder) (Effect, bool, error) {
	n := d.byID[node]
	if n == nil || n.Wait == nil {
		return Effect{}, false, fmt.Errorf("journey %s has no waitFor %q", d.Key, node)
	}

	w := n.Wait
	if !in.Arrived.IsZero() && !in.Env.Now.Before(in.Arrived.Add(w.Timeout)) {
		return w.timeout(), true, nil
	}

	effect, ended, err := w.firstTrue(in, event)
	if !in.Arrived.IsZero() {
		effect.Recheck = w.beforeTimeout(effect.Recheck, in.Arrived)
	}
	if err != nil {
		return Effect{}, false, fmt.Errorf("test node %s of journey %s: %w", n.ID, d.Key, err)
	}
	return effect, ended, nil
}

// beforeTimeout returns the recheck, or the zero time if the timer fires before it.
func (w *Wait) beforeTimeout(recheck, arrived time.Time) time.Time {
	if recheck.Before(arrived.Add(w.Timeout)) {
		return recheck
	}
	return time.Time{}
}

// firstTrue ends the wait by its first true branch. If there is none, the effect has
// the time at which to test again.
func (w *Wait) firstTrue(in Input, event eventFinder) (Effect, bool, error) {
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
		recheck = earlier(recheck, until)
	}
	return Effect{Recheck: recheck}, false, nil
}

// sinceEntry returns the oldest event since entry that passes.
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
	for _, event := range slices.Backward(events) {
		if entry != nil && sameEvent(event, *entry) {
			entry = nil
			continue
		}
		ok, err := d.passes(b, event.Data, in, matchKey)
		if err != nil || ok {
			return eventData(event.Data), ok, err
		}
	}
	return nil, false, nil
}

// entryEvent returns the event that began the run. It does not count as an event
// since entry. Other events at the same instant do, so the time alone cannot
// distinguish them.
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
