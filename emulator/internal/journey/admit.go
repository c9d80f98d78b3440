package journey

import (
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// History is what re-entry asks of a Profile's earlier runs of the journey with
// the same key.
type History struct {
	Entered, Active bool
	LastEntered     time.Time
}

// The reasons for which a Profile is not let in, in the order of their tests.
const (
	SkipFilterMismatch   = "filter_mismatch"
	SkipMissingKey       = "missing_key"
	SkipAudienceMismatch = "audience_mismatch"
	SkipAlreadyActive    = "already_active"
	SkipAlreadyEntered   = "already_entered"
	SkipCooldown         = "cooldown"
)

// Admission is the answer to one who wants in: the key of the run, empty when
// there is none, and the first reason against it, empty when there is none.
type Admission struct{ Key, Skip string }

// Admit tests whether the Profile may enter now. The state's event or data is
// what wants to begin the run. The history is asked for only when it matters.
func (d *Definition) Admit(env *cond.Env, history func(key string) (History, error)) (Admission, error) {
	admission, err := d.admit(env, history)
	if err != nil {
		return Admission{}, fmt.Errorf("admit to journey %s: %w", d.Key, err)
	}
	return admission, nil
}

func (d *Definition) admit(env *cond.Env, history func(key string) (History, error)) (Admission, error) {
	yes, _, err := holds(d.Entry.Filter, env)
	if err != nil || !yes {
		return Admission{Skip: SkipFilterMismatch}, err
	}
	var key string
	if d.Entry.Key != nil {
		if key, yes = keyAt(env.State, d.Entry.Key); !yes {
			return Admission{Skip: SkipMissingKey}, nil
		}
	}
	yes, _, err = holds(d.Audience, env)
	if err != nil || !yes {
		return Admission{Key: key, Skip: SkipAudienceMismatch}, err
	}
	if d.Reentry.Mode == ReenterAlways && d.Reentry.Cooldown == 0 {
		return Admission{Key: key}, nil
	}
	h, err := history(key)
	return Admission{Key: key, Skip: d.Reentry.skip(h, env.Now)}, err
}

func (r Reentry) skip(h History, now time.Time) string {
	switch {
	case h.Active && r.Mode != ReenterAlways:
		return SkipAlreadyActive
	case h.Entered && r.Mode == ReenterOnce:
		return SkipAlreadyEntered
	case h.Entered && now.Before(h.LastEntered.Add(r.Cooldown)):
		return SkipCooldown
	}
	return ""
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

// sameKey tells whether an incoming event carries the run's key: where the entry
// found it in its event or its data, the incoming event has it in its own.
func (d *Definition) sameKey(data any, key string) bool {
	found, ok := keyAt(cond.State{"event": data, "data": data}, d.Entry.Key)
	return ok && found == key
}
