package store

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

// Tx is one transaction: all that one act reads and writes. Now is the time of the act, Org the Organization it acts
// for.
type Tx struct {
	db  *DB
	Now time.Time
	Org string
	// Cause is what led to the act, while Journeys react to what Journeys did. It is "" until there is something to
	// name, and CauseTimer if a timer started it. Tasks that are due at once inherit it.
	Cause string
	// NewID makes the next uuid.
	NewID   func() string
	dueNow  []Task // due now and not yet rows, in their order
	changed bool   // a row

	profile    *Profile // that was read last; nil after a change of any Profile
	profileOrg string
	calm       map[string]bool // Profiles without runs that may react; nil after a change of any run

	taken Task   // the row of a task that was taken last, until its run is read
	early *early // what was read for the next tasks; nil for nothing

	ahead      []Task // the next rows of tasks, in their order, as far as they are known
	aheadIsAll bool   // there are no others
	atOnce     int    // how many rows of tasks were read at once
}

// everybody stands for all Profiles in Tx.calm.
const everybody = ""

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.write(statement{query, ""}, tx.db.bind(args))
	return err
}

// write runs a statement and notes whether it has changed a row.
func (tx *Tx) write(query statement, args []rawsql.Arg) (rawsql.Done, error) {
	if kept := tx.db.counted.blocks; kept != nil {
		kept.note(query.head) // first, because a write may make others necessary before it
	}
	result, err := tx.db.write(query, args)
	if err == nil && !tx.changed {
		tx.changed = result.Changed > 0
	}
	return result, err
}

// Changed reports whether the transaction has changed a row, or leaves a task.
func (tx *Tx) Changed() bool { return tx.changed || len(tx.dueNow) > 0 }

// texts reads a column of text.
func (tx *Tx) texts(query string, args ...any) ([]string, error) {
	list := []string{}
	err := tx.db.query(func(r *row) error { list = append(list, r.str()); return nil }, query, args...)
	return list, err
}

// early are runs and Profiles of an Organization that were read and have not changed since.
type early struct {
	org      string
	runs     map[string]*Run
	profiles map[string]*Profile
}

// takeRun returns a run, nil if it was not read. The caller may change it.
func (e *early) takeRun(org, id string) *Run {
	if e == nil || e.org != org {
		return nil
	}
	run := e.runs[id]
	delete(e.runs, id)
	return run
}

// profile returns a Profile, nil if it was not read.
func (e *early) profile(org, id string) *Profile {
	if e == nil || e.org != org {
		return nil
	}
	return e.profiles[id]
}

// forget forgets a run or a Profile, because it changes.
func (e *early) forget(id string) {
	if e != nil {
		delete(e.runs, id)
		delete(e.profiles, id)
	}
}
