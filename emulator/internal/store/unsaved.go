package store

import (
	"slices"
	"strings"
	"time"
)

// An act adds an email, ends it and adds the tasks that follow from it, or begins runs and takes their first steps, and
// mostly nothing reads these rows meanwhile. So they are written once: when the transaction ends, or before a statement
// that may read their tables.

// unsaved are the rows that are not written yet.
type unsaved struct {
	scope   int            // names the innermost part that Tx.Nested runs
	lastRun int            // the number of the newest run, 0 if that is not known
	sends   []*unsavedSend // replaced and not changed outside of their scope, so that a copy of the list remembers them
	runs    []*unsavedRun  // likewise
	steps   []unsavedStep
	events  []unsavedEvent // in the order of their numbers
	tasks   []Task
	done    []int // the numbers of rows of tasks that are to be deleted
}

// maxUnsavedRuns is how many runs are unsaved at most, since a run is searched for among them.
const maxUnsavedRuns = 64

// unsavedSend is an EmailSend with its message and what else belongs to its row.
type unsavedSend struct {
	EmailSend
	scope   int // in which it was added
	org     string
	message *Message // nil if there is none
	outbox  int
	sentAt  time.Time
}

// unsavedRun is a run that is not written yet, or not as it is now.
type unsavedRun struct {
	Run
	org   string
	added bool // it has no row yet
}

// unsavedEvent is an event that is new.
type unsavedEvent struct {
	UserEvent
	org string
}

type unsavedStep struct {
	RunStep
	run int
}

// kinds returns which rows are unsaved.
func (rows *unsaved) kinds() (kinds kinds) {
	if len(rows.sends) > 0 {
		kinds |= kindSends
	}
	if len(rows.runs) > 0 {
		kinds |= kindRuns
	}
	if len(rows.steps) > 0 {
		kinds |= kindSteps
	}
	if len(rows.events) > 0 {
		kinds |= kindEvents
	}
	if len(rows.tasks)+len(rows.done) > 0 {
		kinds |= kindTasks
	}
	return kinds
}

// clone returns the rows as they are now. Rows may still be appended. What changes others in their place must copy
// their list before. The lists of runs and events are copied here: runs are often changed, and save empties the list of
// events.
func (rows *unsaved) clone() unsaved {
	now := *rows
	now.runs, now.events = slices.Clone(rows.runs), slices.Clone(rows.events)
	return now
}

// emptied returns an empty list with the memory of a list, unless that is much.
func emptied(list []unsavedEvent) []unsavedEvent {
	const most = 1000
	if cap(list) > most {
		return nil
	}
	clear(list)
	return list[:0]
}

// run returns the place of an unsaved run, -1 if it is not there. The newest are looked at first.
func (rows *unsaved) run(id string) int {
	for i, row := range slices.Backward(rows.runs) {
		if row.ID == id {
			return i
		}
	}
	return -1
}

// send returns the place of an unsaved EmailSend, -1 if it is not there. The newest are looked at first.
func (rows *unsaved) send(is func(*unsavedSend) bool) int {
	for i, row := range slices.Backward(rows.sends) {
		if is(row) {
			return i
		}
	}
	return -1
}

// change changes an unsaved EmailSend. It reports whether there is one with this number.
func (rows *unsaved) change(seq int, change func(*unsavedSend)) bool {
	i := rows.send(func(row *unsavedSend) bool { return row.Seq == seq })
	if i < 0 {
		return false
	}
	if rows.sends[i].scope != rows.scope {
		copied := *rows.sends[i]
		rows.sends = slices.Clone(rows.sends)
		copied.scope, rows.sends[i] = rows.scope, &copied
	}
	change(rows.sends[i])
	return true
}

// kinds are kinds of rows that may be unsaved.
type kinds uint8

const (
	kindSends kinds = 1 << iota
	kindRuns
	kindSteps
	kindTasks
	kindEvents
)

// kindsIn returns the kinds of rows that a statement may read or write and that may be unsaved.
func kindsIn(query string) (found kinds) {
	for _, table := range []struct {
		name string
		kind kinds
	}{
		{"email_sends", kindSends}, {"messages", kindSends}, {"all_facts", kindSends},
		{"runs", kindRuns}, {"run_steps", kindSteps}, {"tasks", kindTasks},
		{"user_events", kindEvents},
	} {
		if strings.Contains(query, table.name) {
			found |= table.kind
		}
	}
	return found
}
