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
// Why is what it rests on, with the values seen.
type Admission struct{ Key, Skip, Why string }

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
	var a Admission
	yes, err := a.test("filter", d.Entry.Filter, env)
	if err != nil || !yes {
		a.Skip = SkipFilterMismatch
		return a, err
	}
	if d.Entry.Key != nil {
		if a.Key, yes = keyAt(env.State, d.Entry.Key); !yes {
			a.Key, a.Skip = "", SkipMissingKey
			a.because("nothing that can be a key at " + d.Entry.Key.String())
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
		a.because(fmt.Sprintf("reentry is %s, cooldown %s; it last entered at %s",
			d.Reentry.Mode, d.Reentry.Cooldown, h.LastEntered.Format(time.RFC3339Nano)))
	}
	return a, err
}

// test tests one condition, of which nil is true, and keeps how it came out.
func (a *Admission) test(name string, c *cond.Cond, env *cond.Env) (bool, error) {
	yes, _, err := holds(c, env)
	if c == nil || err != nil {
		return yes, err
	}
	text, err := c.Explain(env)
	a.because(name + ": " + text)
	return yes, err
}

func (a *Admission) because(text string) {
	if a.Why != "" {
		a.Why += "; "
	}
	a.Why += text
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
