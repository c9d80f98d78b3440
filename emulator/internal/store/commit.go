package store

import (
	"errors"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// Begin starts a transaction at the time now. The transaction must end with Commit or Rollback before the next one
// begins.
func (db *DB) Begin(now time.Time, org string, newID func() string) (*Tx, error) {
	tx := &Tx{}
	return tx, db.BeginIn(tx, now, org, newID)
}

// BeginIn is Begin with a Tx that the caller owns, such as one that is embedded in another struct.
func (db *DB) BeginIn(tx *Tx, now time.Time, org string, newID func() string) error {
	db.broken = nil
	if err := db.control("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	*tx = Tx{db: db, Now: now, Org: org, NewID: newID}
	return nil
}

// Commit makes the changes of the transaction permanent.
func (tx *Tx) Commit() error {
	tx.saveTasks()
	if err := tx.db.save(tx.db); err != nil {
		return err
	}
	if tx.changed {
		tx.db.counted.latest = answer{}
	}
	if err := tx.db.control("COMMIT"); err != nil {
		return err
	}
	tx.db.wipe()
	return nil
}

// wipe empties the log of a file after something was deleted, because the log keeps the old content of the file. If
// a reader prevents that, a later commit tries again. wipe never waits, and its failure does not fail the commit.
func (db *DB) wipe() {
	if !db.logDirty {
		return
	}
	_ = db.script("PRAGMA busy_timeout = 0")
	blocked, err := value[int64](db, "PRAGMA wal_checkpoint(TRUNCATE)")
	db.logDirty = err != nil || blocked != 0
	_ = db.script(busyTimeout)
}

// Rollback undoes the transaction.
func (tx *Tx) Rollback() error {
	tx.db.unsaved, tx.db.nested, tx.db.savepoints = unsaved{events: emptied(tx.db.unsaved.events)}, 0, 0
	tx.db.dueKnown, tx.db.sendsKnown, tx.db.lastEvent, tx.db.broken = false, false, 0, nil
	err := tx.db.control("ROLLBACK")
	if code(err) == sqlite3.SQLITE_ERROR {
		return nil // SQLite has already ended the transaction
	}
	return err
}

// Nested runs fn. If fn fails, its writes are undone and the transaction continues.
func (tx *Tx) Nested(fn func() error) error {
	db := tx.db
	outer := db.nested
	dueNow, rows := tx.dueNow, db.unsaved.clone() // what is in dueNow stays in place
	db.nested++
	db.scopes++
	db.unsaved.scope = db.scopes
	failure := fn()
	db.unsaved.scope = rows.scope
	if failure != nil && db.broken != nil {
		return failure
	}
	if failure != nil {
		tx.dueNow, db.unsaved, db.sendsKnown, db.lastEvent = dueNow, rows, false, 0
		tx.profile, tx.early, tx.calm = nil, nil, nil
		tx.forgetDue()
	}

	db.nested = outer
	if db.savepoints <= outer {
		return failure // nothing was written
	}
	db.savepoints = outer
	if failure != nil {
		if err := db.control("ROLLBACK TO nested"); err != nil {
			return errors.Join(failure, err)
		}
	}
	return errors.Join(failure, db.control("RELEASE nested"))
}
