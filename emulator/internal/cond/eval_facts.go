package cond

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// maxSegmentDepth limits how deep segments may refer to segments. Cycles are
// refused when a segment is saved; the limit is for cycles that come in another
// way.
const maxSegmentDepth = 32

func (n *Performed) eval(env *Env, depth int) (Result, error) {
	found, err := n.count(env, depth)
	if err != nil {
		return Result{}, err
	}
	return n.Count.result(found), nil
}

func (n *Performed) count(env *Env, depth int) (tally, error) {
	if env.Facts == nil {
		return tally{}, nil
	}
	w := unboundedWindow(env.Now)
	if n.Windowed {
		w = windowOf(env.Now, n.Within)
	}
	if kept := env.Tallies.find(n, env); kept != nil {
		env.Tallies.touched = true
		if found, ok, err := kept.goOn(n, w, env, depth); ok || err != nil {
			return found, err
		}
	}
	found, err := n.tally(env.Facts.Events(n.Event, n.Prefix, w.since), w, env, depth)
	if err == nil && env.Tallies != nil {
		env.Tallies.put(n, env, found, w)
	}
	return found, err
}

// tally is a count of events that stops once enough are found. One of the
// counted events stops counting at leavesAt at the earliest. Another may begin to
// count at entersAt at the earliest.
type tally struct {
	count              int
	leavesAt, entersAt time.Time

	// The rest is for [Tallies].
	read   int       // how many events were looked at
	counts []int64   // when those that count occurred, in milliseconds, newest first
	next   time.Time // when the first one in the future occurs
}

// tally goes through the events newest first, so that it counts those that
// count longest.
func (n *Performed) tally(events iter.Seq2[Event, error], w window, env *Env, depth int) (tally, error) {
	var found tally
	inner, enough := n.filterEnv(env), n.Count.enough()
	for event, err := range events {
		if err != nil {
			return tally{}, err
		}
		if found.count == enough {
			break
		}
		result := w.test(event.OccurredAt)
		found.read++
		if at := wholeMillis(event.OccurredAt); at.After(w.now) {
			found.next = earliest(found.next, at)
		}
		if result.True && n.Filter != nil {
			inner.State["event"] = event.Data
			passed, err := n.Filter.eval(inner, depth)
			if err != nil {
				return tally{}, err
			}
			result = Result{True: passed.True, Until: changesAt(passed, result.Until)}
		}
		if !result.True {
			found.entersAt = earliest(found.entersAt, result.Until)
			continue
		}
		found.count++
		if env.Tallies != nil {
			found.counts = append(found.counts, event.OccurredAt.UnixMilli())
		}
		found.leavesAt = earliest(found.leavesAt, result.Until)
	}
	return found, nil
}

// changesAt returns when an event inside the window starts or stops counting. One
// that counts stops when it fails the filter or leaves the window. One that does
// not count starts when it passes the filter.
func changesAt(passed Result, leavesAt time.Time) time.Time {
	if passed.True {
		return earliest(passed.Until, leavesAt)
	}
	return passed.Until
}

// filterEnv returns the Env of the filter. Its state is a copy, in which the
// caller replaces the event.
func (n *Performed) filterEnv(env *Env) *Env {
	if n.Filter == nil {
		return nil
	}
	state := make(State, len(env.State)+1)
	maps.Copy(state, env.State)
	return &Env{Now: env.Now, State: state, Facts: env.Facts, Zone: env.Zone}
}

// holds returns the test of the bound. It takes the order of the number of
// events and N.
func (bound Count) holds() func(order int) bool {
	i := slices.IndexFunc(countOperators, func(row countOperator) bool { return row.op == bound.Op })
	return countOperators[i].holds
}

// Includes reports whether a number of events meets the bound.
func (bound Count) Includes(n int) bool { return bound.holds()(cmp.Compare(n, bound.N)) }

// enough returns the number of events at which tally stops counting: more events
// cannot change the outcome.
func (bound Count) enough() int {
	if holds := bound.holds(); holds(0) == holds(1) {
		return bound.N
	}
	return bound.N + 1
}

// result tests a tally. While enough events count, only one that stops counting
// can change the outcome. Below that, only one that begins to count can. The
// exception is eq, which either can make false.
func (bound Count) result(found tally) Result {
	holds, order := bound.holds(), cmp.Compare(found.count, bound.N)
	until := found.entersAt
	switch {
	case found.count == bound.enough():
		until = found.leavesAt
	case order == 0 && holds(0) != holds(-1):
		until = earliest(found.leavesAt, found.entersAt)
	}
	return Result{True: holds(order), Until: until}
}

func (n *Received) eval(env *Env, _ int) (Result, error) {
	if env.Facts == nil {
		return Result{}, nil
	}
	w := unboundedWindow(env.Now)
	if n.Windowed {
		w = windowOf(env.Now, n.Within)
	}
	times, err := env.Facts.Mail(n.Kind, n.Template, w.since)
	if err != nil {
		return Result{}, err
	}
	return w.any(times), nil
}

// any tests whether one of the times is inside. If so, that lasts until the
// newest of them leaves. If not, it lasts until the first future one enters.
func (w window) any(times []time.Time) Result {
	var result Result
	for _, at := range times {
		one := w.test(at)
		switch {
		case one.True && result.True:
			if one.Until.After(result.Until) {
				result.Until = one.Until
			}
		case one.True:
			result = one
		case !result.True:
			result.Until = earliest(result.Until, one.Until)
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
		return Result{}, fmt.Errorf("segment %q: segments refer to each other more than %d deep",
			n.Segment, maxSegmentDepth)
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
