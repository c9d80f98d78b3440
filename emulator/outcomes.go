package emulator

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The kinds of a bounce.
const (
	BounceHard = "hard" // the mailbox does not exist; the address is suppressed
	BounceSoft = "soft" // the mailbox is full or unavailable; five in a row suppress the address
)

// The types of a Fact. All but FactAccepted can be planned.
const (
	FactAccepted     = "accepted"
	FactDelayed      = "delayed"
	FactDelivered    = "delivered"
	FactBounced      = "bounced"
	FactComplained   = "complained"
	FactOpened       = "opened"
	FactClicked      = "clicked"
	FactUnsubscribed = "unsubscribed"
)

// PlannedFact is something that will happen to an email.
type PlannedFact struct {
	Type string `json:"type"`           // one of the Fact constants, except FactAccepted
	Kind string `json:"kind,omitempty"` // for bounced: BounceHard or BounceSoft; "" means BounceHard
	URL  string `json:"url,omitempty"`  // for clicked; "" means the first link of the email
	// After is the time since the previous fact. 0 means a second, or five minutes if the previous fact is delayed.
	After time.Duration `json:"after,omitempty"`
}

// Script plans what happens to emails from now on. The target is an address, for all emails to it, or the id of an
// EmailSend, for that email; the plan then replaces what would still have happened to it. The facts happen in the given
// order, in addition to what Bounce, Complain, Open, Click and Unsubscribe do. Without facts nothing happens to the
// email. The newest Script for an address counts.
//
// If the target is neither an address nor the id of an EmailSend, or the facts cannot follow each other, Script fails
// the test.
func (e *Emulator) Script(target string, facts ...PlannedFact) {
	e.tb.Helper()
	e.act(call("Script", target), func(tx *world.Tx) error { return tx.ScriptMail(target, plannedFacts(facts)) })
}

func plannedFacts(facts []PlannedFact) []world.PlannedFact {
	planned := make([]world.PlannedFact, len(facts))
	for i, fact := range facts {
		planned[i] = world.PlannedFact(fact)
	}
	return planned
}
