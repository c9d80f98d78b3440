package store

import (
	"database/sql/driver"
	"errors"
)

// save writes the unsaved rows.
func save(db *DB) error {
	rows, bound := db.unsaved, db.bound
	db.unsaved, db.bound = unsaved{}, db.boundBySave
	defer func() { db.boundBySave, db.bound = db.bound, bound }()

	tx := &Tx{db: db}
	for _, row := range rows.sends {
		if err := row.insert(tx); err != nil {
			return err
		}
	}
	for _, row := range rows.sends {
		if row.message == nil {
			continue
		}
		if err := row.message.insert(tx, row.Seq); err != nil {
			return err
		}
	}
	if err := saveRuns(tx, rows.runs); err != nil {
		return err
	}
	return errors.Join(unsavedSteps.insertEach(tx, "", rows.steps), deleteTasks(tx, rows.done),
		tasks.insertEach(tx, "", rows.tasks))
}

var (
	unsavedRuns  = define("runs", (*unsavedRun).columns)
	unsavedSteps = define("run_steps", (*unsavedStep).columns)
)

func (run *unsavedRun) columns(r *row) {
	r.column("org", &run.org)
	run.Run.columns(r)
}

func (step *unsavedStep) columns(r *row) {
	r.column("run_id", &step.run)
	step.RunStep.columns(r)
}

func saveRuns(tx *Tx, list []*unsavedRun) error {
	added := make([]unsavedRun, 0, len(list))
	for _, row := range list {
		if row.added {
			added = append(added, *row)
		}
	}
	if err := unsavedRuns.insertEach(tx, "", added); err != nil {
		return err
	}
	for _, row := range list {
		if row.added {
			continue
		}
		if err := runs.update(tx, &row.Run, "WHERE id = ?", row.ID); err != nil {
			return err
		}
	}
	return nil
}

func deleteTasks(tx *Tx, seqs []int) error {
	switch len(seqs) {
	case 0:
		return nil
	case 1:
		return tx.exec("DELETE FROM tasks WHERE seq = ?", seqs[0])
	}
	return tx.exec("DELETE FROM tasks WHERE seq IN (SELECT value FROM json_each(?))", encode(seqs))
}

func (row *unsavedSend) insert(tx *Tx) error {
	var outbox, sentAt driver.Value
	if row.outbox > 0 {
		outbox, sentAt = int64(row.outbox), row.sentAt.UnixMilli()
	}
	return sends.insert(tx, &row.EmailSend, row.Seq, row.org, outbox, sentAt)
}
