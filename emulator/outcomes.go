package emulator

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The kinds of a bounce.
const (
	BounceHard = "hard" // there is no such mailbox: the address is suppressed
	BounceSoft = "soft" // the mailbox is full or away: five in a row suppress the address
)

// PlannedFact is something that shall happen to a mail.
type PlannedFact struct {
	Type string `json:"type"`           // delayed, delivered, bounced, complained, opened, clicked or unsubscribed
	Kind string `json:"kind,omitempty"` // of bounced: BounceHard, which "" means too, or BounceSoft
	URL  string `json:"url,omitempty"`  // of clicked; "" is the mail's first link
	// After is the time since the fact before it; 0 is a second, or five minutes after delayed.
	After time.Duration `json:"after,omitempty"`
}

// Script decides what happens to mail from now on: to all mail to an address, or to the one of an EmailSend, named by its
// id, in place of what would still have happened to it. The facts happen in their order, beside what Bounce and its like
// do; without any nothing happens to the mail. The newest Script for an address counts. A target that is neither, and
// facts that cannot follow each other, fail the test of Start; without one it panics.
func (e *Emulator) Script(target string, facts ...PlannedFact) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.act("script", func(tx *world.Tx) error { return tx.ScriptMail(target, plannedFacts(facts)) })
}

func plannedFacts(facts []PlannedFact) []world.PlannedFact {
	planned := make([]world.PlannedFact, len(facts))
	for i, f := range facts {
		planned[i] = world.PlannedFact(f)
	}
	return planned
}
