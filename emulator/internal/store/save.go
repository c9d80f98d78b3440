package store

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/delta"
)

// Save writes the unsaved rows now, so that it is known whether that succeeds.
func (tx *Tx) Save() error { return tx.db.save(tx.db) }

// save writes the unsaved rows.
func save(db *DB) error {
	rows, bound := db.unsaved, db.bound
	db.unsaved, db.bound = unsaved{scope: rows.scope, lastRun: rows.lastRun}, db.boundBySave
	defer func() {
		db.boundBySave, db.bound = db.bound, bound
		db.unsaved.events = emptied(rows.events)
	}()

	tx := &Tx{db: db}
	err := insertRows(tx, &sends, "", len(rows.sends), func(r *row, i int) { r.bindSend(rows.sends[i]) })
	if err != nil {
		return err
	}
	written := make([]*unsavedSend, 0, len(rows.sends))
	for _, row := range rows.sends {
		if row.message != nil {
			written = append(written, row)
		}
	}
	err = insertRows(tx, &messages, "", len(written), func(r *row, i int) { r.bindMessage(written[i]) })
	if err != nil {
		return err
	}
	err = insertRows(tx, &userEvents, "", len(rows.events), func(r *row, i int) {
		tx.follow(rows.events[i].ProfileID)
		r.bindText(rows.events[i].org, false)
		rows.events[i].columns(r)
	})
	if err != nil {
		return err
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
	r.column("seq", &run.Seq)
	r.ident("org", &run.org)
	run.Run.columns(r)
}

func (step *unsavedStep) columns(r *row) {
	r.column("run", &step.run)
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
		if err := runs.update(tx, &row.Run, "WHERE seq = ?", row.Seq); err != nil {
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

func (r *row) bindSend(send *unsavedSend) {
	r.bindText(send.org, false)
	if send.To != "" {
		r.bindNum(int64(addressHash(send.To)), false)
	} else {
		r.bindNull()
	}
	if send.outbox > 0 {
		r.bindNum(int64(send.outbox), false)
		r.bindNum(send.sentAt.UnixMilli(), false)
	} else {
		r.bindNull()
		r.bindNull()
	}
	send.columns(r)
}

// bindMessage binds the message of an EmailSend. It is stored as changes to its base if it has one.
func (r *row) bindMessage(send *unsavedSend) {
	r.bindNum(int64(send.Seq), false)
	base := send.message.Base
	if base == nil {
		r.bindNull()
		send.message.columns(r)
		return
	}
	r.bindNum(int64(base.ID), false)
	changes := *send.message
	changes.HTML, changes.Text = delta.Of(base.HTML, changes.HTML), delta.Of(base.Text, changes.Text)
	changes.columns(r)
}
