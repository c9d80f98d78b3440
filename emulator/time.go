package emulator

import (
	"context"
	"fmt"
	"time"
)

// now is the instant of the next act: the clock's, but never before the newest act's. The caller holds the lock.
func (w *world) now() time.Time { return later(w.clock.now(), w.last) }

// Now is the emulator's time: UTC, in milliseconds.
func (e *Emulator) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now()
}

// Advance moves the clock forward by d and runs, in order, all that falls due on the way, each task at its own due
// time. When it returns, the clock is at its target and nothing is due. A world that cannot be written fails the test of
// Start; without one it panics.
func (e *Emulator) Advance(d time.Duration) {
	if e.tb != nil {
		e.tb.Helper()
	}
	_, _, err := e.advance(context.Background(), func(now time.Time) time.Time { return now.Add(d) })
	e.must("advance", err)
}

// AdvanceTo is Advance to an instant, which must not lie before Now.
func (e *Emulator) AdvanceTo(t time.Time) {
	if e.tb != nil {
		e.tb.Helper()
	}
	_, _, err := e.advance(context.Background(), func(time.Time) time.Time { return t.UTC() })
	e.must("advance", err)
}

// advance moves the clock to what target makes of now. It returns the time then, and how many tasks ran.
func (w *world) advance(
	ctx context.Context, target func(now time.Time) time.Time,
) (at time.Time, ran int, err error) {
	if err := w.lock(ctx); err != nil {
		return at, 0, err
	}
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return at, 0, err
	}
	now := w.now()
	to := target(now).Truncate(time.Millisecond)
	if to.Before(now) {
		return now, 0, fmt.Errorf("time does not go back: the clock is at %s, the target is %s", stamp(now), stamp(to))
	}
	ran, err = w.runDue(context.Background(), to)
	if err != nil {
		return w.now(), ran, err
	}
	if err := w.remember(to); err != nil {
		return w.now(), ran, err
	}
	w.clock.set(to)
	w.arm(nil)
	return w.now(), ran, nil
}

// remember keeps the time of a world in a file, so that a later process does not start before it.
func (w *world) remember(at time.Time) error {
	at = later(w.last, at)
	if w.inMemory() {
		w.last = at
		return nil
	}
	tx, err := w.begin(at, "")
	if err != nil {
		return err
	}
	return w.commit(tx)
}

// NextDue is when the next task is due; ok is false when nothing waits.
func (e *Emulator) NextDue() (due time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.next, !e.next.IsZero()
}

// due counts the tasks that wait.
func (tx *Tx) due() (int, error) { return tx.CountTasks(tx.Now) }
