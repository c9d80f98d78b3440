package cond

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Tallies keeps what [Performed] conditions have counted, by Profile. So a new
// event costs no reading of all the older ones. The owner calls Add for each new
// event, and Forget or Clear when anything else about the events has changed. A
// tally is kept only if its filter reads nothing but the event and values of the
// state, and it is not used if one of these values has changed.
type Tallies struct {
	// From is how many events a count must have read to be worth keeping.
	From int

	of      map[string]map[*Performed]*keptTally
	size    int
	touched bool
}

// maxKept limits the memory of Tallies: the number of instants and of tallies.
const maxKept = 2_000_000

// maxFresh is how many new events wait for the next use of a tally.
const maxFresh = 256

// keptTally is a tally with what it takes to go on with it.
type keptTally struct {
	now    int64     // in milliseconds, as all times here
	outer  []Pointer // what the filter reads outside of the event
	values string    // the values there
	counts []int64   // when the newest events that count occurred, oldest first: as many as decide the bound
	ahead  int64     // when the first event in the future occurs
	isNext bool      // there is one
	fresh  []arrived // events that came since
}

type arrived struct {
	at   time.Time
	data json.RawMessage
}

// Add adds a new event of a Profile. Its number is higher than those of all others.
func (kept *Tallies) Add(profile, name string, occurredAt time.Time, data json.RawMessage) {
	for n, tally := range kept.of[profile] {
		if name != n.Event && (!n.Prefix || !strings.HasPrefix(name, n.Event)) {
			continue
		}
		kept.touched = true
		if tally.fresh = append(tally.fresh, arrived{occurredAt, data}); len(tally.fresh) > maxFresh {
			delete(kept.of[profile], n)
		}
	}
}

// Has reports whether anything is kept about a Profile.
func (kept *Tallies) Has(profile string) bool { return len(kept.of[profile]) > 0 }

// Forget forgets a Profile.
func (kept *Tallies) Forget(profile string) { delete(kept.of, profile) }

// Clear forgets everything.
func (kept *Tallies) Clear() { *kept = Tallies{From: kept.From} }

// Settle says that what happened until now will not be undone.
func (kept *Tallies) Settle() { kept.touched = false }

// Undo forgets everything if something has happened since Settle, because it is
// undone.
func (kept *Tallies) Undo() {
	if kept.touched {
		kept.Clear()
	}
}

// find returns the kept tally of a condition about the Profile of an Env, or nil.
func (kept *Tallies) find(n *Performed, env *Env) *keptTally {
	if kept == nil {
		return nil
	}
	return kept.of[env.Facts.ProfileID()][n]
}

// put keeps a tally that read a number of events.
func (kept *Tallies) put(n *Performed, env *Env, found tally, w window) {
	profile := env.Facts.ProfileID()
	delete(kept.of[profile], n)
	if found.read < kept.From || profile == "" {
		return
	}
	outer, ok := n.outside()
	if !ok {
		return
	}

	if kept.size += 32 + len(found.counts); kept.of == nil || kept.size > maxKept {
		kept.of, kept.size = map[string]map[*Performed]*keptTally{}, 0
	}
	if kept.of[profile] == nil {
		kept.of[profile] = map[*Performed]*keptTally{}
	}
	tally := &keptTally{now: w.now.UnixMilli(), outer: outer, values: env.valuesAt(outer), counts: found.counts}
	slices.Reverse(tally.counts)
	if tally.isNext = !found.next.IsZero(); tally.isNext {
		tally.ahead = found.next.UnixMilli()
	}
	kept.of[profile][n], kept.touched = tally, true
}

// outside returns what the filter reads of the state, except for the event. ok is
// false if it reads more than values.
func (n *Performed) outside() (pointers []Pointer, ok bool) {
	if n.Filter == nil {
		return nil, true
	}
	var reads Reads
	n.Filter.reads(&reads, true)
	others := len(reads.Events) + len(reads.Mail) + len(reads.Groups) + len(reads.Segments)
	return reads.Pointers, !reads.Time && others == 0
}

// valuesAt returns the values at pointers as text.
func (env *Env) valuesAt(pointers []Pointer) string {
	if len(pointers) == 0 {
		return ""
	}
	values := make([][]any, len(pointers))
	for i, pointer := range pointers {
		if v, found := env.State.Lookup(pointer); found {
			values[i] = []any{v}
		}
	}
	raw, _ := json.Marshal(values) // a state has what Decode returns, and numbers
	return string(raw)
}

// goOn brings a kept tally up to date. ok is false if all events must be counted
// anew.
func (kept *keptTally) goOn(n *Performed, w window, env *Env, depth int) (found tally, ok bool, err error) {
	now := w.now.UnixMilli()
	if now < kept.now || kept.values != env.valuesAt(kept.outer) || kept.isNext && kept.ahead <= now {
		return tally{}, false, nil
	}
	kept.now = now

	if len(kept.fresh) > 0 {
		inner := n.filterEnv(env)
		for _, event := range kept.fresh {
			if err := kept.add(n, event, w, inner, depth); err != nil {
				return tally{}, false, err
			}
		}
		kept.fresh = nil
	}
	for !w.unbounded && len(kept.counts) > 0 && kept.counts[0] < w.since.UnixMilli() {
		kept.counts = kept.counts[1:]
	}

	found.count = len(kept.counts)
	if found.count > 0 {
		found.leavesAt = w.test(time.UnixMilli(kept.counts[0])).Until
	}
	if kept.isNext {
		found.entersAt = zeroIfTooLate(time.UnixMilli(kept.ahead))
	}
	return found, true, nil
}

// add counts a new event.
func (kept *keptTally) add(n *Performed, event arrived, w window, inner *Env, depth int) error {
	at := event.at.UnixMilli()
	inside := w.test(event.at)
	switch {
	case at > kept.now:
		if !kept.isNext || at < kept.ahead {
			kept.ahead, kept.isNext = at, true
		}
		return nil
	case !inside.True:
		return nil
	}
	if n.Filter != nil {
		data, err := DecodeObject(event.data)
		if err != nil {
			return err
		}
		inner.State["event"] = data
		passed, err := n.Filter.eval(inner, depth)
		if err != nil || !passed.True {
			return err
		}
	}

	i, _ := slices.BinarySearch(kept.counts, at+1)
	kept.counts = slices.Insert(kept.counts, i, at)
	if over := len(kept.counts) - n.Count.enough(); over > 0 {
		kept.counts = kept.counts[over:]
	}
	return nil
}
