package world

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Later work is stored as rows. One loop runs the due tasks in (due, sequence) order. Each sees its own due time as
// now.

const (
	taskBatch = 256         // how many tasks share a transaction at most
	retryDue  = time.Second // how long a live clock waits after a failure
)

// The kinds of tasks.
const (
	TaskDeliver          = "deliver"
	TaskOutcome          = "outcome"
	TaskStep             = "step"
	TaskRecheck          = "recheck"
	TaskSegmentEdge      = "segmentEdge"
	TaskLaunch           = "launch"
	TaskSnapshotAudience = "snapshotAudience"
	TaskFanOut           = "fanOut"
	TaskDeliverBatch     = "deliverBatch"
	TaskRelayed          = "relayed"
	TaskRelayAgain       = "relayAgain"
	TaskExtractBrandKit  = "extractBrandKit"
	TaskWebhookAgain     = "webhookAgain"
	TaskDropUpload       = "dropUpload"
)

// taskKind describes a kind of task. If a verb does not return, its writes are undone and its row stays.
type taskKind struct {
	verb func(*Tx, store.Task) error
	last bool // no other task runs after it in its transaction
}

var taskKinds = map[string]taskKind{
	TaskDeliver:          {(*Tx).deliver, false},
	TaskOutcome:          {(*Tx).runOutcome, false},
	TaskStep:             {(*Tx).stepTask, false},
	TaskRecheck:          {(*Tx).recheckTask, false},
	TaskSegmentEdge:      {(*Tx).segmentEdge, false},
	TaskLaunch:           {(*Tx).launch, false},
	TaskSnapshotAudience: {(*Tx).snapshotAudience, true},
	TaskFanOut:           {(*Tx).fanOut, true},
	TaskDeliverBatch:     {(*Tx).deliverBatch, true},
	TaskRelayed:          {(*Tx).relayed, false},
	TaskRelayAgain:       {(*Tx).relayAgain, false},
	TaskExtractBrandKit:  {(*Tx).extractStep, false},
	TaskWebhookAgain:     {(*Tx).webhookAgain, false},
	TaskDropUpload:       {(*Tx).dropUpload, false},
}

// taskError is a task that failed.
type taskError struct {
	task  store.Task
	cause error
}

func (failed *taskError) Error() string {
	task := failed.task
	return fmt.Sprintf("task %s %s, due %s: %v", task.Kind, task.Ref, Stamp(task.Due), failed.cause)
}

func (failed *taskError) Unwrap() error { return failed.cause }

// runDueLocked runs the tasks due at or before target, also those made on the way, and returns how many ran. It parks a
// task that fails. Once the context has ended it stops, and the next call continues. If the next task is due later than
// now, and an email or a hook is under way, it stops too: the clock must not pass it. The caller holds the lock.
func (w *World) runDueLocked(ctx context.Context, target time.Time) (ran int, err error) {
	if err := w.storeLateLocked(); err != nil {
		return 0, err
	}

	batch := taskBatch
	for !w.next.IsZero() && !w.next.After(target) && (!w.next.After(w.nowLocked()) || !UnderWay(w)) {
		if ctx.Err() != nil {
			return ran, errGaveUp
		}
		until := target
		if now := w.nowLocked(); UnderWay(w) && now.Before(target) {
			until = now // a batch must not pass it either
		}
		n, err := w.runBatchLocked(until, batch)
		ran += n
		failed, isTask := errors.AsType[*taskError](err)
		switch {
		case err == nil:
		case !isTask, isUnavailable(err):
			w.log.Error("due tasks could not run and will be tried again", "error", err)
			return ran, err
		case batch > 1:
			batch = 1 // the tasks before the failing one in its batch must not be lost with it
		default:
			task := failed.task
			w.log.Error("a task failed and is parked",
				"task", task.Kind, "ref", task.Ref, "due", Stamp(task.Due), "error", failed.cause)
			if err := w.commitLocked(later(task.Due, w.last), task.Org, failed.park); err != nil {
				return ran, err
			}
			batch = taskBatch
		}
	}
	return ran, nil
}

// park parks a task that failed, so that it does not hold up the others.
func (failed *taskError) park(tx *Tx) error { return tx.Park(failed.task, failed.cause.Error()) }

// unpark makes the parked tasks due again and resets the budgets.
func (tx *Tx) unpark() error { return errors.Join(tx.Unpark(), tx.ForgetSpent()) }

// commitLocked runs a part of the world's own work in a transaction.
func (w *World) commitLocked(at time.Time, org string, act func(tx *Tx) error) error {
	tx, err := w.beginLocked(at, org)
	if err != nil {
		return err
	}
	if err := act(tx); err != nil {
		return tx.rollback(err)
	}
	return tx.commit()
}

func (w *World) runBatchLocked(target time.Time, limit int) (ran int, err error) {
	tx, err := w.beginLocked(w.last, "")
	if err != nil {
		return 0, err
	}
	if ran, err = tx.runTasks(target, limit); err != nil {
		return 0, tx.rollback(err)
	}
	return ran, tx.commit()
}

// runTasks runs tasks due at or before target in a transaction, until something must wait for its commit.
func (tx *Tx) runTasks(target time.Time, limit int) (ran int, err error) {
	for ran < limit && !tx.mustCommit() {
		task, err := tx.TakeTask(target)
		if err != nil || task == nil {
			return ran, err
		}
		tx.Now, tx.Org, tx.Cause = later(task.Due, tx.Now), task.Org, task.Cause
		if err := tx.runTask(*task); err != nil {
			return ran, err
		}
		ran++
		if taskKinds[task.Kind].last {
			break
		}
	}
	return ran, nil
}

// mustCommit reports whether something waits for the commit.
func (tx *Tx) mustCommit() bool { return len(tx.w.after)+len(tx.hooks) > 0 }

// runDueInAct runs the tasks that an act made due at once, in the act's own transaction. If one fails, the act keeps
// its effect: the tasks stay as rows, and runDueLocked parks the one that fails.
func (tx *Tx) runDueInAct() error {
	if due, err := tx.NextDue(); err != nil || due.IsZero() || due.After(tx.Now) || tx.mustCommit() {
		return err
	}

	var failure error
	if err := tx.Nested(func() error {
		_, failure = tx.runTasks(tx.Now, taskBatch)
		return failure
	}); failure == nil || isUnavailable(failure) {
		return err
	}
	tx.w.discardLocked()
	return nil
}

// runTask carries out a task. A panic counts as a failure.
func (tx *Tx) runTask(task store.Task) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			tx.w.log.Error("a task panicked",
				"task", task.Kind,
				"ref", task.Ref,
				"panic", reason,
				"stack", string(debug.Stack()))
			err = &taskError{task, fmt.Errorf("panic: %v", reason)}
		}
	}()

	kind, known := taskKinds[task.Kind]
	if !known {
		return &taskError{task, errors.New("unknown kind of task")}
	}
	if err := kind.verb(tx, task); err != nil {
		return &taskError{task, err}
	}
	return nil
}

// commit commits a transaction, notes when the next task is due, and runs what AfterCommit has collected.
func (tx *Tx) commit() error {
	if tx.failed != nil {
		return tx.rollback(tx.failed)
	}
	if err := tx.AddRunCounts(tx.counts); err != nil {
		return tx.rollback(err)
	}
	next, err := tx.NextDue()
	if err != nil {
		return tx.rollback(err)
	}
	changed := tx.Changed()
	if !tx.w.config.inMemory() && tx.Now.After(tx.w.last) {
		if err := tx.SetMeta(metaNow, Stamp(tx.Now)); err != nil {
			return tx.rollback(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return tx.rollback(err)
	}

	if len(tx.marks) > 0 {
		tx.w.config.Coverage.Add(tx.marks...)
	}
	tx.w.changed = false
	tx.w.tallies.Settle()
	tx.w.last = later(tx.w.last, tx.Now)
	tx.announce(next)
	tx.w.next = next
	if changed {
		Touch(tx.w)
	}

	for _, hook := range tx.hooks {
		tx.w.hooks.Add(hook.Org, hook.Ref)
	}
	after := tx.w.after
	tx.w.after = nil
	var failed error
	for _, do := range after {
		failed = errors.Join(failed, do())
	}
	tx.tellSent()
	return failed
}

// drainLocked runs the tasks that an act has made due. The act is already committed: if the database has become
// unavailable, or the call's context has ended, the tasks wait in their rows.
func (w *World) drainLocked(ctx context.Context) error {
	_, err := w.runDueLocked(ctx, w.last)
	if errors.Is(err, errGaveUp) {
		err = nil
	}
	w.armLocked(err)
	if isUnavailable(err) {
		return nil
	}
	return err
}

// armLocked makes a live clock call wake when the next task is due, or after retryDue if there was an error.
func (w *World) armLocked(err error) {
	next := w.next
	if err != nil || len(w.late) > 0 {
		next = w.nowLocked().Add(retryDue)
	}
	w.clock.Arm(next, w.wake)
}

// lateLocked notes what a conversation has left. It is stored before anything else happens.
func lateLocked(w *World, org string, act func(tx *Tx) error) {
	at := w.nowLocked()
	w.late = append(w.late, func() error { return w.commitLocked(later(at, w.last), org, act) })
}

// storeLateLocked stores what conversations have left. While the database is unavailable, it waits.
func (w *World) storeLateLocked() error {
	for len(w.late) > 0 {
		err := w.late[0]()
		if isUnavailable(err) {
			return err
		}
		w.late = w.late[1:]
		if err != nil {
			w.log.Error("the end of a conversation could not be stored", "error", err)
		}
	}
	return nil
}

// isUnavailable reports whether an error means that the database cannot be used at the moment.
func isUnavailable(err error) bool {
	_, ok := errors.AsType[*store.Unavailable](err)
	return ok
}

// rollback undoes a transaction that failed, and drops what was cached inside it.
func (tx *Tx) rollback(err error) error {
	tx.w.discardLocked()
	if tx.failed != nil {
		err = tx.failed
	}
	return errors.Join(err, tx.Rollback())
}

// discardLocked drops what depends on writes that were undone.
func (w *World) discardLocked() {
	w.after = nil
	clear(w.bases)
	w.tallies.Undo()
	if w.changed {
		w.forgetLocked()
	}
}

// wake runs the due tasks. A live clock calls it when one falls due.
func (w *World) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.readyLocked() != nil {
		return
	}
	_, err := w.runDueLocked(context.Background(), w.nowLocked()) // logged there; the next call gets the same error
	w.armLocked(err)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
