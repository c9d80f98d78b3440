package store

import "database/sql/driver"

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
	for i := range rows.tasks {
		if err := tasks.insert(tx, &rows.tasks[i]); err != nil {
			return err
		}
	}
	return nil
}

func (row *unsavedSend) insert(tx *Tx) error {
	var outbox, sentAt driver.Value
	if row.outbox > 0 {
		outbox, sentAt = int64(row.outbox), row.sentAt.UnixMilli()
	}
	return sends.insert(tx, &row.EmailSend, row.Seq, row.org, outbox, sentAt)
}
