package rawsql

import (
	"database/sql/driver"
	"fmt"
	"math"
	"runtime"
	"strings"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Statement is a statement that was prepared.
type Statement struct {
	*Conn
	stmt       uintptr // sqlite3_stmt*
	parameters int
}

// Prepare prepares a query.
func (c *Conn) Prepare(query string) (*Statement, error) {
	text, err := libc.CString(query)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	at := c.tls.Alloc(wordSize)
	defer c.tls.Free(wordSize)

	const keep = 1 // SQLITE_PREPARE_PERSISTENT
	if err := c.check(sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, keep, at, 0)); err != nil {
		return nil, err
	}
	s := &Statement{Conn: c, stmt: pointer(libc.GoBytes(at, wordSize))}
	s.parameters = int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.stmt))
	return s, nil
}

// Close frees the statement.
func (s *Statement) Close() error { return s.check(sqlite3.Xsqlite3_finalize(s.tls, s.stmt)) }

// Arg is the value of a parameter.
type Arg struct {
	Kind Kind
	Num  int64  // the bits of a float
	Text string // or bytes
}

// Kind is the type of an Arg.
type Kind uint8

// The types that SQLite has.
const (
	Null Kind = iota
	Int
	Float
	Text
	Bytes
)

// static says that a text stays where it is. A statement is never run with the parameters of an earlier run.
const static = 0

// noBytes is where a text of no bytes lies. Without a place, it would be NULL.
var noBytes byte

// Bind binds parameters. They must be kept alive until the statement was run.
func (s *Statement) Bind(args []Arg) error {
	if len(args) < s.parameters {
		return fmt.Errorf("the statement has %d parameters, and gets %d", s.parameters, len(args))
	}
	for i := range s.parameters {
		if err := s.check(s.bindOne(int32(i+1), &args[i])); err != nil {
			return err
		}
	}
	return nil
}

// BindText binds one parameter anew. The others stay what they are.
func (s *Statement) BindText(parameter int, text string) error {
	return s.check(s.bindOne(int32(parameter), &Arg{Kind: Text, Text: text}))
}

func (s *Statement) bindOne(at int32, a *Arg) int32 {
	switch a.Kind {
	case Int:
		return sqlite3.Xsqlite3_bind_int64(s.tls, s.stmt, at, a.Num)
	case Float:
		return sqlite3.Xsqlite3_bind_double(s.tls, s.stmt, at, math.Float64frombits(uint64(a.Num)))
	case Null:
		return sqlite3.Xsqlite3_bind_null(s.tls, s.stmt, at)
	}
	bytes, n := unsafe.StringData(a.Text), int32(len(a.Text))
	if n == 0 {
		bytes = &noBytes
	}
	place := uintptr(unsafe.Pointer(bytes))
	if a.Kind == Text {
		return sqlite3.Xsqlite3_bind_text(s.tls, s.stmt, at, place, n, static)
	}
	return sqlite3.Xsqlite3_bind_blob(s.tls, s.stmt, at, place, n, static)
}

// Step goes to the next row. It reports whether there is one.
func (s *Statement) Step() (row bool, err error) {
	code := sqlite3.Xsqlite3_step(s.tls, s.stmt)
	if code == sqlite3.SQLITE_ROW {
		return true, nil
	}
	return false, s.check(code)
}

// Steps returns how many steps of SQLite's own the statement has taken in all its runs. They tell its cost.
func (s *Statement) Steps() int {
	return int(sqlite3.Xsqlite3_stmt_status(s.tls, s.stmt, sqlite3.SQLITE_STMTSTATUS_VM_STEP, 0))
}

// Reset makes the statement ready for its next use. An error of its last step is known already.
func (s *Statement) Reset() { sqlite3.Xsqlite3_reset(s.tls, s.stmt) }

// Done is the result of a statement that writes.
type Done struct{ Seq, Changed int }

// Run runs a statement to its end.
func (s *Statement) Run(args []Arg) (Done, error) {
	if err := s.Bind(args); err != nil {
		return Done{}, err
	}
	defer s.Reset()
	for {
		if more, err := s.Step(); err != nil || !more {
			runtime.KeepAlive(args)
			return Done{
				Seq:     int(sqlite3.Xsqlite3_last_insert_rowid(s.tls, s.db)),
				Changed: int(sqlite3.Xsqlite3_changes64(s.tls, s.db)),
			}, err
		}
	}
}

// Value returns a column of the current row, as the driver would.
func (s *Statement) Value(column int) driver.Value {
	switch at, kind := s.column(column); kind {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_value_int64(s.tls, at)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_value_double(s.tls, at)
	case sqlite3.SQLITE_TEXT:
		return s.Text(column)
	case sqlite3.SQLITE_BLOB:
		return s.Blob(column)
	}
	return nil
}

// column returns SQLite's value of a column, and its type.
func (s *Statement) column(column int) (value uintptr, kind int32) {
	value = sqlite3.Xsqlite3_column_value(s.tls, s.stmt, int32(column))
	return value, sqlite3.Xsqlite3_value_type(s.tls, value)
}

// Num returns a column that has a number, 0 for others.
func (s *Statement) Num(column int) (n int64, ok bool) {
	value, kind := s.column(column)
	if kind != sqlite3.SQLITE_INTEGER {
		return 0, false
	}
	return sqlite3.Xsqlite3_value_int64(s.tls, value), true
}

// Text returns a column that has a text, "" for others.
func (s *Statement) Text(column int) string {
	value, kind := s.column(column)
	if kind != sqlite3.SQLITE_TEXT {
		return ""
	}
	return strings.Clone(textOf(s.tls, value))
}

// TextView returns a column that has a text, without a copy. The text is valid until the next step.
func (s *Statement) TextView(column int) string {
	return textOf(s.tls, sqlite3.Xsqlite3_column_value(s.tls, s.stmt, int32(column)))
}

// Blob returns a column that has bytes, nil for others.
func (s *Statement) Blob(column int) []byte {
	view := s.View(column)
	if view == nil {
		return nil
	}
	return append([]byte{}, view...)
}

// View is Blob without a copy. The bytes are valid until the next step.
func (s *Statement) View(column int) []byte {
	value, kind := s.column(column)
	if kind != sqlite3.SQLITE_BLOB {
		return nil
	}
	at, n := sqlite3.Xsqlite3_value_blob(s.tls, value), int(sqlite3.Xsqlite3_value_bytes(s.tls, value))
	if n == 0 {
		return []byte{}
	}
	return libc.GoBytes(at, n)
}
