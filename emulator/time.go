package emulator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// now is the instant of the next act: the clock's, but never before the newest act's. The caller holds the lock.
func (w *world) now() time.Time { return later(w.clock.now(), w.last) }

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
	return tx.commit()
}

// clockState is where the clock stands, and what waits for it.
type clockState struct {
	now, next time.Time // next is when the next task is due, zero for never
	mode      string    // a mode of a clock
	due       int       // the tasks that have come due and will run before the next call works
	parked    []store.ParkedTask
}

// clockState looks at the clock. It runs nothing.
func (w *world) clockState(ctx context.Context) (state clockState, err error) {
	if err := w.lock(ctx); err != nil {
		return state, err
	}
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return state, err
	}
	tx, err := w.begin(w.now(), w.org)
	if err != nil {
		return state, err
	}
	state = clockState{now: tx.Now, next: w.next, mode: w.clock.mode()}
	var dueErr, parkedErr error
	state.due, dueErr = tx.CountTasks(tx.Now)
	state.parked, parkedErr = tx.ParkedTasks()
	return state, errors.Join(dueErr, parkedErr, tx.Rollback())
}

// writable begins to write and writes nothing. It returns the time.
func (w *world) writable(ctx context.Context) (now time.Time, err error) {
	if err := w.lock(ctx); err != nil {
		return now, err
	}
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return now, err
	}
	tx, err := w.begin(w.now(), "")
	if err != nil {
		return now, err
	}
	return w.now(), tx.Rollback()
}

// instant returns the time.
func (w *world) instant() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now()
}

// nextDue returns when the next task is due, the zero time if nothing waits.
func (w *world) nextDue() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}
