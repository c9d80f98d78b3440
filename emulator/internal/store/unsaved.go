package store

import (
	"slices"
	"strings"
	"time"
)

// An act adds an email, ends it and adds the tasks that follow from it, and mostly nothing reads these rows meanwhile.
// So they are written once: when the transaction ends, or before a statement that may read their tables.

// unsaved are the rows that are not written yet.
type unsaved struct {
	sends []*unsavedSend // never changed, but replaced, so that a copy of the list remembers what was
	tasks []Task
}

// unsavedSend is an EmailSend with its message and what else belongs to its row.
type unsavedSend struct {
	EmailSend
	org     string
	message *Message // nil if there is none
	outbox  int
	sentAt  time.Time
}

func (rows *unsaved) any() bool { return len(rows.sends) > 0 || len(rows.tasks) > 0 }

func (rows *unsaved) clone() unsaved {
	return unsaved{slices.Clone(rows.sends), slices.Clone(rows.tasks)}
}

// send returns the place of an unsaved EmailSend, -1 if it is not there. The newest are looked at first.
func (rows *unsaved) send(is func(*unsavedSend) bool) int {
	for i := len(rows.sends) - 1; i >= 0; i-- {
		if is(rows.sends[i]) {
			return i
		}
	}
	return -1
}

// change replaces an unsaved EmailSend by a changed copy. It reports whether there is one with this number.
func (rows *unsaved) change(seq int, change func(*unsavedSend)) bool {
	i := rows.send(func(row *unsavedSend) bool { return row.Seq == seq })
	if i < 0 {
		return false
	}
	changed := *rows.sends[i]
	change(&changed)
	rows.sends[i] = &changed
	return true
}

// readsUnsaved reports whether a statement may read or write a table whose rows may be unsaved.
func readsUnsaved(query string) bool {
	for _, table := range []string{"email_sends", "messages", "tasks", "all_facts"} {
		if strings.Contains(query, table) {
			return true
		}
	}
	return false
}
