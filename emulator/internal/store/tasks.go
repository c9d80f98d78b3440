package store

import (
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

var tasks = define("tasks", (*Task).columns)

func (task *Task) columns(r *row) {
	r.column("seq", &task.Seq)
	r.column("due", &task.Due)
	r.ident("org", &task.Org)
	r.column("kind", &task.Kind)
	r.ident("ref", &task.Ref)
	r.ident("arg", &task.Arg)
	r.column("cause", &task.Cause)
}

// Most work is due at once and is done in the transaction that made it. Such a task becomes a row only if it is not
// done when the transaction ends.

// AddTask schedules work and returns its number. If due is in the past, the work is due now. Work that is due now has
// the cause of the act that made it. Work that would be due when the clock has ended is never done: its number is 0.
func (tx *Tx) AddTask(due time.Time, kind, ref, arg string) (int, error) {
	if due.After(cond.LastInstant) {
		return 0, nil
	}
	if _, err := tx.LastTask(); err != nil {
		return 0, err
	}

	tx.db.lastTask++
	task := Task{Seq: tx.db.lastTask, Due: due, Org: tx.Org, Kind: kind, Ref: ref, Arg: arg, Cause: CauseTimer}
	if due.After(tx.Now) {
		tx.putTask(&task)
		return task.Seq, nil
	}

	task.Due, task.Cause = tx.Now, tx.Cause
	at, _ := slices.BinarySearchFunc(tx.dueNow, task, Task.compare)
	if at < len(tx.dueNow) {
		tx.dueNow = slices.Clone(tx.dueNow)
	}
	tx.dueNow = slices.Insert(tx.dueNow, at, task)
	return task.Seq, nil
}

// LastTask returns the number of the newest task there has been. After a start on a file, those that have ended are
// forgotten.
func (tx *Tx) LastTask() (int, error) {
	if !tx.db.lastKnown {
		err := tx.db.peek(func() error { // no task is unsaved yet: it would have a number
			last, err := value[int64](tx.db,
				"SELECT max(seq) FROM (SELECT seq FROM tasks UNION ALL SELECT seq FROM parked_tasks)")
			tx.db.lastTask, tx.db.lastKnown = int(last), err == nil
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return tx.db.lastTask, nil
}

// SetLastTask makes the numbers of tasks continue after n.
func (tx *Tx) SetLastTask(n int) { tx.db.lastTask, tx.db.lastKnown = n, true }

func (tx *Tx) putTask(task *Task) {
	at, _ := slices.BinarySearchFunc(tx.ahead, *task, Task.compare)
	switch {
	case at == len(tx.ahead) && !tx.aheadIsAll: // rows that are not known may come before it
	case len(tx.ahead) < maxAhead:
		tx.ahead = slices.Insert(tx.ahead, at, *task)
	default:
		tx.ahead, tx.aheadIsAll = tx.ahead[:at], false
	}
	if tx.db.dueKnown && (tx.db.due.IsZero() || task.Due.Before(tx.db.due)) {
		tx.db.due = task.Due
	}
	tx.db.unsaved.tasks, tx.changed = append(tx.db.unsaved.tasks, *task), true
}

// saveTasks turns the tasks that are still to be done into rows.
func (tx *Tx) saveTasks() {
	for i := range tx.dueNow {
		tx.putTask(&tx.dueNow[i])
	}
	tx.dueNow = nil
}

// DropTask deletes a task that is no longer wanted.
func (tx *Tx) DropTask(seq int) error {
	if i := slices.IndexFunc(tx.dueNow, func(task Task) bool { return task.Seq == seq }); i >= 0 {
		tx.dueNow = slices.Delete(slices.Clone(tx.dueNow), i, i+1)
		return nil
	}
	tx.forgetDue()
	tx.deleteTask(seq)
	return nil
}

// DropTasks deletes all tasks of a kind that are about ref.
func (tx *Tx) DropTasks(kind, ref string) error {
	tx.dueNow = slices.DeleteFunc(slices.Clone(tx.dueNow),
		func(task Task) bool { return task.Org == tx.Org && task.Kind == kind && task.Ref == ref })
	tx.forgetDue()
	return tx.exec("DELETE FROM tasks WHERE org = ? AND kind = ? AND ref = ?", packed(tx.Org), kind, packed(ref))
}

// TakeTask removes the first task that is due at or before until, by due time and number. It returns nil if there is
// none.
func (tx *Tx) TakeTask(until time.Time) (*Task, error) {
	var first *Task
	if len(tx.dueNow) > 0 && !tx.dueNow[0].Due.After(until) {
		task := tx.dueNow[0]
		first, until = &task, task.Due
	}

	if !tx.db.dueKnown || !tx.db.due.IsZero() && !tx.db.due.After(until) {
		if err := tx.lookAhead(); err != nil {
			return nil, err
		}
		if len(tx.ahead) > 0 && !tx.ahead[0].Due.After(until) && (first == nil || tx.ahead[0].compare(*first) < 0) {
			task := tx.ahead[0]
			tx.ahead, tx.taken = tx.ahead[1:], task
			tx.noteDue()
			tx.deleteTask(task.Seq)
			return &task, nil
		}
	}
	if first != nil {
		tx.dueNow = tx.dueNow[1:]
	}
	return first, nil
}

// deleteTask deletes the row of a task.
func (tx *Tx) deleteTask(seq int) {
	rows := &tx.db.unsaved
	tx.changed = true
	if i := slices.IndexFunc(rows.tasks, func(task Task) bool { return task.Seq == seq }); i >= 0 {
		rows.tasks = slices.Delete(slices.Clone(rows.tasks), i, i+1)
		return
	}
	rows.done = append(rows.done, seq)
}

// maxAhead is how many rows of tasks are read at once at most.
const maxAhead = 64

// lookAhead reads the next rows of tasks, in the order in which they run, unless the next one is known. A transaction
// that takes many tasks reads more and more of them at once. It reads at least two: the second tells when the next task
// is due once the first one is taken.
func (tx *Tx) lookAhead() (err error) {
	if len(tx.ahead) > 0 {
		return nil
	}
	tx.atOnce = min(max(2, 2*tx.atOnce), maxAhead)
	tx.ahead, err = tasks.all(tx, "ORDER BY due, seq LIMIT ?", tx.atOnce)
	if err == nil {
		tx.aheadIsAll = len(tx.ahead) < tx.atOnce
		tx.noteDue()
	}
	return err
}

// noteDue notes when the next row of tasks is due, if that is known.
func (tx *Tx) noteDue() {
	tx.db.due, tx.db.dueKnown = time.Time{}, tx.aheadIsAll || len(tx.ahead) > 0
	if len(tx.ahead) > 0 {
		tx.db.due = tx.ahead[0].Due
	}
}

// forgetDue forgets what is known of the rows of tasks, because some of them will be deleted or come back.
func (tx *Tx) forgetDue() { tx.ahead, tx.aheadIsAll, tx.db.dueKnown = nil, false, false }

// NextDue returns when the first task is due, or zero if there is none.
func (tx *Tx) NextDue() (time.Time, error) {
	if !tx.db.dueKnown {
		if err := tx.lookAhead(); err != nil {
			return time.Time{}, err
		}
	}
	if len(tx.dueNow) > 0 && (tx.db.due.IsZero() || tx.dueNow[0].Due.Before(tx.db.due)) {
		return tx.dueNow[0].Due, nil
	}
	return tx.db.due, nil
}

// CountTasks counts the tasks that are due at or before until.
func (tx *Tx) CountTasks(until time.Time) (int, error) {
	tx.saveTasks()
	n, err := value[int64](tx.db, "SELECT count(*) FROM tasks WHERE due <= ?", until)
	return int(n), err
}

// ParkedTask is a task that failed. Error is why, and Since is when.
type ParkedTask struct {
	Kind, Ref, Error string
	Since            time.Time
}

var parkedTasks = define("parked_tasks", (*ParkedTask).columns, "seq", "due", "org", "arg")

func (parked *ParkedTask) columns(r *row) {
	r.column("kind", &parked.Kind)
	r.ident("ref", &parked.Ref)
	r.column("error", &parked.Error)
	r.column("since", &parked.Since)
}

// Park removes a task from the due tasks and stores it with the error that it failed with.
func (tx *Tx) Park(task Task, failure string) error {
	if err := tx.DropTask(task.Seq); err != nil {
		return err
	}
	parked := ParkedTask{task.Kind, task.Ref, failure, tx.Now}
	return parkedTasks.replace(tx, &parked, task.Seq, task.Due, packed(task.Org), packed(task.Arg))
}

// Unpark makes all parked tasks due tasks again.
func (tx *Tx) Unpark() error {
	tx.forgetDue()
	if _, err := tasks.insertAll(tx, "SELECT *, ? AS cause FROM parked_tasks", CauseTimer); err != nil {
		return err
	}
	return tx.exec("DELETE FROM parked_tasks")
}

// ParkedTasks returns the tasks that failed, of all Organizations, oldest first.
func (tx *Tx) ParkedTasks() ([]ParkedTask, error) {
	return parkedTasks.all(tx, "ORDER BY since, seq")
}

var spent = define("spent", (*noColumns).columns, "name", "n")

// Spent returns how much of a budget is spent.
func (tx *Tx) Spent(name string) (int, error) {
	n, err := value[int64](tx.db, "SELECT n FROM spent WHERE name = ?", name)
	return int(n), err
}

// Spend adds one to what is spent of a budget.
func (tx *Tx) Spend(name string) error {
	return spent.insertOr(tx, "ON CONFLICT DO UPDATE SET n = n + 1", nil, name, 1)
}

// ForgetSpent resets all budgets.
func (tx *Tx) ForgetSpent() error { return tx.exec("DELETE FROM spent") }
