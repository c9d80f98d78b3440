package store

import (
	"database/sql/driver"
	"encoding/json"
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

// one reads the first row, nil when there is none.
func one[T any](tx *Tx, read func(row) T, query string, args ...any) (*T, error) {
	var found *T
	err := tx.db.query(func(r row) error {
		if found == nil {
			v := read(r)
			found = &v
		}
		return nil
	}, query, args...)
	return found, err
}

// all reads every row.
func all[T any](tx *Tx, read func(row) T, query string, args ...any) ([]T, error) {
	found := []T{}
	err := tx.db.query(func(r row) error {
		found = append(found, read(r))
		return nil
	}, query, args...)
	return found, err
}

type row []driver.Value

func (r row) str(i int) string   { s, _ := r[i].(string); return s }
func (r row) num(i int) int      { n, _ := r[i].(int64); return int(n) }
func (r row) flag(i int) bool    { return r.num(i) != 0 }
func (r row) bytes(i int) []byte { b, _ := r[i].([]byte); return b }

// at is the zero time for NULL.
func (r row) at(i int) time.Time {
	if r[i] == nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(r.num(i))).UTC()
}

func (r row) json(i int) json.RawMessage {
	if s := r.str(i); s != "" {
		return json.RawMessage(s)
	}
	return nil
}

// decode reads JSON that this package wrote; a row that does not decode is a bug, and reads as empty.
func decode[T any](s string) (v T) {
	if s == "{}" || s == "[]" {
		return v
	}
	_ = json.Unmarshal([]byte(s), &v)
	return v
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error()) // only values of this package's own types come here
	}
	return string(raw)
}

// encodeList is a list for json_each; a query with one has the same text however long the list is.
func encodeList(list []string) string {
	if list == nil {
		list = []string{}
	}
	return encode(list)
}

// bind turns arguments into the driver's values: empty strings, zero times and empty JSON are NULL where wrapped in opt.
func (db *DB) bind(args []any) []driver.NamedValue {
	db.args = db.args[:0]
	for i, arg := range args {
		var v driver.Value
		switch arg := arg.(type) {
		case int:
			v = int64(arg)
		case bool:
			v = int64(0)
			if arg {
				v = int64(1)
			}
		case time.Time:
			v = arg.UnixMilli()
		case json.RawMessage:
			v = string(arg)
		default:
			v = arg
		}
		db.args = append(db.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return db.args
}

// opt stores a zero value as NULL.
func opt[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func optJSON(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return raw
}
