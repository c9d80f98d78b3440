package emulator

import (
	"context"
	"time"
)

// Now returns the emulator's time in UTC, with a precision of milliseconds. By default it is the machine's time plus
// what Advance has added, and work that is due runs at the next call. WithStartTime and WithLiveClock change this.
func (e *Emulator) Now() time.Time {
	return e.world.Now()
}

// Advance moves the clock forward by d. It runs everything that becomes due on the way, in order, each task at its own
// due time. When it returns, the clock is at its target and nothing is due. Advance also waits for emails that are
// being handed to an SMTP server, and for webhooks that are being sent. If d is negative or leads past the year 9999,
// or the database cannot be written, Advance fails the test.
func (e *Emulator) Advance(d time.Duration) {
	e.tb.Helper()
	_, _, err := e.world.Advance(context.Background(), func(now time.Time) time.Time { return now.Add(d) })
	e.must("Advance("+d.String()+")", err)
}

// AdvanceTo is like Advance, but moves the clock to the target, which must not be before Now.
func (e *Emulator) AdvanceTo(target time.Time) {
	e.tb.Helper()
	_, _, err := e.world.Advance(context.Background(), func(time.Time) time.Time { return target.UTC() })
	e.must("AdvanceTo("+target.UTC().Format(time.RFC3339Nano)+")", err)
}

// NextDue returns the time at which the next task is due. If no task waits, ok is false.
func (e *Emulator) NextDue() (due time.Time, ok bool) {
	due = e.world.NextDue()
	return due, !due.IsZero()
}

// Reset deletes everything, also in a database file, and applies the seeds of the options again. The emulator is then
// as New makes it: the clock is at its start, the journal is empty, and in memory the ids are the same. What Seed and
// NewAPIKey added is gone. If a seed file no longer fits, Reset changes nothing and fails the test.
func (e *Emulator) Reset() {
	e.tb.Helper()
	e.must("Reset", e.world.Reset(context.Background()))
}
