package journey

import (
	"maps"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// The members of a run's state that the language itself looks into.
const (
	rootEvent   = "event" // the event that entered the run
	rootData    = "data"  // what a trigger sent along
	rootProfile = "profile"
)

// holds evaluates a condition of which nil is true.
func holds(c *cond.Cond, env *cond.Env) (bool, time.Time, error) {
	if c == nil {
		return true, time.Time{}, nil
	}
	r, err := c.Eval(env)
	return r.True, r.Until, err
}

// sooner is the earlier of two instants, of which the zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// What stands in place of a value that was not to be kept. As a key it would
// make one run of all.
const redacted = "[redacted]"

// keyAt reads a key: a string, a number or a boolean, as text.
func keyAt(state cond.State, at cond.Pointer) (string, bool) {
	v, _ := state.Lookup(at)
	if _, isList := v.([]any); isList {
		return "", false
	}
	key, ok := cond.Text(v)
	return key, ok && key != "" && key != redacted
}

// withEvent is what a filter sees: the state with the incoming event in place of
// the one that entered the run.
func withEvent(env *cond.Env, data any) *cond.Env {
	state := make(cond.State, len(env.State)+1)
	maps.Copy(state, env.State)
	state[rootEvent] = eventData(data)
	return &cond.Env{Now: env.Now, State: state, Facts: env.Facts, Hidden: env.Hidden}
}

// eventData is an event's data, which is never absent.
func eventData(data any) any {
	if data == nil {
		return map[string]any{}
	}
	return data
}
