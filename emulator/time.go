package emulator

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// now is the instant of the next act: the clock's, but never before the newest act's. The caller holds the lock.
func (e *Emulator) now() time.Time { return later(e.clock.now(), e.last) }

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
func (e *Emulator) advance(
	ctx context.Context, target func(now time.Time) time.Time,
) (at time.Time, ran int, err error) {
	if err := e.lock(ctx); err != nil {
		return at, 0, err
	}
	defer e.mu.Unlock()
	if err := e.ready(); err != nil {
		return at, 0, err
	}
	now := e.now()
	to := target(now).Truncate(time.Millisecond)
	if to.Before(now) {
		return now, 0, fmt.Errorf("time does not go back: the clock is at %s, the target is %s", stamp(now), stamp(to))
	}
	ran, err = e.runDue(context.Background(), to)
	if err != nil {
		return e.now(), ran, err
	}
	if err := e.remember(to); err != nil {
		return e.now(), ran, err
	}
	e.clock.set(to)
	e.arm(nil)
	return e.now(), ran, nil
}

// remember keeps the time of a world in a file, so that a later process does not start before it.
func (e *Emulator) remember(at time.Time) error {
	at = later(e.last, at)
	if e.options.database == ":memory:" {
		e.last = at
		return nil
	}
	tx, err := e.db.Begin(at, "", e.newID)
	if err != nil {
		return err
	}
	return e.commit(tx)
}

// NextDue is when the next task is due; ok is false when nothing waits.
func (e *Emulator) NextDue() (due time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.next, !e.next.IsZero()
}

// due counts the tasks that wait.
func (e *Emulator) due(tx *store.Tx) (int, error) { return tx.CountTasks(tx.Now) }
