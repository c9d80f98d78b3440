package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The driver opens connections and registers functions. Statements call SQLite itself: the driver asks for the name of
// each parameter and column at each call, and allocates memory for each text. That is half the time of a small query.

// handle is SQLite's own handle of a connection.
type handle struct {
	tls   *libc.TLS
	db    uintptr // sqlite3*
	mutex uintptr // that was taken from the connection
}

// swapMutex gives the connection another mutex. SQLite enters it two or three times for each parameter and column. A
// DB is used by one goroutine at a time, so between its start and its end the connection needs none. SQLite has a flag
// for that, SQLITE_OPEN_NOMUTEX, but the driver sets the opposite one.
func (h *handle) swapMutex() {
	const place = 3 // words before it in sqlite3: pVfs, pVdbe and pDfltColl
	has := sqlite3.Xsqlite3_db_mutex(h.tls, h.db)
	if word := libc.GoBytes(h.db+place*uintptr(wordSize), wordSize); pointer(word) == has {
		copy(word, unsafe.Slice((*byte)(unsafe.Pointer(&h.mutex)), wordSize))
		h.mutex = has
	}
}

const wordSize = int(unsafe.Sizeof(uintptr(0)))

// pointer returns the pointer in a word.
func pointer(word []byte) (at uintptr) {
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&at)), wordSize), word)
	return at
}

// connection is a connection of the driver, its handle, and the statements that were prepared on it.
type connection struct {
	conn   driver.Conn
	handle *handle
	stmts  map[statement]*prepared
}

func (c connection) close() error {
	for _, stmt := range c.stmts {
		_ = stmt.close()
	}
	c.handle.swapMutex() // SQLite frees it
	err := c.conn.Close()
	c.handle.tls.Close()
	return err
}

var errDriver = errors.New("this version of modernc.org/sqlite keeps its connection elsewhere; " +
	"use the version in the go.mod of the emulator, or a version of the emulator that knows it")

// handleOf returns the handle of a connection. The driver does not export it.
func handleOf(conn driver.Conn) (*handle, error) {
	field := reflect.ValueOf(conn).Elem().FieldByName("db")
	if field.Kind() != reflect.Uintptr {
		return nil, errDriver
	}
	h := &handle{tls: libc.NewTLS(), db: uintptr(field.Uint())}
	h.swapMutex()
	return h, nil
}

// sqliteError is an error of SQLite, in the words of the driver.
type sqliteError struct {
	code int
	text string
}

func (failed *sqliteError) Error() string { return failed.text }

// check returns the error of a result code, nil if the code is none.
func (h *handle) check(code int32) error {
	switch code {
	case sqlite3.SQLITE_OK, sqlite3.SQLITE_ROW, sqlite3.SQLITE_DONE:
		return nil
	}
	kind := libc.GoString(sqlite3.Xsqlite3_errstr(h.tls, code))
	text := libc.GoString(sqlite3.Xsqlite3_errmsg(h.tls, h.db))
	if text != kind {
		kind += ": " + text
	}
	return &sqliteError{int(code), fmt.Sprintf("%s (%d)", kind, code)}
}

// prepared is a statement that was prepared.
type prepared struct {
	*handle
	stmt       uintptr // sqlite3_stmt*
	parameters int
	kinds      kinds // what may be unsaved when it runs
}

func (h *handle) prepare(query string) (*prepared, error) {
	text, err := libc.CString(query)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(h.tls, text)
	at := h.tls.Alloc(wordSize)
	defer h.tls.Free(wordSize)

	const keep = 1 // SQLITE_PREPARE_PERSISTENT
	if err := h.check(sqlite3.Xsqlite3_prepare_v3(h.tls, h.db, text, -1, keep, at, 0)); err != nil {
		return nil, err
	}
	p := &prepared{handle: h, stmt: pointer(libc.GoBytes(at, wordSize)), kinds: kindsIn(query)}
	p.parameters = int(sqlite3.Xsqlite3_bind_parameter_count(h.tls, p.stmt))
	return p, nil
}

func (p *prepared) close() error { return p.check(sqlite3.Xsqlite3_finalize(p.tls, p.stmt)) }

// arg is the value of a parameter.
type arg struct {
	kind argKind
	num  int64  // the bits of a float
	text string // or bytes
}

type argKind uint8

const (
	argNull argKind = iota
	argInt
	argFloat
	argText
	argBytes
)

// static says that a text stays where it is. A statement is never run with the parameters of an earlier run.
const static = 0

// noBytes is where a text of no bytes lies. Without a place, it would be NULL.
var noBytes byte

// bind binds parameters. They must be kept alive until the statement was run.
func (p *prepared) bind(args []arg) error {
	if len(args) < p.parameters {
		return fmt.Errorf("the statement has %d parameters, and gets %d", p.parameters, len(args))
	}
	for i := range p.parameters {
		if err := p.check(p.bindOne(int32(i+1), &args[i])); err != nil {
			return err
		}
	}
	return nil
}

func (p *prepared) bindOne(at int32, a *arg) int32 {
	switch a.kind {
	case argInt:
		return sqlite3.Xsqlite3_bind_int64(p.tls, p.stmt, at, a.num)
	case argFloat:
		return sqlite3.Xsqlite3_bind_double(p.tls, p.stmt, at, math.Float64frombits(uint64(a.num)))
	case argNull:
		return sqlite3.Xsqlite3_bind_null(p.tls, p.stmt, at)
	}
	bytes, n := unsafe.StringData(a.text), int32(len(a.text))
	if n == 0 {
		bytes = &noBytes
	}
	place := uintptr(unsafe.Pointer(bytes))
	if a.kind == argText {
		return sqlite3.Xsqlite3_bind_text(p.tls, p.stmt, at, place, n, static)
	}
	return sqlite3.Xsqlite3_bind_blob(p.tls, p.stmt, at, place, n, static)
}

// step goes to the next row. It reports whether there is one.
func (p *prepared) step() (row bool, err error) {
	code := sqlite3.Xsqlite3_step(p.tls, p.stmt)
	if code == sqlite3.SQLITE_ROW {
		return true, nil
	}
	return false, p.check(code)
}

// reset makes the statement ready for its next use. An error of its last step is known already.
func (p *prepared) reset() { sqlite3.Xsqlite3_reset(p.tls, p.stmt) }

// done is the result of a statement that writes.
type done struct{ seq, changed int }

// run runs a statement to its end.
func (p *prepared) run(args []arg) (done, error) {
	if err := p.bind(args); err != nil {
		return done{}, err
	}
	defer p.reset()
	for {
		if more, err := p.step(); err != nil || !more {
			runtime.KeepAlive(args)
			return done{
				seq:     int(sqlite3.Xsqlite3_last_insert_rowid(p.tls, p.db)),
				changed: int(sqlite3.Xsqlite3_changes64(p.tls, p.db)),
			}, err
		}
	}
}

// value returns a column of the current row, as the driver would.
func (p *prepared) value(column int) driver.Value {
	switch at, kind := p.column(column); kind {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_value_int64(p.tls, at)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_value_double(p.tls, at)
	case sqlite3.SQLITE_TEXT:
		return p.text(column)
	case sqlite3.SQLITE_BLOB:
		return p.blob(column)
	}
	return nil
}

// column returns SQLite's value of a column, and its type.
func (p *prepared) column(column int) (value uintptr, kind int32) {
	value = sqlite3.Xsqlite3_column_value(p.tls, p.stmt, int32(column))
	return value, sqlite3.Xsqlite3_value_type(p.tls, value)
}

// num returns a column that has a number, 0 for others.
func (p *prepared) num(column int) (n int64, ok bool) {
	value, kind := p.column(column)
	if kind != sqlite3.SQLITE_INTEGER {
		return 0, false
	}
	return sqlite3.Xsqlite3_value_int64(p.tls, value), true
}

// text returns a column that has a text, "" for others.
func (p *prepared) text(column int) string {
	value, kind := p.column(column)
	if kind != sqlite3.SQLITE_TEXT {
		return ""
	}
	at := sqlite3.Xsqlite3_value_text(p.tls, value)
	return string(libc.GoBytes(at, int(sqlite3.Xsqlite3_value_bytes(p.tls, value))))
}

// blob returns a column that has bytes, nil for others.
func (p *prepared) blob(column int) []byte {
	value, kind := p.column(column)
	if kind != sqlite3.SQLITE_BLOB {
		return nil
	}
	at := sqlite3.Xsqlite3_value_blob(p.tls, value)
	return append([]byte{}, libc.GoBytes(at, int(sqlite3.Xsqlite3_value_bytes(p.tls, value)))...)
}
