package journey

import (
	"maps"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// The members of a run's state that this package reads.
const (
	rootEvent   = "event" // the event that entered the run
	rootData    = "data"  // the variables of the trigger
	rootProfile = "profile"
)

// holds evaluates a condition. A nil condition is true.
func holds(condition *cond.Cond, env *cond.Env) (bool, time.Time, error) {
	if condition == nil {
		return true, time.Time{}, nil
	}
	result, err := condition.Eval(env)
	return result.True, result.Until, err
}

// earlier returns the earlier of two instants. A zero one means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// redacted replaces a value that must not be stored. It is not a key, because all runs
// would then have the same one.
const redacted = "[redacted]"

// keyAt returns the key at a pointer as text. A key is a string, a number or a
// boolean.
func keyAt(state cond.State, at cond.Pointer) (string, bool) {
	found, _ := state.Lookup(at)
	if _, isList := found.([]any); isList {
		return "", false
	}
	key, ok := cond.Text(found)
	return key, ok && key != "" && key != redacted
}

// withEvent returns the Env of a filter. Its state has the incoming event instead of
// the one that entered the run.
func withEvent(env *cond.Env, data any) *cond.Env {
	state := make(cond.State, len(env.State)+1)
	maps.Copy(state, env.State)
	state[rootEvent] = eventData(data)
	return &cond.Env{
		Now: env.Now, State: state, Facts: env.Facts, Zone: env.Zone, Hidden: env.Hidden, Tallies: env.Tallies,
	}
}

// eventData returns an event's data, or an empty object if it has none.
func eventData(data any) any {
	if data == nil {
		return map[string]any{}
	}
	return data
}
