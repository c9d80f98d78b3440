// Package store keeps the emulator's world in SQLite. It is the only package with SQL.
//
// There is one connection and one writer. It is used through the driver itself, since every statement is prepared once
// and runs under the caller's lock: database/sql's pool, its locks and its conversions would double the cost of a read.
// All queries hang off Tx, which carries the instant and the Organization of the act.
package store

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

//go:embed schema.sql
var schema string

// version stands for schema.sql: a file of another version is refused rather than misread.
var version = fmt.Sprintf("%x", sha256.Sum256([]byte(schema)))[:12]

// image is the empty world, serialized: loading it costs a tenth of running the schema.
var image = sync.OnceValues(func() ([]byte, error) {
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.create(); err != nil {
		return nil, err
	}
	return db.Serialize()
})

// DB is an open world. It is not safe for concurrent use: the caller holds the one lock.
type DB struct {
	conn  driver.Conn
	stmts map[text]driver.Stmt
	bound row // the parameters of the statement at hand; the next one uses its memory again

	lastTask int       // the number of the newest task, 0 until somebody asked
	due      time.Time // when the first row of tasks is due, zero for never
	dueKnown bool      // due holds

	made      string // the file, if Open made it
	abandoned string // the file, if it is not to stay

	lock   *fileLock    // of a file
	broken *Unavailable // what the transaction met; nothing but its rollback works then
	erases bool         // deleted content must leave the file
	traces bool         // the log may still hold some
}

// Open opens the world in the file at path, or makes one where there is none. A path ":memory:" makes one that lives as
// long as the DB does. Every error names the path, and says what is wrong in words.
func Open(path string) (*DB, error) {
	if path == ":memory:" {
		return openMemory()
	}
	db, err := openFile(path)
	if err != nil {
		return nil, named(path, err)
	}
	return db, nil
}

func openMemory() (*DB, error) {
	empty, err := image()
	if err != nil {
		return nil, err
	}
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	err = db.conn.(interface{ Deserialize([]byte) error }).Deserialize(empty)
	if err == nil {
		// Nobody else sees this database, so its lock is kept. A plain in-memory one would copy fewer pages at a commit, but
		// SQLite then walks them all whenever an index page was split: it slows down as the world grows.
		err = db.script("PRAGMA locking_mode = EXCLUSIVE")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(name string) (*DB, error) {
	functions, err := sqliteDriver()
	if err != nil {
		return nil, err
	}
	conn, err := functions.Open(name)
	if err != nil {
		return nil, inWords("open database", err)
	}
	return &DB{conn: conn, stmts: map[text]driver.Stmt{}}, nil
}

func (db *DB) create() error {
	if err := db.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := db.script(schema); err != nil {
		return err
	}
	if err := (&Tx{db: db}).SetMeta("schema", version); err != nil {
		return err
	}
	return db.script("COMMIT")
}

// Close ends the world of an in-memory database. It leaves a file as it was last committed, and lets go of it.
func (db *DB) Close() error {
	for _, s := range db.stmts {
		_ = s.Close()
	}
	db.stmts = nil
	err := db.conn.Close()
	if db.abandoned != "" {
		err = errors.Join(err, os.Remove(db.abandoned))
	}
	return errors.Join(err, db.lock.release())
}

// Abandon is Close for a world that has not come about. A file that Open made is removed.
func (db *DB) Abandon() error {
	db.abandoned = db.made
	return db.Close()
}

// Serialize copies the whole world into one SQLite image.
func (db *DB) Serialize() ([]byte, error) {
	return db.conn.(interface{ Serialize() ([]byte, error) }).Serialize()
}

// Clear deletes everything but the schema.
func (tx *Tx) Clear() error {
	tx.fresh, tx.db.dueKnown, tx.db.traces = nil, false, tx.db.erases
	tables, err := tx.texts(`SELECT name FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'meta'`)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := tx.exec("DELETE FROM " + table); err != nil {
			return err
		}
	}
	return tx.exec("DELETE FROM meta WHERE key <> 'schema'")
}

func (db *DB) script(query string) error {
	if _, err := db.conn.(driver.ExecerContext).ExecContext(context.Background(), query, nil); err != nil {
		return inWords("script", err)
	}
	return nil
}

// text is the text of a statement in two parts: one that a list of columns made, and a constant. To join them at each
// call would cost a copy, so that is done when the statement is prepared.
type text struct{ head, tail string }

func (t text) String() string { return t.head + t.tail }

// stmt prepares a query once; queries are constants of this package, so the cache is bounded.
func (db *DB) stmt(query text) (driver.Stmt, error) {
	if db.broken != nil {
		return nil, db.broken
	}
	if s := db.stmts[query]; s != nil {
		return s, nil
	}
	s, err := db.conn.Prepare(query.String())
	if err != nil {
		return nil, db.fault(query, err)
	}
	db.stmts[query] = s
	return s, nil
}

// binding begins to bind the parameters of a statement.
func (db *DB) binding(p purpose) *row {
	db.bound = row{purpose: p, args: db.bound.args[:0]}
	return &db.bound
}

func (db *DB) bind(args []any) []driver.NamedValue {
	r := db.binding(binding)
	for _, arg := range args {
		r.bind(native(arg))
	}
	return r.args
}

func (db *DB) exec(query string, args ...any) (driver.Result, error) {
	return db.write(text{query, ""}, db.bind(args))
}

func (db *DB) write(query text, args []driver.NamedValue) (driver.Result, error) {
	s, err := db.stmt(query)
	if err != nil {
		return nil, err
	}
	result, err := s.(driver.StmtExecContext).ExecContext(context.Background(), args)
	if err != nil {
		return nil, db.fault(query, err)
	}
	return result, nil
}

// query calls read for each row; the row is only valid during the call.
func (db *DB) query(read func(*row) error, query string, args ...any) error {
	return db.run(read, text{query, ""}, args)
}

func (db *DB) run(read func(*row) error, query text, args []any) error {
	s, err := db.stmt(query)
	if err != nil {
		return err
	}
	return db.rows(s, read, query, args)
}

// compose is query for SQL that is composed of filters. Its statements are not kept, since there is no end of them.
func (db *DB) compose(read func(*row) error, query string, args ...any) (err error) {
	if db.broken != nil {
		return db.broken
	}
	s, err := db.conn.Prepare(query)
	if err != nil {
		return db.fault(text{query, ""}, err)
	}
	defer func() { err = db.closed(text{query, ""}, err, s.Close()) }()
	return db.rows(s, read, text{query, ""}, args)
}

func (db *DB) rows(s driver.Stmt, read func(*row) error, query text, args []any) (err error) {
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), db.bind(args))
	if err != nil {
		return db.fault(query, err)
	}
	defer func() { err = db.closed(query, err, rows.Close()) }()
	r := row{values: make([]driver.Value, len(rows.Columns()))}
	for {
		switch err := rows.Next(r.values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return db.fault(query, err)
		}
		r.next = 0
		if err := read(&r); err != nil {
			return err
		}
	}
}

// closed returns the first error of a statement: SQLite repeats it when the statement is closed.
func (db *DB) closed(query text, err, closing error) error {
	if err != nil || closing == nil {
		return err
	}
	return db.fault(query, closing)
}

func value[T any](db *DB, query string, args ...any) (v T, err error) {
	err = db.query(func(r *row) error { v, _ = r.value().(T); return nil }, query, args...)
	return v, err
}
