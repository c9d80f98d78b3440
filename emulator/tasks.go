package emulator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The future is rows: one loop runs due tasks in (due, sequence) order, each seeing its own due time as now.

const (
	taskBatch = 256         // tasks that share a transaction
	retryDue  = time.Second // until a live clock tries again what failed
)

// verbs are what a task can name. A verb that does not return leaves its row, and its writes, undone.
var verbs = map[string]func(*Emulator, *store.Tx, store.Task) error{
	"deliver": (*Emulator).deliver,
	"outcome": (*Emulator).outcome,
	"step":    (*Emulator).stepTask,
	"recheck": (*Emulator).recheckTask,

	"segmentEdge":      (*Emulator).segmentEdge,
	"launch":           (*Emulator).launch,
	"snapshotAudience": (*Emulator).snapshotAudience,
	"fanOut":           (*Emulator).fanOut,
	"deliverBatch":     (*Emulator).deliverBatch,
}

// whole are the tasks that fill a transaction by themselves.
var whole = []string{"snapshotAudience", "fanOut", "deliverBatch"}

// taskError is a task that failed.
type taskError struct {
	task  store.Task
	cause error
}

func (e *taskError) Error() string {
	return fmt.Sprintf("task %s %s, due %s: %v", e.task.Kind, e.task.Ref, stamp(e.task.Due), e.cause)
}

func (e *taskError) Unwrap() error { return e.cause }

// runDue runs the tasks due at or before target, also those made on the way, and returns how many. A task that fails is
// parked. Once the context has ended it goes no further; the next call does. The caller holds the lock.
func (e *Emulator) runDue(ctx context.Context, target time.Time) (ran int, err error) {
	if err := e.storeLate(); err != nil {
		return 0, err
	}
	batch := taskBatch
	for !e.next.IsZero() && !e.next.After(target) {
		if ctx.Err() != nil {
			return ran, errGaveUp
		}
		n, err := e.runBatch(target, batch)
		ran += n
		failed, isTask := errors.AsType[*taskError](err)
		switch {
		case err == nil:
		case !isTask, isUnavailable(err):
			e.log.Error("due work waits", "error", err)
			return ran, err
		case batch > 1:
			batch = 1 // what came before the failing task in its batch must not be lost with it
		default:
			if err := e.park(failed); err != nil {
				return ran, err
			}
			batch = taskBatch
		}
	}
	return ran, nil
}

// park puts a task that failed out of the way of the others.
func (e *Emulator) park(failed *taskError) error {
	e.log.Error("a task failed and is parked", "task", failed.task.Kind, "ref", failed.task.Ref, "due", stamp(failed.task.Due),
		"error", failed.cause)
	tx, err := e.db.Begin(later(failed.task.Due, e.last), failed.task.Org, e.newID)
	if err != nil {
		return err
	}
	if err := tx.Park(failed.task, failed.cause.Error()); err != nil {
		return e.rollback(tx, err)
	}
	return e.commit(tx)
}

// unpark lets the tasks that failed be due again, and begins the budgets anew.
func (e *Emulator) unpark() error {
	tx, err := e.db.Begin(e.now(), "", e.newID)
	if err != nil {
		return err
	}
	if err := errors.Join(tx.Unpark(), tx.ForgetSpent()); err != nil {
		return e.rollback(tx, err)
	}
	return e.commit(tx)
}

func (e *Emulator) runBatch(target time.Time, limit int) (ran int, err error) {
	tx, err := e.db.Begin(e.last, "", e.newID)
	if err != nil {
		return 0, err
	}
	if ran, err = e.runTasks(tx, target, limit); err != nil {
		return 0, e.rollback(tx, err)
	}
	return ran, e.commit(tx)
}

// runTasks runs tasks due at or before target in a transaction, until there is something that must wait for its commit.
func (e *Emulator) runTasks(tx *store.Tx, target time.Time, limit int) (ran int, err error) {
	for ran < limit && len(e.after) == 0 {
		task, err := tx.NextTask(target)
		if err != nil || task == nil {
			return ran, err
		}
		tx.Now, tx.Org, tx.Cause = later(task.Due, tx.Now), task.Org, task.Cause
		if err := e.runTask(tx, *task); err != nil {
			return ran, err
		}
		ran++
		if slices.Contains(whole, task.Kind) {
			break
		}
	}
	return ran, nil
}

// runAlong runs what an act made due at once, in the act's own transaction. Where that fails the act stands without it:
// the tasks are rows then, and runDue parks the one that fails.
func (e *Emulator) runAlong(tx *store.Tx) error {
	if due, err := tx.NextDue(); err != nil || due.IsZero() || due.After(tx.Now) || len(e.after) > 0 {
		return err
	}
	var failure error
	if err := tx.Nested(func() error {
		_, failure = e.runTasks(tx, tx.Now, taskBatch)
		return failure
	}); failure == nil || isUnavailable(failure) {
		return err
	}
	e.undone()
	return nil
}

// runTask carries out a task. One that panics has failed like any other.
func (e *Emulator) runTask(tx *store.Tx, task store.Task) (err error) {
	if err := tx.DropTask(task.Seq); err != nil {
		return err
	}
	defer func() {
		if reason := recover(); reason != nil {
			e.log.Error("a task panicked", "task", task.Kind, "ref", task.Ref, "panic", reason, "stack", string(debug.Stack()))
			err = &taskError{task, fmt.Errorf("panic: %v", reason)}
		}
	}()
	verb := verbs[task.Kind]
	if verb == nil {
		return &taskError{task, errors.New("this emulator knows no such task")}
	}
	if err := verb(e, tx, task); err != nil {
		return &taskError{task, err}
	}
	return nil
}

// commit makes a transaction last, remembers when the next task is due, and does what had to wait for the commit.
func (e *Emulator) commit(tx *store.Tx) error {
	next, err := tx.NextDue()
	if err != nil {
		return e.rollback(tx, err)
	}
	if e.options.database != ":memory:" && tx.Now.After(e.last) {
		if err := tx.SetMeta("now", stamp(tx.Now)); err != nil {
			return e.rollback(tx, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return e.rollback(tx, err)
	}
	e.changed = false
	e.last = later(e.last, tx.Now)
	e.next = next
	after := e.after
	e.after = nil
	var failed error
	for _, do := range after {
		if err := do(); !isUnavailable(err) { // what could not be stored waits in e.late
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// drain runs what an act has made due. The act stands: if the database is unavailable by now, or the call's context has
// ended, the tasks wait in their rows.
func (e *Emulator) drain(ctx context.Context) error {
	_, err := e.runDue(ctx, e.last)
	if errors.Is(err, errGaveUp) {
		err = nil
	}
	e.arm(err)
	if isUnavailable(err) {
		return nil
	}
	return err
}

// arm lets a live clock call wake when the next task is due. After an error that is a second later.
func (e *Emulator) arm(err error) {
	next := e.next
	if err != nil || len(e.late) > 0 {
		next = e.now().Add(retryDue)
	}
	e.clock.arm(next, e.wake)
}

// storeLate stores what an unavailable database has kept from being stored. What fails again stays.
func (e *Emulator) storeLate() error {
	for len(e.late) > 0 {
		again := e.late[0]
		e.late = e.late[1:]
		if err := again(); err != nil {
			return err
		}
	}
	return nil
}

// isUnavailable reports whether an error is that of a database that cannot be used at the moment.
func isUnavailable(err error) bool {
	_, ok := errors.AsType[*store.Unavailable](err)
	return ok
}

// rollback undoes a transaction that failed, and what was cached inside of it.
func (e *Emulator) rollback(tx *store.Tx, err error) error {
	e.undone()
	return errors.Join(err, tx.Rollback())
}

// undone forgets what rested on writes that have not happened.
func (e *Emulator) undone() {
	e.after = nil
	if e.changed {
		e.forget()
	}
}

// wake is what a live clock calls when a task falls due.
func (e *Emulator) wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ready() != nil {
		return
	}
	_, err := e.runDue(context.Background(), e.now()) // logged there; the next call meets the same error
	e.arm(err)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// stamp is how instants read on the wire and in texts: UTC with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
