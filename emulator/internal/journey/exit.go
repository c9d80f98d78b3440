package journey

import (
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// ExitOnEvent is the first exit rule that a UserEvent just received meets, empty
// for none. The key is the run's.
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

// ExitOnState is the first exit rule whose condition is true now, empty for
// none. Until is then the earliest instant at which one may become true by time
// alone; zero means never.
func (d *Definition) ExitOnState(env *cond.Env) (rule string, until time.Time, err error) {
	for _, r := range d.ExitOn {
		if r.Condition == nil {
			continue
		}
		yes, edge, err := holds(r.Condition, env)
		if err != nil {
			return "", time.Time{}, fmt.Errorf("exit rule %s of journey %s: %w", r.ID, d.Key, err)
		}
		if yes {
			return r.ID, time.Time{}, nil
		}
		until = sooner(until, edge)
	}
	return "", until, nil
}

// FirstRule is the one of two rules that is declared first; an empty one is none.
func (d *Definition) FirstRule(one, other string) string {
	for _, r := range d.ExitOn {
		if r.ID == one || r.ID == other {
			return r.ID
		}
	}
	return ""
}

// HasConditionRules tells whether [Definition.ExitOnState] can ever name a rule.
func (d *Definition) HasConditionRules() bool {
	for _, r := range d.ExitOn {
		if r.Condition != nil {
			return true
		}
	}
	return false
}

// WhyExit says what an exit rule rests on: the event just received, whose data
// is given, or the rule's condition.
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
