package journey

import (
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// ExitOnEvent returns the first exit rule that matches a UserEvent that was just
// received. It returns "" if there is none. The key is the run's.
func (d *Definition) ExitOnEvent(name string, data any, env *cond.Env, key string) (rule string, err error) {
	for _, r := range d.ExitOn {
		if r.Event == "" || !cond.EventMatches(r.Event, name) || r.MatchKey && !d.sameKey(data, key) {
			continue
		}
		yes, _, err := holds(r.Filter, withEvent(env, data))
		if err != nil {
			return "", fmt.Errorf("exit rule %s of journey %s: %w", r.ID, d.Key, err)
		}
		if yes {
			return r.ID, nil
		}
	}
	return "", nil
}

// ExitOnState returns the first exit rule whose condition is true now. If there is
// none, it returns "" and the earliest instant at which time alone may make one
// true; zero means never.
func (d *Definition) ExitOnState(env *cond.Env) (rule string, until time.Time, err error) {
	for _, r := range d.ExitOn {
		if r.Condition == nil {
			continue
		}
		yes, change, err := holds(r.Condition, env)
		if err != nil {
			return "", time.Time{}, fmt.Errorf("exit rule %s of journey %s: %w", r.ID, d.Key, err)
		}
		if yes {
			return r.ID, time.Time{}, nil
		}
		until = earlier(until, change)
	}
	return "", until, nil
}

// FirstRule returns the rule that is declared first of the two. An empty name
// matches no rule.
func (d *Definition) FirstRule(one, other string) string {
	for _, r := range d.ExitOn {
		if r.ID == one || r.ID == other {
			return r.ID
		}
	}
	return ""
}

// HasConditionRules reports whether [Definition.ExitOnState] can ever return a rule.
func (d *Definition) HasConditionRules() bool {
	for _, r := range d.ExitOn {
		if r.Condition != nil {
			return true
		}
	}
	return false
}

// WhyExit explains why an exit rule is true: the event that was just received, whose
// data is given, or the rule's condition.
func (d *Definition) WhyExit(rule string, data any, env *cond.Env) (string, error) {
	for _, r := range d.ExitOn {
		if r.ID != rule {
			continue
		}
		if r.Condition != nil {
			return r.Condition.Explain(env)
		}
		if r.Filter == nil {
			return "an event " + r.Event, nil
		}
		text, err := r.Filter.Explain(withEvent(env, data))
		return "an event " + r.Event + "; filter: " + text, err
	}
	return "", nil
}
