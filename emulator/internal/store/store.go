// Package store keeps the emulator's world in SQLite. It is the only package with SQL.
//
// There is one connection and one writer. It is used through the driver itself, since every statement is prepared once
// and runs under the caller's lock: database/sql's pool, its locks and its conversions would double the cost of a read.
// All queries hang off Tx, which carries the instant and the Organization of the act.
package store

import (
	"context"
	"database/sql/driver"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// version changes with schema.sql; a file of another version is refused rather than misread.
const version = "2"

//go:embed schema.sql
var schema string

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
	stmts map[string]driver.Stmt
	args  []driver.NamedValue

	lastTask int       // the number of the newest task, 0 until somebody asked
	due      time.Time // when the first row of tasks is due, zero for never
	dueKnown bool      // due holds
}

// Open opens the world at path, creating it where there is none; path ":memory:" is a fresh one that lives as long as
// the DB does.
func Open(path string) (*DB, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	if err := db.prepare(path); err != nil {
		db.Close()
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return db, nil
}

func connect(path string) (*DB, error) {
	functions, err := sqliteDriver()
	if err != nil {
		return nil, err
	}
	conn, err := functions.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{conn: conn, stmts: map[string]driver.Stmt{}}, nil
}

func (db *DB) prepare(path string) error {
	if path == ":memory:" {
		empty, err := image()
		if err != nil {
			return err
		}
		if err := db.conn.(interface{ Deserialize([]byte) error }).Deserialize(empty); err != nil {
			return err
		}
		// Nobody else sees this database, so its lock is kept. A plain in-memory one would copy fewer pages at a commit, but
		// SQLite then walks them all whenever an index page was split: it slows down as the world grows.
		return db.script("PRAGMA locking_mode = EXCLUSIVE")
	}
	for _, pragma := range []string{
		"PRAGMA busy_timeout = 2000", "PRAGMA journal_mode = WAL",
		// A killed process loses nothing with NORMAL; only a machine that loses power may lose the last commits.
		"PRAGMA synchronous = NORMAL",
	} {
		if err := db.script(pragma); err != nil {
			return err
		}
	}
	tables, err := value[int64](db, "SELECT count(*) FROM sqlite_master")
	if err != nil {
		return err
	}
	if tables == 0 {
		return db.create()
	}
	found, err := value[string](db, "SELECT value FROM meta WHERE key = 'schema'")
	if err != nil {
		return errors.New("the file is a SQLite database but not an emulator's")
	}
	if found != version {
		return fmt.Errorf("the file has schema %s, this emulator has %s", found, version)
	}
	return nil
}

func (db *DB) create() error {
	if err := db.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := db.script(schema + "INSERT INTO meta (key, value) VALUES ('schema', '" + version + "');"); err != nil {
		return err
	}
	return db.script("COMMIT")
}

// Close ends the world of an in-memory database and leaves a file as it was last committed.
func (db *DB) Close() error {
	for _, s := range db.stmts {
		_ = s.Close()
	}
	db.stmts = nil
	return db.conn.Close()
}

// Serialize copies the whole world into one SQLite image.
func (db *DB) Serialize() ([]byte, error) {
	return db.conn.(interface{ Serialize() ([]byte, error) }).Serialize()
}

// Clear deletes everything but the schema.
func (tx *Tx) Clear() error {
	tx.fresh, tx.db.dueKnown = nil, false
	tables, err := all(tx, func(r row) string { return r.str(0) },
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'meta'")
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
	_, err := db.conn.(driver.ExecerContext).ExecContext(context.Background(), query, nil)
	return err
}

// stmt prepares a query once; queries are constants of this package, so the cache is bounded.
func (db *DB) stmt(query string) (driver.Stmt, error) {
	if s := db.stmts[query]; s != nil {
		return s, nil
	}
	s, err := db.conn.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	db.stmts[query] = s
	return s, nil
}

func (db *DB) exec(query string, args ...any) (driver.Result, error) {
	s, err := db.stmt(query)
	if err != nil {
		return nil, err
	}
	result, err := s.(driver.StmtExecContext).ExecContext(context.Background(), db.bind(args))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	return result, nil
}

// query calls read for each row; the row is only valid during the call.
func (db *DB) query(read func(row) error, query string, args ...any) error {
	s, err := db.stmt(query)
	if err != nil {
		return err
	}
	return db.rows(s, read, query, args)
}

// compose is query for SQL that is composed of filters. Its statements are not kept, since there is no end of them.
func (db *DB) compose(read func(row) error, query string, args ...any) (err error) {
	s, err := db.conn.Prepare(query)
	if err != nil {
		return fmt.Errorf("prepare %q: %w", query, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return db.rows(s, read, query, args)
}

func (db *DB) rows(s driver.Stmt, read func(row) error, query string, args []any) (err error) {
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), db.bind(args))
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make(row, len(rows.Columns()))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", query, err)
		}
		if err := read(values); err != nil {
			return err
		}
	}
}

func value[T any](db *DB, query string, args ...any) (v T, err error) {
	err = db.query(func(r row) error { v, _ = r[0].(T); return nil }, query, args...)
	return v, err
}
