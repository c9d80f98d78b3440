package cond

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Segments may refer to segments this deep. Circles are refused when a segment
// is saved; the limit is for those that come in another way.
const maxSegmentDepth = 32

func (n *Performed) eval(env *Env, depth int) (Result, error) {
	t, err := n.count(env, depth)
	if err != nil {
		return Result{}, err
	}
	return n.Count.result(t), nil
}

func (n *Performed) count(env *Env, depth int) (tally, error) {
	if env.Facts == nil {
		return tally{}, nil
	}
	w := always(env.Now)
	if n.Windowed {
		w = windowOf(env.Now, n.Within)
	}
	events, err := env.Facts.Events(n.Event, n.Prefix, w.since)
	if err != nil {
		return tally{}, err
	}
	return n.tally(events, w, env, depth)
}

// tally is a count of events that stops once enough are found. falls is the
// earliest instant at which one of the counted ceases to count, rises the
// earliest at which another may begin to.
type tally struct {
	count        int
	falls, rises time.Time
}

// tally goes through the events newest first, so that those that count longest
// are the ones counted.
func (n *Performed) tally(events []Event, w window, env *Env, depth int) (tally, error) {
	var t tally
	inner, enough := n.filterEnv(env), n.Count.enough()
	for _, event := range events {
		if t.count == enough {
			break
		}
		r := w.test(event.OccurredAt)
		if r.True && n.Filter != nil {
			inner.State["event"] = event.Data
			passed, err := n.Filter.eval(inner, depth)
			if err != nil {
				return tally{}, err
			}
			r = Result{True: passed.True, Until: either(passed, r.Until)}
		}
		if !r.True {
			t.rises = earliest(t.rises, r.Until)
			continue
		}
		t.count++
		t.falls = earliest(t.falls, r.Until)
	}
	return t, nil
}

// either is when an event inside the window that leaves at leaves changes sides:
// by failing the filter or leaving while it counts, by passing the filter while
// it does not.
func either(passed Result, leaves time.Time) time.Time {
	if passed.True {
		return earliest(passed.Until, leaves)
	}
	return passed.Until
}

// filterEnv is the state as a filter sees it: a copy, whose event is replaced.
func (n *Performed) filterEnv(env *Env) *Env {
	if n.Filter == nil {
		return nil
	}
	state := make(State, len(env.State)+1)
	maps.Copy(state, env.State)
	return &Env{Now: env.Now, State: state, Facts: env.Facts}
}

// holds returns what the bound says of the order of a number of events and N.
func (c Count) holds() func(order int) bool {
	i := slices.IndexFunc(countOperators, func(row countOperator) bool { return row.op == c.Op })
	return countOperators[i].holds
}

// enough is the number of events past which more cannot change the outcome.
func (c Count) enough() int {
	if holds := c.holds(); holds(0) == holds(1) {
		return c.N
	}
	return c.N + 1
}

// result judges a tally. While enough events count, only a fall can change
// anything; below that, only a rise, save that eq is lost by either.
func (c Count) result(t tally) Result {
	holds, order := c.holds(), cmp.Compare(t.count, c.N)
	until := t.rises
	switch {
	case t.count == c.enough():
		until = t.falls
	case order == 0 && holds(0) != holds(-1):
		until = earliest(t.falls, t.rises)
	}
	return Result{True: holds(order), Until: until}
}

func (n *Received) eval(env *Env, _ int) (Result, error) {
	if env.Facts == nil {
		return Result{}, nil
	}
	w := always(env.Now)
	if n.Windowed {
		w = windowOf(env.Now, n.Within)
	}
	times, err := env.Facts.Mail(n.Kind, n.Template, w.since)
	if err != nil {
		return Result{}, err
	}
	return w.any(times), nil
}

// any says whether one of the times is inside: until the newest of those leaves,
// or else until the first of those to come enters.
func (w window) any(times []time.Time) Result {
	var result Result
	for _, at := range times {
		r := w.test(at)
		switch {
		case r.True && result.True:
			if r.Until.After(result.Until) {
				result.Until = r.Until
			}
		case r.True:
			result = r
		case !result.True:
			result.Until = earliest(result.Until, r.Until)
		}
	}
	return result
}

func (n *Subscribed) eval(env *Env, _ int) (Result, error) {
	if env.Facts == nil {
		return Result{}, nil
	}
	yes, err := env.Facts.Subscribed(n.Group)
	return Result{True: yes}, err
}

func (n *InSegment) eval(env *Env, depth int) (Result, error) {
	if env.Facts == nil {
		return Result{}, nil
	}
	if depth >= maxSegmentDepth {
		return Result{}, fmt.Errorf("segment %q: segments refer to each other more than %d deep", n.Segment, maxSegmentDepth)
	}
	if known, ok := env.segments[n.Segment]; ok {
		return known, nil
	}
	segment, member, err := env.Facts.Segment(n.Segment)
	result := Result{True: member}
	if err == nil && segment != nil {
		result, err = segment.root.eval(env, depth+1)
	}
	if err != nil || !env.Steady {
		return result, err
	}
	if env.segments == nil {
		env.segments = map[string]Result{}
	}
	env.segments[n.Segment] = result
	return result, nil
}
