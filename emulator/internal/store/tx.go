package store

import (
	"errors"
	"slices"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// Tx is one transaction: all that one act reads and writes. Now is the act's instant, Org the Organization it acts for.
type Tx struct {
	db  *DB
	Now time.Time
	Org string
	// Cause names what the act goes back to while Journeys react to what Journeys did; "" until there is something to name,
	// and CauseTimer where a timer began it. Tasks that are due at once inherit it.
	Cause string
	// NewID makes the next uuid.
	NewID func() string
	fresh []Task // due now and no rows yet, in their order
}

// Begin starts a transaction at an instant. It must end in Commit or Rollback before the next begins.
func (db *DB) Begin(now time.Time, org string, newID func() string) (*Tx, error) {
	db.broken = nil
	if _, err := db.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return &Tx{db: db, Now: now, Org: org, NewID: newID}, nil
}

// Commit makes the transaction last.
func (tx *Tx) Commit() error {
	if err := tx.keepTasks(); err != nil {
		return err
	}
	if err := tx.exec("COMMIT"); err != nil {
		return err
	}
	tx.db.wipe()
	return nil
}

// wipe empties the log of a file once something was deleted, since the log keeps what the file held before. A reader in
// the way delays that until a later commit. It never waits, and it is no part of the commit.
func (db *DB) wipe() {
	if !db.traces {
		return
	}
	_ = db.script("PRAGMA busy_timeout = 0")
	blocked, err := value[int64](db, "PRAGMA wal_checkpoint(TRUNCATE)")
	db.traces = err != nil || blocked != 0
	_ = db.script(busyTimeout)
}

// Rollback undoes the transaction.
func (tx *Tx) Rollback() error {
	tx.db.dueKnown, tx.db.broken = false, nil
	_, err := tx.db.exec("ROLLBACK")
	if code(err) == sqlite3.SQLITE_ERROR {
		return nil // SQLite has ended the transaction by itself
	}
	return err
}

// Nested runs fn so that its writes are undone when it fails, and the transaction goes on.
func (tx *Tx) Nested(fn func() error) error {
	if _, err := tx.db.exec("SAVEPOINT nested"); err != nil {
		return err
	}
	fresh := slices.Clone(tx.fresh)
	failure := fn()
	if failure != nil && tx.db.broken != nil {
		return failure
	}
	if failure != nil {
		tx.fresh, tx.db.dueKnown = fresh, false
		if _, err := tx.db.exec("ROLLBACK TO nested"); err != nil {
			return errors.Join(failure, err)
		}
	}
	_, err := tx.db.exec("RELEASE nested")
	return errors.Join(failure, err)
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.db.exec(query, args...)
	return err
}

// texts reads a column of text.
func (tx *Tx) texts(query string, args ...any) ([]string, error) {
	return view[string]{query, func(s *string, r *row) { *s = r.str() }}.all(tx, "", args...)
}
