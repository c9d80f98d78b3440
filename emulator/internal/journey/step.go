package journey

import (
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
