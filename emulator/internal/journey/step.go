package journey

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Input is what a step can see of one run. Env.Now is the time of the step; the
// state's event is the one that entered the run.
type Input struct {
	Env                   *cond.Env
	RunID, ProfileID, Key string
	Zone                  *time.Location // the Organization's, may be nil
	Seed                  uint64
	// Entered is when the run began, Arrived when it reached the node it stands
	// at. A zero Arrived leaves timeouts to the timer alone.
	Entered, Arrived time.Time
	// Occurred is when the event that entered the run occurred; only a wait that
	// looks back to entry asks.
	Occurred time.Time
}

// Effect is what a step asks for. Without Next and End the run stands still.
type Effect struct {
	// Outcome is how the step ended, for the run's path; empty while standing.
	Outcome string
	Next    string
	// Until is when the timer fires, set on arrival; zero means no timer.
	Until time.Time
	// Recheck is the earliest instant at which a wait's condition may become true
	// by time alone; zero means never. It replaces an earlier one.
	Recheck time.Time
	Email   *Email
	// Set holds the properties to merge, of which nil ones are unset. Its values
	// are shared with the state and must not be changed.
	Set  map[string]any
	Emit *Emit
	// StepEvent is the data of the event that ended a wait, nil when none did.
	// It belongs at /steps/<node>/event.
	StepEvent any
	End       *End
	// Why is what the outcome rests on, with the values seen; empty where the
	// outcome says it all.
	Why string
}

// Email is a send to make. Template, SubscriptionGroup and SenderProfile are ids
// or keys, the latter two empty for the Template's own. Subject is the text that
// replaces the Template's, empty for none.
type Email struct{ Template, SubscriptionGroup, SenderProfile, Subject string }

// Emit is an event to record for the Profile. Data is shared with the state and
// must not be changed.
type Emit struct {
	Event string
	Data  map[string]any
}

// The ways a run ends.
const (
	Completed = "completed"
	Exited    = "exited"
	Failed    = "failed"
)

// End ends the run. Reason goes with Completed and Exited, Error with Failed.
type End struct{ Status, Reason, Error string }

// The reasons of an early end that a step gives.
const (
	ReasonUnsubscribed    = "unsubscribed"
	ReasonSuppressed      = "suppressed"
	ReasonProfileDeleted  = "profile_deleted"
	ReasonPropertyMissing = "property_missing"
	ReasonPropertyPast    = "property_past"
)

// ExitRuleReason is the reason of a run that the rule ended.
func ExitRuleReason(rule string) string { return "exit_rule:" + rule }

const (
	outcomeDefault = "default"
	outcomeElapsed = "elapsed"
	outcomeTimeout = "timeout"
)

// Arrive is the step of a run that reaches a node.
func (d *Definition) Arrive(node string, in Input) (Effect, error) {
	n := d.byID[node]
	if n == nil {
		return Effect{}, fmt.Errorf("journey %s has no node %q", d.Key, node)
	}
	effect, err := d.arrive(n, in)
	if err != nil {
		return Effect{}, fmt.Errorf("arrive at node %s of journey %s: %w", n.ID, d.Key, err)
	}
	return effect, nil
}

func (d *Definition) arrive(n *Node, in Input) (Effect, error) {
	switch n.Type {
	case TypeEmail:
		return n.email(in)
	case TypeDelay:
		return n.delay(in), nil
	case TypeWaitFor:
		return d.beginWait(n, in)
	case TypeBranch:
		return n.Branch.take(in.Env)
	case TypeRandomCohort:
		return n.Cohort.draw(fmt.Sprintf("%d\x00%s\x00%s", in.Seed, d.Key, n.ID), in), nil
	case TypeSetProperty:
		return n.setProperties(in)
	case TypeEmitEvent:
		return n.emit(in)
	}
	outcome := n.Reason
	if outcome == "" {
		outcome = TypeExit
	}
	return Effect{Outcome: outcome, End: &End{Status: Completed, Reason: n.Reason}}, nil
}

// Fire is the step of a run whose timer, set when it reached a delay or a
// waitFor, has come.
func (d *Definition) Fire(node string, _ Input) (Effect, error) {
	n := d.byID[node]
	if n != nil && n.Type == TypeDelay {
		return Effect{Outcome: outcomeElapsed, Next: n.Next}, nil
	}
	if n != nil && n.Type == TypeWaitFor {
		return n.Wait.timeout(), nil
	}
	return Effect{}, fmt.Errorf("journey %s has no timer at %q", d.Key, node)
}

func (b *Branch) take(env *cond.Env) (Effect, error) {
	var why []string
	for _, path := range b.Paths {
		yes, _, err := holds(path.When, env)
		if err != nil {
			return Effect{}, err
		}
		text, err := path.When.Explain(env)
		if err != nil {
			return Effect{}, err
		}
		why = append(why, path.ID+": "+text)
		if yes {
			return Effect{Outcome: path.ID, Next: path.Next, Why: joined(why)}, nil
		}
	}
	return Effect{Outcome: outcomeDefault, Next: b.Default, Why: joined(why)}, nil
}

// longestWhy bounds what is kept of a decision.
const longestWhy = 1000

func joined(why []string) string { return cond.Shorten(strings.Join(why, "; "), longestWhy) }

// draw spreads by the hash that bucket conditions use too, so that a cohort can
// be foretold.
func (c *Cohort) draw(salt string, in Input) Effect {
	id := in.ProfileID
	if c.PerRun {
		id = in.RunID
	}
	bucket := cond.BucketOf(salt, id)
	arm := c.Arms[len(c.Arms)-1]
	for _, each := range c.Arms {
		if bucket -= each.Share; bucket < 0 {
			arm = each
			break
		}
	}
	return Effect{Outcome: arm.ID, Next: arm.Next, Why: fmt.Sprintf("%s has the lot %d of 10000", id, cond.BucketOf(salt, id))}
}

func (n *Node) setProperties(in Input) (Effect, error) {
	effect := Effect{Outcome: "set", Next: n.Next, Set: make(map[string]any, len(n.set))}
	for _, a := range n.set {
		v, ok, err := a.value.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		if ok {
			effect.Set[a.name] = v
		}
	}
	return effect, nil
}

func (n *Node) emit(in Input) (Effect, error) {
	data := map[string]any{}
	if n.data != nil {
		v, _, err := n.data.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		if object, ok := v.(map[string]any); ok {
			data = object
		}
	}
	return Effect{Outcome: "emitted", Next: n.Next, Emit: &Emit{Event: n.event, Data: data}}, nil
}

func (n *Node) email(in Input) (Effect, error) {
	e := &Email{Template: n.Email.Template, SubscriptionGroup: n.Email.SubscriptionGroup, SenderProfile: n.Email.SenderProfile}
	if n.Email.subject != nil {
		v, _, err := n.Email.subject.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		e.Subject, _ = cond.Text(v)
	}
	return Effect{Email: e}, nil
}

// The ways an EmailSend ends.
const (
	statusSent    = "Sent"
	statusSkipped = "Skipped"
	statusFailed  = "Failed"
)

// AfterEmail is the step of a run whose email has ended: Sent, Skipped or
// Failed, the reason being the send's failure message.
func (d *Definition) AfterEmail(node string, status, reason string) (Effect, error) {
	n := d.byID[node]
	if n == nil || n.Type != TypeEmail {
		return Effect{}, fmt.Errorf("journey %s has no email node %q", d.Key, node)
	}
	switch status {
	case statusSent:
		return Effect{Outcome: "sent", Next: n.Next}, nil
	case statusSkipped:
		outcome := "skipped: " + reason
		if n.Email.OnUnsubscribed == Skip && reason != ReasonProfileDeleted {
			return Effect{Outcome: outcome, Next: n.Next}, nil
		}
		return Effect{Outcome: outcome, End: &End{Status: Exited, Reason: exitReason(reason)}}, nil
	case statusFailed:
		outcome := "failed: " + reason
		if n.Email.OnFailure == Continue {
			return Effect{Outcome: outcome, Next: n.Next}, nil
		}
		return Effect{Outcome: outcome, End: &End{Status: Failed, Error: reason}}, nil
	}
	return Effect{}, fmt.Errorf("a send does not end as %q", status)
}

// exitReason is why a run ends when its email was skipped.
func exitReason(skip string) string {
	switch {
	case skip == "not_opted_in":
		return ReasonUnsubscribed
	case strings.HasPrefix(skip, "suppressed_"):
		return ReasonSuppressed
	}
	return skip
}

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
