package world

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
)

// nowLocked returns the time of the next act: the clock's, but never before the time of the newest act, and never after
// the end of the year 9999, where the clock stops. The caller holds the lock.
func (w *World) nowLocked() time.Time { return cond.NotAfterLast(later(w.clock.Now(), w.last)) }

// Advance moves the clock to the time that target computes from the current time. It returns the new time, and how
// many tasks ran. It waits for emails and hooks that are under way, without the lock: the clock does not pass them.
func (w *World) Advance(
	ctx context.Context, target func(now time.Time) time.Time,
) (at time.Time, ran int, err error) {
	if err := w.lock(ctx); err != nil {
		return at, 0, err
	}
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return at, 0, err
	}

	now := w.nowLocked()
	to := target(now).Truncate(time.Millisecond)
	if to.After(cond.LastInstant) {
		return now, 0, errors.New("the clock ends with the year 9999, and the target is after it")
	}
	if to.Before(now) {
		return now, 0, fmt.Errorf("the clock does not go back: it is at %s, and the target is %s; "+
			"only Reset and Restore go back", Stamp(now), Stamp(to))
	}
	for again := true; again; {
		n, err := w.runDueLocked(context.Background(), to)
		ran += n
		if err == nil {
			again, err = w.settleLocked(ctx)
		}
		if err != nil {
			return w.nowLocked(), ran, err
		}
	}
	to = later(to, w.nowLocked()) // while it waited, others may have moved the clock
	if err := w.rememberLocked(to); err != nil {
		return w.nowLocked(), ran, err
	}
	w.clock.Set(to)
	w.waiters.Wake(idle.Topic{Kind: newsDue})
	Touch(w)
	w.armLocked(nil)
	return w.nowLocked(), ran, nil
}

// UnderWay reports whether any email is being handed to the SMTP server, or any hook to its receiver.
func UnderWay(w *World) bool { return w.relay.Busy() || w.hooks.Busy() }

// Settle waits until nothing is under way. The caller must not hold the lock. If the context ends first, it returns the
// context's error. A handler of hooks, which would wait for itself, gets webhook.ErrInside.
func Settle(ctx context.Context, w *World) error {
	for UnderWay(w) {
		if err := w.relay.Wait(ctx); err != nil {
			return err
		}
		if err := w.hooks.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// settleLocked waits without the lock until nothing is under way, and reports whether it had to wait. When it returns,
// it holds the lock again.
func (w *World) settleLocked(ctx context.Context) (waited bool, err error) {
	if !UnderWay(w) {
		return false, nil
	}
	before := w.clock
	w.mu.Unlock()
	err = Settle(ctx, w)
	w.mu.Lock()
	switch {
	case errors.Is(err, webhook.ErrInside):
		return true, &Problem{Code: CodeInvalidState, Message: "The call was refused: " + err.Error() + "."}
	case err != nil:
		return true, &Problem{Code: CodeUnavailable,
			Message: "The call ended while it waited for " + peersOf(w) + ". The clock has not reached its target."}
	case w.clock != before:
		return true, &Problem{Code: CodeUnavailable,
			Message: "The emulator was reset while the call waited for " + peersOf(w) + ". The clock is at its start."}
	}
	return true, w.readyLocked()
}

// peersOf names what a call may wait for.
func peersOf(w *World) string {
	switch {
	case w.relay == nil:
		return "the receiver of webhooks"
	case !w.hooks.On():
		return "the SMTP server"
	}
	return "the SMTP server or the receiver of webhooks"
}

// rememberLocked stores the time of a world that has a file, so that a later process does not start before it.
func (w *World) rememberLocked(at time.Time) error {
	at = later(w.last, at)
	if w.config.inMemory() {
		w.last = at
		return nil
	}
	tx, err := w.beginLocked(at, "")
	if err != nil {
		return err
	}
	return tx.commit()
}

// ClockState is the state of the clock, and what waits for it.
type ClockState struct {
	Now, Next time.Time // Next is when the next task is due, zero for never
	Mode      string    // one of the modes of a clock
	Due       int       // how many tasks are due, which the next call runs first
	Parked    []store.ParkedTask
}

// Look runs look, which only reads, for the first Organization. Unlike Act it runs no due task.
func (w *World) Look(ctx context.Context, look func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return err
	}
	return w.lookLocked(w.org, look)
}

func (w *World) lookLocked(org string, look func(tx *Tx) error) error {
	tx, err := w.beginLocked(w.nowLocked(), org)
	if err != nil {
		return err
	}
	return errors.Join(look(tx), tx.Rollback())
}

// ClockState returns the state of the clock.
func (tx *Tx) ClockState() (state ClockState, err error) {
	state = ClockState{Now: tx.Now, Next: tx.w.next, Mode: tx.w.clock.Mode()}
	if state.Due, err = tx.CountTasks(tx.Now); err != nil {
		return state, err
	}
	state.Parked, err = tx.ParkedTasks()
	return state, err
}

// The modes of a clock.
const (
	ClockLive    = clock.Live
	ClockManual  = clock.Manual
	ClockRunning = clock.Running
)

// Glance returns the state of the clock as far as it is in memory: without Due and Parked.
func Glance(ctx context.Context, w *World) (ClockState, error) {
	if err := w.mu.LockContext(ctx); err != nil {
		return ClockState{}, err
	}
	defer w.mu.Unlock()
	return ClockState{Now: w.nowLocked(), Next: w.next, Mode: w.clock.Mode()}, nil
}

// Frozen reports whether time stands still until somebody advances the clock.
func (tx *Tx) Frozen() bool { return tx.w.clock.Mode() == clock.Manual }

// Now returns the time.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nowLocked()
}

// NextDue returns when the next task is due, the zero time if nothing waits. What conversations have left is due now.
func (w *World) NextDue() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.late) > 0 {
		return w.nowLocked()
	}
	return w.next
}
