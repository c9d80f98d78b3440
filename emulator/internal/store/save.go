package store

import "slices"

// save writes the unsaved rows.
func save(db *DB) error {
	rows, bound := db.unsaved, db.bound
	db.unsaved, db.bound = unsaved{}, db.boundBySave
	defer func() { db.boundBySave, db.bound = db.bound, bound }()

	tx := &Tx{db: db}
	if err := insertEach(tx, &sends, rows.sends, (*row).bindSend); err != nil {
		return err
	}
	unsent := func(row *unsavedSend) bool { return row.message == nil }
	if err := insertEach(tx, &messages, slices.DeleteFunc(rows.sends, unsent), (*row).bindMessage); err != nil {
		return err
	}
	for i := range rows.tasks {
		if err := tasks.insert(tx, &rows.tasks[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *row) bindSend(send *unsavedSend) {
	r.bind(int64(send.Seq))
	r.bind(send.org)
	if send.outbox > 0 {
		r.bind(int64(send.outbox))
		r.bind(send.sentAt.UnixMilli())
	} else {
		r.bind(nil)
		r.bind(nil)
	}
	send.columns(r)
}

// bindMessage binds the message of an EmailSend. It is stored as changes to its base if it has one.
func (r *row) bindMessage(send *unsavedSend) {
	r.bind(int64(send.Seq))
	base := send.message.Base
	if base == nil {
		r.bind(nil)
		send.message.columns(r)
		return
	}
	r.bind(int64(base.ID))
	changes := *send.message
	changes.HTML, changes.Text = compact(base.HTML, changes.HTML), compact(base.Text, changes.Text)
	changes.columns(r)
}
