package journey

import (
	"cmp"
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
	ahead := 0
	effect, ended, err := w.firstTrue(in, func(b *WaitBranch) (found, error) {
		if !w.SinceEntry {
			return found{}, nil
		}
		event, err := d.look(w, b, in, in.Entered, func(event cond.Event) bool { return event.Number > in.Received })
		if !event.next.IsZero() {
			ahead = in.Received + 1
		}
		return event, err
	})
	if err != nil || ended {
		return effect, err
	}
	effect.Until, effect.Ahead = in.Env.Now.Add(w.Timeout), ahead
	effect.Recheck = w.beforeTimeout(effect.Recheck, in.Env.Now)
	return effect, nil
}

func (w *Wait) fire(*Node) (Effect, bool) { return w.timeout(), true }

func (w *Wait) words(*Node) cond.Phrase {
	since := ""
	if w.SinceEntry {
		since = " since the run began"
	}
	phrase := sentence("waits at most %s for the first of these%s:", cond.DurationWords(w.Timeout), since)
	for _, b := range w.Branches {
		phrase.Of = append(phrase.Of, trigger(b.ID, b.Event, b.Filter, b.Condition, w.MatchKey))
	}
	return phrase
}

func (w *Wait) timeout() Effect { return Effect{Outcome: outcomeTimeout, Next: w.TimeoutNext} }

func (b *WaitBranch) end(event any) Effect {
	return Effect{Outcome: b.ID, Next: b.Next, StepEvent: event}
}

// OfferEvent offers a UserEvent that was just received to a run that waits at a
// waitFor. The first true branch in declared order ends the wait. That may be a
// branch for the event, or one whose condition became true with the event. An event
// that has not occurred yet ends the wait at the time of a Recheck. False means that
// the run still waits; the effect then has the new Recheck and Ahead, and no Until.
func (d *Definition) OfferEvent(node string, event cond.Event, in Input) (Effect, bool, error) {
	if event.OccurredAt.After(in.Env.Now) {
		in.Ahead = cmp.Or(in.Ahead, event.Number)
		return d.offer(node, nil, in)
	}
	return d.offer(node, &event, in)
}

// OfferState does the same after the Profile changed, or at the time of the Recheck.
func (d *Definition) OfferState(node string, in Input) (Effect, bool, error) {
	return d.offer(node, nil, in)
}

func (d *Definition) offer(node string, event *cond.Event, in Input) (Effect, bool, error) {
	n := d.byID[node]
	if n == nil || n.Wait == nil {
		return Effect{}, false, fmt.Errorf("journey %s has no waitFor %q", d.Key, node)
	}

	w := n.Wait
	if !in.Arrived.IsZero() && !in.Env.Now.Before(in.Arrived.Add(w.Timeout)) {
		return w.timeout(), true, nil
	}

	effect, ended, err := w.firstTrue(in, func(b *WaitBranch) (found, error) { return d.offered(w, b, event, in) })
	if !ended {
		effect.Ahead = in.Ahead
	}
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

// found is what was found for a branch that waits for an event: the event's data if
// it has occurred, or when the next one that may end the wait occurs.
type found struct {
	data any
	ok   bool
	next time.Time
}

// firstTrue ends the wait by its first true branch. If there is none, the effect has
// the time at which to test again.
func (w *Wait) firstTrue(in Input, find func(b *WaitBranch) (found, error)) (Effect, bool, error) {
	var recheck time.Time
	for i := range w.Branches {
		b := &w.Branches[i]
		if b.Event != "" {
			event, err := find(b)
			if err != nil || event.ok {
				end := b.end(event.data)
				end.Why = "an event " + b.Event
				return end, event.ok, err
			}
			recheck = earlier(recheck, event.next)
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

// offered returns the event for a branch: the one that was just received, or one that
// was received before it occurred and occurs now.
func (d *Definition) offered(w *Wait, b *WaitBranch, event *cond.Event, in Input) (found, error) {
	if event != nil && cond.EventMatches(b.Event, event.Name) &&
		(!w.SinceEntry || !event.OccurredAt.Before(in.Entered)) {
		ok, err := d.passes(b, event.Data, in, w.MatchKey)
		if err != nil || ok {
			return found{data: eventData(event.Data), ok: ok}, err
		}
	}
	if in.Ahead == 0 {
		return found{}, nil
	}
	return d.look(w, b, in, in.Env.Now, func(event cond.Event) bool {
		return event.Number >= in.Ahead && event.ReceivedAt.Before(event.OccurredAt)
	})
}

// look returns the first event for a branch that occurred at since or later and that
// counts.
func (d *Definition) look(
	w *Wait, b *WaitBranch, in Input, since time.Time, counts func(cond.Event) bool,
) (found, error) {
	if in.Env.Facts == nil {
		return found{}, nil
	}
	name, prefix := strings.CutSuffix(b.Event, "*")
	var events []cond.Event // newest first
	for event, err := range in.Env.Facts.Events(name, prefix, since) {
		if err != nil {
			return found{}, err
		}
		events = append(events, event)
	}

	for _, event := range slices.Backward(events) {
		switch {
		case !counts(event):
			continue
		case event.OccurredAt.After(in.Env.Now):
			return found{next: event.OccurredAt}, nil
		}
		ok, err := d.passes(b, event.Data, in, w.MatchKey)
		if err != nil || ok {
			return found{data: eventData(event.Data), ok: ok}, err
		}
	}
	return found{}, nil
}

// passes tests an event's data against a branch's filter and the run's key.
func (d *Definition) passes(b *WaitBranch, data any, in Input, matchKey bool) (bool, error) {
	if matchKey && !d.sameKey(data, in.Key) {
		return false, nil
	}
	yes, _, err := holds(b.Filter, withEvent(in.Env, data))
	return yes, err
}
