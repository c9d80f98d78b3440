// Package store stores the emulator's world in SQLite. It is the only package with SQL.
//
// There is one connection and one writer. The package uses the driver directly. Every statement is prepared once and
// runs under the caller's lock, so the pool, the locks and the conversions of database/sql would only double the cost
// of a read. All queries are methods of Tx, which has the time and the Organization of the act.
package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"runtime"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/dbfile"
	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

// No two files use each other. At the bottom are the rows, the errors, the paths and the lock. The statements in this
// file use those. Above them are Tx, the tables and the pages, then one file for each noun. At the top, connect.go,
// file.go and open.go open a world, and commit.go begins and ends a transaction.

// DB is an open world. It is not safe for concurrent use: the caller must hold the one lock.
type DB struct {
	connection
	memory      *memory // of a database in memory, if its bytes are known; otherwise nil
	spare       *row    // for reading; nil while a query uses it
	bound       row     // the parameters of the current statement; the next one reuses its memory
	boundBySave row     // likewise, of the statements that save

	unsaved    unsaved
	save       func(*DB) error // writes what is unsaved; it uses the tables, which use this file
	nested     int             // levels of Tx.Nested
	scopes     int             // how often Tx.Nested was called
	savepoints int             // of those, the levels that have a savepoint because something was written in them

	lastSend   int    // the number of the newest EmailSend
	lastOutbox int    // the newest place in the outbox
	lastCall   string // no call that made an EmailSend has a key after this one
	sendsKnown bool   // all three are set
	lastEvent  int    // the number of the newest event, 0 if that is not known

	lastTask  int       // the number of the newest task
	lastKnown bool      // lastTask is set
	due       time.Time // when the first row of tasks is due, zero for never
	dueKnown  bool      // due is set

	counted counted

	image        []byte // the newest image of a database in memory, nil if there is none
	imageChanges int64  // the number of the change before it

	reusable  bool   // another world can use the connection
	path      string // of the file, "" in memory
	created   string // the file, if Open created it
	abandoned string // the file, if Close must remove it

	lock         *dbfile.Lock // of the file, if there is one
	broken       *Unavailable // the error of the transaction; until its rollback, every other statement fails
	secureDelete bool         // deleted content must not stay in the file
	logDirty     bool         // the log may still have deleted content
}

// busyTimeout is in milliseconds. It is short, because all calls wait behind the one that waits for a lock.
const busyTimeout = "PRAGMA busy_timeout = 250"

func (db *DB) script(query string) error {
	if _, err := db.own.Driver.(driver.ExecerContext).ExecContext(context.Background(), query, nil); err != nil {
		return wrapError("script", err)
	}
	return nil
}

// statement is the text of a statement in two parts: one that was made from a list of columns, and a constant. Joining
// them at each call would cost a copy. So they are joined when the statement is prepared.
type statement struct{ head, tail string }

func (query statement) String() string { return query.head + query.tail }

// stmt prepares a query once. Queries are constants of this package, so the cache is bounded.
func (db *DB) stmt(query statement) (*prepared, error) {
	if db.broken != nil {
		return nil, db.broken
	}
	known := db.stmts[query]
	if known == nil {
		var err error
		if known, err = db.prepare(query.String()); err != nil {
			return nil, db.recordError(query, err)
		}
		db.stmts[query] = known
	}
	if known.kinds&db.unsaved.kinds() != 0 {
		if err := db.save(db); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// binding starts to bind the parameters of a statement.
func (db *DB) binding(purpose purpose) *row {
	db.bound = row{purpose: purpose, args: db.bound.args[:0]}
	return &db.bound
}

func (db *DB) bind(args []any) []rawsql.Arg {
	r := db.binding(binding)
	for _, arg := range args {
		r.bind(arg)
	}
	return r.args
}

// control runs a statement that begins or ends a transaction or a savepoint.
func (db *DB) control(query string) error {
	_, err := db.execute(statement{query, ""}, nil)
	return err
}

// write runs a statement that writes. If it is the first in its levels of Tx.Nested, their savepoints begin before it.
func (db *DB) write(query statement, args []rawsql.Arg) (rawsql.Done, error) {
	for ; db.savepoints < db.nested; db.savepoints++ {
		if err := db.control("SAVEPOINT nested"); err != nil {
			return rawsql.Done{}, err
		}
	}
	return db.execute(query, args)
}

func (db *DB) execute(query statement, args []rawsql.Arg) (rawsql.Done, error) {
	stmt, err := db.stmt(query)
	if err != nil {
		return rawsql.Done{}, err
	}
	result, err := stmt.Run(args)
	if err != nil {
		return rawsql.Done{}, db.recordError(query, err)
	}
	return result, nil
}

// query calls read for each row. The row is only valid during the call.
func (db *DB) query(read func(*row) error, query string, args ...any) error {
	return db.run(read, statement{query, ""}, args)
}

func (db *DB) run(read func(*row) error, query statement, args []any) error {
	stmt, err := db.stmt(query)
	if err != nil {
		return err
	}
	return db.rows(stmt, read, query, args)
}

// compose is query for SQL that is composed of filters. It does not cache the statements, because there is no limit to
// their number.
func (db *DB) compose(read func(*row) error, query string, args ...any) error {
	stmt, err := db.composed(query)
	if err != nil {
		return err
	}
	whole := statement{query, ""}
	return db.endComposed(stmt, whole, db.rows(stmt, read, whole, args))
}

// composed prepares a composed query. The caller must end it.
func (db *DB) composed(query string) (*prepared, error) {
	if db.broken != nil {
		return nil, db.broken
	}
	if kindsIn(query)&db.unsaved.kinds() != 0 {
		if err := db.save(db); err != nil {
			return nil, err
		}
	}
	stmt, err := db.prepare(query)
	if err != nil {
		return nil, db.recordError(statement{query, ""}, err)
	}
	return stmt, nil
}

// endComposed frees a composed statement. It returns err or, if that is nil, the error of the end.
func (db *DB) endComposed(stmt *prepared, query statement, err error) error {
	closing := stmt.Close()
	if err == nil && closing != nil {
		return db.recordError(query, closing)
	}
	return err
}

func (db *DB) rows(stmt *prepared, read func(*row) error, query statement, args []any) error {
	if err := stmt.Bind(db.bind(args)); err != nil {
		return db.recordError(query, err)
	}
	r := db.reader(stmt)
	defer func() { db.spare = r }()
	defer stmt.Reset()
	for {
		more, err := stmt.Step()
		if err != nil {
			return db.recordError(query, err)
		}
		if !more {
			runtime.KeepAlive(args) // a query that read made may have reused the memory of the bound ones
			return nil
		}
		r.next = 0
		if err := read(r); err != nil {
			return err
		}
	}
}

// reader returns a row for reading. A query inside another query has its own row.
func (db *DB) reader(stmt *prepared) *row {
	r := db.spare
	if r == nil {
		r = &row{}
	}
	db.spare = nil
	r.stmt = stmt
	return r
}

// recordError is wrapError for a statement of a transaction. After an Unavailable, SQLite may have ended the
// transaction, and a later statement would run outside of it. So every statement fails until the transaction is rolled
// back.
func (db *DB) recordError(query statement, err error) error {
	err = wrapError(query.String(), err)
	if unavailable, ok := errors.AsType[*Unavailable](err); ok {
		db.broken = unavailable
	}
	return err
}

func value[T any](db *DB, query string, args ...any) (found T, err error) {
	err = db.query(func(r *row) error { found, _ = r.value().(T); return nil }, query, args...)
	return found, err
}

// peek runs a query that is to see only what is saved.
func (db *DB) peek(query func() error) error {
	rows := db.unsaved
	db.unsaved = unsaved{scope: rows.scope}
	defer func() { db.unsaved = rows }()
	return query()
}
