package emulator

import (
	"context"
	"time"
)

// Now is the emulator's time: UTC, in milliseconds.
func (e *Emulator) Now() time.Time {
	return e.w.Now()
}

// Advance moves the clock forward by d and runs, in order, all that falls due on the way, each task at its own due
// time. When it returns, the clock is at its target and nothing is due. A world that cannot be written fails the test of
// Start; without one it panics.
func (e *Emulator) Advance(d time.Duration) {
	if e.tb != nil {
		e.tb.Helper()
	}
	_, _, err := e.w.Advance(context.Background(), func(now time.Time) time.Time { return now.Add(d) })
	e.must("advance", err)
}

// AdvanceTo is Advance to an instant, which must not lie before Now.
func (e *Emulator) AdvanceTo(t time.Time) {
	if e.tb != nil {
		e.tb.Helper()
	}
	_, _, err := e.w.Advance(context.Background(), func(time.Time) time.Time { return t.UTC() })
	e.must("advance", err)
}

// NextDue is when the next task is due; ok is false when nothing waits.
func (e *Emulator) NextDue() (due time.Time, ok bool) {
	due = e.w.NextDue()
	return due, !due.IsZero()
}

// Reset goes back to the seed: the world is as New would make it, with the same ids in memory, the clock at its start and
// an empty journal. What Seed and NewAPIKey added is gone. In a file, too, everything is deleted. A seed file that does
// not fit any more fails the test of Start, or panics, and leaves the world as it was.
func (e *Emulator) Reset() {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.must("reset", e.w.Reset(context.Background()))
}
