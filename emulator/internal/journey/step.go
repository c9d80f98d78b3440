package journey

import (
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Input is the data of one run that a step reads. Env.Now is the time of the step.
// The state's event is the one that entered the run.
type Input struct {
	Env                   *cond.Env
	RunID, ProfileID, Key string
	Seed                  uint64
	// Entered is when the run began. Arrived is when it reached the node that it
	// waits at. If Arrived is zero, only the timer ends a wait by its timeout.
	Entered, Arrived time.Time
	// Received is the number of the last event that was received before the run began.
	Received int
	// Ahead is the number of the first event that the wait may still have to take
	// because it had not occurred when it was received. It is 0 if there is none.
	Ahead int
}

// Effect is what a step requests. Without Next and End the run waits at its node.
type Effect struct {
	// Outcome is how the step ended, for the run's path. It is empty while the run
	// waits.
	Outcome string
	Next    string
	// Until is when the timer fires. It is set on arrival; zero means no timer.
	Until time.Time
	// Recheck is the earliest instant at which time alone may end a wait; zero means
	// never. It replaces an earlier one.
	Recheck time.Time
	// Ahead is the new Ahead of the input.
	Ahead int
	Email *Email
	// Set holds the properties to merge. A nil value unsets the property. The values
	// are shared with the state and must not be changed.
	Set  map[string]any
	Emit *Emit
	// StepEvent is the data of the event that ended a wait. It is nil if none did. It
	// belongs at /steps/<node>/event.
	StepEvent any
	End       *End
	// Why explains the outcome, with the values that decided it. It is empty if the
	// outcome explains itself.
	Why string
}

// Email is a send to make. Template, SubscriptionGroup and SenderProfile are ids or
// keys. The last two are empty for the Template's own. Subject replaces the
// Template's subject, unless it is empty.
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

// The reasons of an early end by a step.
const (
	ReasonUnsubscribed    = "unsubscribed"
	ReasonSuppressed      = "suppressed"
	ReasonProfileDeleted  = "profile_deleted"
	ReasonPropertyMissing = "property_missing"
	ReasonPropertyPast    = "property_past"

	ReasonPropertyUnreadable = "property_unreadable"
)

// exitRule is how the reason of a run that a rule ended begins.
const exitRule = "exit_rule:"

// ExitRuleReason returns the reason of a run that a rule ended.
func ExitRuleReason(rule string) string { return exitRule + rule }

// RuleOf returns the exit rule that caused an end. It returns false if none did.
func RuleOf(end End) (rule string, ok bool) {
	rule, ok = strings.CutPrefix(end.Reason, exitRule)
	return rule, ok && end.Status == Exited
}
