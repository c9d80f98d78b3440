package store

import (
	"cmp"
	"encoding/json"
	"time"
)

// A DB has runs and tasks that are not written yet, and their tables are used through a DB. So the types are declared
// in a file below both.

// Run is one Profile's way through one version of a Journey. Key is the value of the entry's key, or "" if it has no
// key. State is {"data", "event", "steps"}. Waiting is when the run continues if nothing moves it before, and Task is
// the task that will continue it. ExitRule is an exit that takes effect at the end of the delay. If the run became due
// while its Journey was paused, Held is that time.
type Run struct {
	Seq                   int // its place in the order in which runs began
	ID, JourneyID         string
	Version               int
	ProfileID, Key        string
	Event                 int // the Number of the event that started it
	Status, Reason, Error string
	Node                  string
	Visits                int
	State                 json.RawMessage
	Waiting               time.Time
	ExitRule              string
	Held                  time.Time
	Task                  int
	TriggeredAt           time.Time
	CompletedAt           time.Time
	Why                   string // why it ended early
	Reacts                bool   // something that happens to the Profile may move it
}

// RunStep is one step that a run took.
type RunStep struct {
	Node, Type string
	At         time.Time
	Outcome    string
	Why        string // what the outcome is based on, or "" if the outcome needs no explanation
}

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
