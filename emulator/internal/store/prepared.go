package store

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
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
	tls *libc.TLS
	db  uintptr // sqlite3*
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
	return &handle{libc.NewTLS(), uintptr(field.Uint())}, nil
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
	const size = int(unsafe.Sizeof(uintptr(0)))
	at := h.tls.Alloc(size)
	defer h.tls.Free(size)

	const keep = 1 // SQLITE_PREPARE_PERSISTENT
	if err := h.check(sqlite3.Xsqlite3_prepare_v3(h.tls, h.db, text, -1, keep, at, 0)); err != nil {
		return nil, err
	}
	p := &prepared{handle: h, kinds: kindsIn(query)}
	if raw := libc.GoBytes(at, size); size == 8 {
		p.stmt = uintptr(binary.NativeEndian.Uint64(raw))
	} else {
		p.stmt = uintptr(binary.NativeEndian.Uint32(raw))
	}
	p.parameters = int(sqlite3.Xsqlite3_bind_parameter_count(h.tls, p.stmt))
	return p, nil
}

func (p *prepared) close() error { return p.check(sqlite3.Xsqlite3_finalize(p.tls, p.stmt)) }

// transient makes SQLite copy a text before the call returns.
const transient = ^uintptr(0)

// noBytes is where a text of no bytes lies. Without a place, it would be NULL.
var noBytes byte

// place returns where bytes lie.
func place(bytes *byte, n int) uintptr {
	if n == 0 {
		bytes = &noBytes
	}
	return uintptr(unsafe.Pointer(bytes))
}

func (p *prepared) bind(args []driver.NamedValue) error {
	if len(args) < p.parameters {
		return fmt.Errorf("the statement has %d parameters, and gets %d", p.parameters, len(args))
	}
	for i := range p.parameters {
		var code int32
		at := int32(i + 1)
		switch v := args[i].Value.(type) {
		case nil:
			code = sqlite3.Xsqlite3_bind_null(p.tls, p.stmt, at)
		case int64:
			code = sqlite3.Xsqlite3_bind_int64(p.tls, p.stmt, at, v)
		case float64:
			code = sqlite3.Xsqlite3_bind_double(p.tls, p.stmt, at, v)
		case string:
			text := place(unsafe.StringData(v), len(v))
			code = sqlite3.Xsqlite3_bind_text(p.tls, p.stmt, at, text, int32(len(v)), transient)
		case []byte:
			blob := place(unsafe.SliceData(v), len(v))
			code = sqlite3.Xsqlite3_bind_blob(p.tls, p.stmt, at, blob, int32(len(v)), transient)
		default:
			return fmt.Errorf("a parameter cannot be a %T", v)
		}
		if err := p.check(code); err != nil {
			return err
		}
	}
	runtime.KeepAlive(args)
	return nil
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
func (p *prepared) run(args []driver.NamedValue) (done, error) {
	if err := p.bind(args); err != nil {
		return done{}, err
	}
	defer p.reset()
	for {
		if more, err := p.step(); err != nil || !more {
			return done{
				seq:     int(sqlite3.Xsqlite3_last_insert_rowid(p.tls, p.db)),
				changed: int(sqlite3.Xsqlite3_changes64(p.tls, p.db)),
			}, err
		}
	}
}

// value returns a column of the current row, as the driver would.
func (p *prepared) value(column int) driver.Value {
	switch i := int32(column); sqlite3.Xsqlite3_column_type(p.tls, p.stmt, i) {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_column_int64(p.tls, p.stmt, i)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_column_double(p.tls, p.stmt, i)
	case sqlite3.SQLITE_TEXT:
		return p.text(column)
	case sqlite3.SQLITE_BLOB:
		return p.blob(column)
	}
	return nil
}

// num returns a column that has a number, 0 for others.
func (p *prepared) num(column int) (n int64, ok bool) {
	i := int32(column)
	if sqlite3.Xsqlite3_column_type(p.tls, p.stmt, i) != sqlite3.SQLITE_INTEGER {
		return 0, false
	}
	return sqlite3.Xsqlite3_column_int64(p.tls, p.stmt, i), true
}

// text returns a column that has a text, "" for others.
func (p *prepared) text(column int) string {
	i := int32(column)
	if sqlite3.Xsqlite3_column_type(p.tls, p.stmt, i) != sqlite3.SQLITE_TEXT {
		return ""
	}
	at := sqlite3.Xsqlite3_column_text(p.tls, p.stmt, i)
	return string(libc.GoBytes(at, int(sqlite3.Xsqlite3_column_bytes(p.tls, p.stmt, i))))
}

// blob returns a column that has bytes, nil for others.
func (p *prepared) blob(column int) []byte {
	i := int32(column)
	if sqlite3.Xsqlite3_column_type(p.tls, p.stmt, i) != sqlite3.SQLITE_BLOB {
		return nil
	}
	at := sqlite3.Xsqlite3_column_blob(p.tls, p.stmt, i)
	return append([]byte{}, libc.GoBytes(at, int(sqlite3.Xsqlite3_column_bytes(p.tls, p.stmt, i)))...)
}
