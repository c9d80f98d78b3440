package journey

import (
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// History describes a Profile's earlier runs of the journey with the same key, for
// the re-entry rules.
type History struct {
	Entered, Active bool
	LastEntered     time.Time
}

// The reasons why a Profile may not enter, in the order in which they are tested.
const (
	SkipFilterMismatch   = "filter_mismatch"
	SkipMissingKey       = "missing_key"
	SkipAudienceMismatch = "audience_mismatch"
	SkipAlreadyActive    = "already_active"
	SkipAlreadyEntered   = "already_entered"
	SkipCooldown         = "cooldown"
)

// Admission is the decision whether a run may begin. Key is the key of the run,
// empty if there is none. Skip is the first reason against the run, empty if
// there is none. Why explains the decision, with the values that it was made with.
type Admission struct{ Key, Skip, Why string }

// Admit tests whether the Profile may enter now. The state has the event or the
// data that is to begin the run. The function history is called only if the
// history matters.
func (d *Definition) Admit(env *cond.Env, history func(key string) (History, error)) (Admission, error) {
	admission, err := d.admit(env, history)
	if err != nil {
		return Admission{}, fmt.Errorf("admit to journey %s: %w", d.Key, err)
	}
	return admission, nil
}

func (d *Definition) admit(env *cond.Env, history func(key string) (History, error)) (Admission, error) {
	var a Admission
	yes, err := a.test("filter", d.Entry.Filter, env)
	if err != nil || !yes {
		a.Skip = SkipFilterMismatch
		return a, err
	}

	if d.Entry.Key != nil {
		if a.Key, yes = keyAt(env.State, d.Entry.Key); !yes {
			a.Key, a.Skip = "", SkipMissingKey
			a.addWhy("there is no value that can be a key at " + d.Entry.Key.String())
			return a, nil
		}
	}

	yes, err = a.test("audience", d.Audience, env)
	if err != nil || !yes {
		a.Skip = SkipAudienceMismatch
		return a, err
	}

	if d.Reentry.Mode == ReenterAlways && d.Reentry.Cooldown == 0 {
		return a, nil
	}
	h, err := history(a.Key)
	if a.Skip = d.Reentry.skip(h, env.Now); a.Skip != "" {
		a.addWhy(fmt.Sprintf("reentry is %s, cooldown %s; the Profile last entered at %s",
			d.Reentry.Mode, d.Reentry.Cooldown, h.LastEntered.Format(time.RFC3339Nano)))
	}
	return a, err
}

// test tests one condition and adds its outcome to Why. A nil condition is true.
func (a *Admission) test(name string, condition *cond.Cond, env *cond.Env) (bool, error) {
	if condition == nil {
		return true, nil
	}
	yes, text, err := condition.Decide(env)
	if err == nil {
		a.addWhy(name + ": " + text)
	}
	return yes, err
}

func (a *Admission) addWhy(text string) {
	if a.Why != "" {
		a.Why += "; "
	}
	a.Why += text
}

func (reentry Reentry) skip(h History, now time.Time) string {
	switch {
	case h.Active && reentry.Mode != ReenterAlways:
		return SkipAlreadyActive
	case h.Entered && reentry.Mode == ReenterOnce:
		return SkipAlreadyEntered
	case h.Entered && now.Before(h.LastEntered.Add(reentry.Cooldown)):
		return SkipCooldown
	}
	return ""
}
