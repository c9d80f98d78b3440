package store

import (
	"cmp"
	"time"
)

// A Tx has tasks, and the table of tasks is used through a Tx. So Task is declared in a file below both.

// Task is work with a due time. Kind names the verb to run, Ref what it is about, Arg what else the verb needs.
type Task struct {
	Seq            int
	Due            time.Time
	Org, Kind, Ref string
	Arg            string
	Cause          string // see Tx.Cause
}

// CauseTimer is the cause of a task that is due later than the act that made it.
const CauseTimer = "@"

// compare sorts tasks in the order in which they run.
func (task Task) compare(other Task) int {
	return cmp.Or(task.Due.Compare(other.Due), cmp.Compare(task.Seq, other.Seq))
}
