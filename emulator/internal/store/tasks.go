package store

import "time"

// Task is work with a due time. Kind names the verb, Ref what it is about, Arg what else the verb must know.
type Task struct {
	Seq            int
	Due            time.Time
	Org, Kind, Ref string
	Arg            string
	Depth          int
}

func readTask(r row) Task {
	return Task{r.num(0), r.at(1), r.str(2), r.str(3), r.str(4), r.str(5), r.num(6)}
}

// AddTask schedules work and gives its number. Work due in the past is due now; work due now is one deeper than the act
// that made it, so that a chain that never lets the clock move can be told.
func (tx *Tx) AddTask(due time.Time, kind, ref, arg string) (int, error) {
	depth := 0
	if !due.After(tx.Now) {
		due, depth = tx.Now, tx.Depth+1
	}
	result, err := tx.db.exec("INSERT INTO tasks (due, org, kind, ref, arg, depth) VALUES (?, ?, ?, ?, ?, ?)", due, tx.Org, kind, ref, arg, depth)
	if err != nil {
		return 0, err
	}
	seq, err := result.LastInsertId()
	return int(seq), err
}

// DropTask takes a task back, or ends one that has run.
func (tx *Tx) DropTask(seq int) error {
	return tx.exec("DELETE FROM tasks WHERE seq = ?", seq)
}

// DropTasks takes back all tasks of a kind about one thing.
func (tx *Tx) DropTasks(kind, ref string) error {
	return tx.exec("DELETE FROM tasks WHERE org = ? AND kind = ? AND ref = ?", tx.Org, kind, ref)
}

// NextTask is the first task in (due, sequence) order, nil when there is none.
func (tx *Tx) NextTask() (*Task, error) {
	return one(tx, readTask, "SELECT seq, due, org, kind, ref, arg, depth FROM tasks ORDER BY due, seq LIMIT 1")
}

// NextDue is when the first task is due, zero when there is none.
func (tx *Tx) NextDue() (time.Time, error) {
	due, err := one(tx, func(r row) time.Time { return r.at(0) }, "SELECT due FROM tasks ORDER BY due LIMIT 1")
	if due == nil {
		return time.Time{}, err
	}
	return *due, err
}

// CountTasks counts the tasks due at or before an instant.
func (tx *Tx) CountTasks(until time.Time) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM tasks WHERE due <= ?", until)
	return int(n), err
}
