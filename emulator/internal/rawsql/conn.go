// Package rawsql calls SQLite itself where the driver is slow. It has no SQL.
//
// The driver opens connections and registers functions. It asks for the name of each parameter and column at each call,
// and allocates memory for each text. That is half the time of a small query.
package rawsql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Conn is a connection of the driver, together with SQLite's own handle of it. It is not safe for concurrent use.
type Conn struct {
	Driver driver.Conn

	tls   *libc.TLS
	db    uintptr // sqlite3*
	mutex uintptr // that was taken from the connection

	functions []entry // that SQLite has the addresses of
}

var errDriver = errors.New("this version of modernc.org/sqlite keeps its connection elsewhere; " +
	"use the version in the go.mod of the emulator, or a version of the emulator that knows it")

// Of returns the Conn of a connection, which it takes over. The driver does not export the handle.
func Of(conn driver.Conn) (*Conn, error) {
	field := reflect.ValueOf(conn).Elem().FieldByName("db")
	if field.Kind() != reflect.Uintptr {
		return nil, errors.Join(errDriver, conn.Close())
	}
	c := &Conn{Driver: conn, tls: libc.NewTLS(), db: uintptr(field.Uint())}
	c.swapMutex()
	return c, nil
}

// Close closes the connection. Its statements must be closed.
func (c *Conn) Close() error {
	c.swapMutex() // SQLite frees it
	err := c.Driver.Close()
	c.tls.Close()
	return err
}

// swapMutex gives the connection another mutex. SQLite enters it two or three times for each parameter and column. A
// Conn is used by one goroutine at a time, so between its start and its end it needs none. SQLite has a flag for that,
// SQLITE_OPEN_NOMUTEX, but the driver sets the opposite one.
func (c *Conn) swapMutex() {
	const place = 3 // words before it in sqlite3: pVfs, pVdbe and pDfltColl
	has := sqlite3.Xsqlite3_db_mutex(c.tls, c.db)
	if word := libc.GoBytes(c.db+place*uintptr(wordSize), wordSize); pointer(word) == has {
		copy(word, unsafe.Slice((*byte)(unsafe.Pointer(&c.mutex)), wordSize))
		c.mutex = has
	}
}

const wordSize = int(unsafe.Sizeof(uintptr(0)))

// pointer returns the pointer in a word.
func pointer(word []byte) (at uintptr) {
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&at)), wordSize), word)
	return at
}

// InTransaction reports whether a transaction is open.
func (c *Conn) InTransaction() bool { return sqlite3.Xsqlite3_txn_state(c.tls, c.db, 0) != 0 }

// Deserialize makes the front of file the database, and reports whether it could. The database can become as large as
// file. SQLite neither copies nor frees it.
func (c *Conn) Deserialize(file []byte, size int) bool {
	return sqlite3.Xsqlite3_deserialize(c.tls, c.db, sqlite3.Xsqlite3_db_name(c.tls, c.db, 0),
		uintptr(unsafe.Pointer(unsafe.SliceData(file))), int64(size), int64(len(file)), 0) == sqlite3.SQLITE_OK
}

// Error is an error of SQLite, in the words of the driver.
type Error struct {
	Code int
	text string
}

func (failed *Error) Error() string { return failed.text }

// check returns the error of a result code, nil if the code is none.
func (c *Conn) check(code int32) error {
	switch code {
	case sqlite3.SQLITE_OK, sqlite3.SQLITE_ROW, sqlite3.SQLITE_DONE:
		return nil
	}
	kind := libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, code))
	text := libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))
	if text != kind {
		kind += ": " + text
	}
	return &Error{int(code), fmt.Sprintf("%s (%d)", kind, code)}
}
