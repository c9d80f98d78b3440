package emulator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/guard"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

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

// WithGuards turns guards on. They look at everything that happens until the test ends, also before a Reset, and in all
// Organizations. They report to the test passed to Start, once all functions have run that the test has passed to
// Cleanup after Start. If the test has failed already, they only log what they have found, and if it was skipped, they
// say nothing.
//
// For an emulator made with New, the error of Close contains the reports.
func WithGuards(guards ...Guard) Option {
	return func(opts *options) {
		opts.refuse(len(guards) == 0, "WithGuards: name the guards, or pass emulator.GuardAll")
		for _, each := range guards {
			unknown := each == 0 || each&^GuardAll != 0
			opts.refuse(unknown, "WithGuards: %d is not a guard; pass emulator.GuardErrors or another constant", uint(each))
			if !unknown {
				opts.guards |= guard.Kinds(each)
			}
		}
	}
}

// Expect announces to GuardErrors that calls from now on may be refused with these error codes, such as
// "validation_failed", any number of times until the test ends. It also announces them for the items of batches. It
// concerns all handles on the emulator. A code that the API does not have fails the test.
func (e *Emulator) Expect(codes ...string) {
	e.tb.Helper()
	e.must(call("Expect", codes...), e.guards.Expect(codes))
}

// lastCalls is how long the guards wait for calls that are under way when the test ends.
const lastCalls = time.Second

// lastLook lets the guards look at the world for the last time. Nothing later counts.
func (e *Emulator) lastLook() {
	if e.guards == nil {
		return
	}
	e.looked.Do(func() {
		ctx, stop := context.WithTimeout(context.Background(), lastCalls)
		defer stop()
		_ = e.calls.Wait(ctx) // a call may be answered and not yet seen
		err := e.world.End()
		if err == nil {
			err = e.world.Look(context.Background(), e.guards.End)
		}
		if err != nil {
			e.log.Error("the guards could not look at the end", "error", err)
		}
		e.guards.Close()
	})
}

// finish ends the emulator of a test: the guards report, the evidence is kept, and the emulator is closed.
func (e *Emulator) finish() {
	e.tb.Helper()
	e.lastLook()
	failure := e.reportGuards()
	if failure != "" || e.tb.Failed() {
		e.keepEvidence()
	}
	if err := e.close(); err != nil {
		e.tb.Logf("emulator: close: %v", err)
	}
	if failure != "" {
		e.tb.Fatalf("%s", failure)
	}
}

// reportGuards reports to the test what the guards have found. A test without Errorf can only fail with Fatalf, which
// must come last: for such a test, reportGuards returns the text.
func (e *Emulator) reportGuards() (failure string) {
	e.tb.Helper()
	reports := e.guardReports()
	skips, _ := e.tb.(interface{ Skipped() bool })
	if len(reports) == 0 || skips != nil && skips.Skipped() {
		return ""
	}
	report := e.tb.Logf
	if !e.tb.Failed() {
		fails, ok := e.tb.(interface {
			Errorf(format string, args ...any)
		})
		if !ok {
			return strings.Join(reports, "\n")
		}
		report = fails.Errorf
	}
	for _, each := range reports {
		report("%s", each)
	}
	return ""
}

// guardReports returns what the guards have found, a text for each guard.
func (e *Emulator) guardReports() []string {
	reports := e.guards.Reports()
	for i := range reports {
		reports[i] = "emulator: " + reports[i]
	}
	return reports
}

// guardError returns what the guards of an emulator without a test have found.
func (e *Emulator) guardError() error {
	if e.tb != (noTest{}) {
		return nil
	}
	var found []error
	for _, each := range e.guards.Reports() {
		found = append(found, fmt.Errorf("%s", each))
	}
	return errors.Join(found...)
}

// watch returns what the world must tell the guards.
func (e *Emulator) watch() *world.Watch {
	if e.options.guards == 0 {
		return nil
	}
	e.guards = guard.New(e.options.guards)
	e.journal.Watch(e.guards.Answered)
	return e.guards.Watch()
}
