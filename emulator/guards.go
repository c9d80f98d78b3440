package emulator

import "github.com/segmentflow/segmentflow-go/emulator/internal/guard"

// Guard notices something that a test would otherwise overlook. It fails the test when the test ends, and says what it
// has found, where, and what to do about it.
type Guard uint

// The guards of WithGuards.
const (
	// GuardErrors finds calls of the API, and items of batches, that were refused with a 4xx or 5xx. Expect announces
	// those that the test wants. Fail and RateLimit announce their own.
	GuardErrors = Guard(guard.Errors)

	// GuardMissing finds emails that were sent although a binding of their Template had nothing to print.
	GuardMissing = Guard(guard.Missing)

	// GuardConsent finds emails from Templates that are not Transactional, and that were sent without a
	// SubscriptionGroup, or for a group with the policy OptIn to somebody who never opted in. Tests of a Broadcast or
	// NewsletterIssue do not count.
	GuardConsent = Guard(guard.Consent)

	// GuardShapes finds properties of events whose JSON type differs between two calls of Events.Track with the same
	// event. It compares nested properties and the elements of arrays too. A null has no type.
	GuardShapes = Guard(guard.Shapes)

	// GuardWaiting finds what waits when the test ends: runs of Journeys, confirmations that a person can still answer,
	// and Broadcasts and NewsletterIssues that are scheduled.
	GuardWaiting = Guard(guard.Waiting)

	// GuardKeys finds writes that were carried out with an idempotency key that the SDK had made up, and writes without
	// a key. A job that makes such a call and runs again does the work twice.
	GuardKeys = Guard(guard.Keys)

	// GuardAll is all of them.
	GuardAll = Guard(guard.All)
)

// WithGuards turns guards on. They see everything that happens until the test ends, also before a Reset, and in all
// Organizations. They report when the test passed to Start ends, after the functions that it passed to Cleanup after
// Start. If the test has failed already, they only log what they have found. If it was skipped, they say nothing.
//
// For an emulator made with New, the error of Close contains the reports.
func WithGuards(guards ...Guard) Option {
	return func(opts *options) {
		opts.refuse(len(guards) == 0, "WithGuards: name the guards, or pass emulator.GuardAll")
		for _, each := range guards {
			unknown := each == 0 || each&^GuardAll != 0
			opts.refuse(unknown, "WithGuards: %d is not a guard; pass a constant such as emulator.GuardErrors",
				uint(each))
			if !unknown {
				opts.guards |= guard.Kinds(each)
			}
		}
	}
}

// Expect announces to GuardErrors that calls from now on may be refused with these error codes, such as
// "validation_failed". It lasts until the test ends, for any number of calls and items of batches, and for all handles
// on the emulator. A code that the API does not have fails the test.
func (e *Emulator) Expect(codes ...string) {
	e.tb.Helper()
	e.must(call("Expect", codes...), e.guards.Expect(codes))
}
