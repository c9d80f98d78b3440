package store

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"reflect"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A database in memory is a file whose bytes this package has. Left to itself, SQLite doubles such a file when it is
// full, and so needs three times its size for a moment. Here it lies at the front of addresses that are reserved: they
// take no memory before they are used, and nothing is ever copied.
//
// A new connection costs much more than a new file, since all statements must be prepared again. So the connection of a
// world that ended is kept, and the next world's image is written over its file. To SQLite this looks like a change by
// another process: it drops the pages that it knows, and keeps its statements, as the schema is the same.

// memory is a database in memory and the connection to it.
type memory struct {
	conn   driver.Conn
	stmts  map[statement]*prepared
	file   []byte // its bytes, at the front of the reserved addresses; nil if none can be reserved here
	used   int    // how many of them worlds that ended have used
	tls    *libc.TLS
	handle uintptr // sqlite3*
}

const (
	// memorySize is how large SQLite believes the file of a small world to be, in bytes. So the image of another small
	// world fits. What is not used takes no memory. With more pages than this SQLite keeps slower lists of pages.
	memorySize = 15 << 20

	maxIdle      = 16       // connections that wait for the next world
	maxIdleBytes = 64 << 20 // what their files have
)

// idle are the connections of worlds that ended. What they have left in memory is not read any more.
var idle struct {
	mu    sync.Mutex
	list  []*memory
	bytes int
}

func takeIdle(image []byte, fits bool) *memory {
	if !fits || len(image) > memorySize {
		return nil
	}
	idle.mu.Lock()
	defer idle.mu.Unlock()
	last := len(idle.list) - 1
	if last < 0 {
		return nil
	}
	m := idle.list[last]
	idle.list = idle.list[:last]
	idle.bytes -= m.used
	return m
}

// keep keeps the connection for the next world, and reports whether it did. It keeps none that may still be in use, and
// none whose file has become large.
func (m *memory) keep() bool {
	if m.size() > memorySize || sqlite3.Xsqlite3_txn_state(m.tls, m.handle, 0) != 0 {
		return false
	}
	m.used = max(m.used, m.size())
	idle.mu.Lock()
	defer idle.mu.Unlock()
	if len(idle.list) == maxIdle || idle.bytes+m.used > maxIdleBytes {
		return false
	}
	idle.list = append(idle.list, m)
	idle.bytes += m.used
	return true
}

// newMemory makes an image the content of a new connection. It returns nil if the bytes cannot be known here; then the
// connection is still empty.
func newMemory(conn driver.Conn, stmts map[statement]*prepared, image []byte) *memory {
	handle, ok := handleOf(conn)
	if !ok {
		return nil
	}
	file, err := reserve()
	if err != nil {
		return nil
	}
	m := &memory{conn: conn, stmts: stmts, file: file, tls: libc.NewTLS(), handle: handle}
	copy(file, image)
	size := max(len(image), memorySize)
	code := sqlite3.Xsqlite3_deserialize(m.tls, handle, sqlite3.Xsqlite3_db_name(m.tls, handle, 0),
		uintptr(unsafe.Pointer(unsafe.SliceData(file))), int64(size), int64(len(file)), 0)
	if code != sqlite3.SQLITE_OK {
		m.free()
		return nil
	}
	return m
}

// handleOf returns the sqlite3* of a connection, which the driver does not export.
func handleOf(conn driver.Conn) (handle uintptr, ok bool) {
	field := reflect.ValueOf(conn).Elem().FieldByName("db")
	if field.Kind() != reflect.Uintptr {
		return 0, false
	}
	return uintptr(field.Uint()), true
}

// load writes an image over the file. No statement may be in use.
func (m *memory) load(image []byte) {
	changes := binary.BigEndian.Uint32(m.file[headerChanges:]) + 1
	copy(m.file, image)
	binary.BigEndian.PutUint32(m.file[headerChanges:], changes)
	binary.BigEndian.PutUint32(m.file[headerValid:], changes)
}

// size returns how many bytes of the file the world has.
func (m *memory) size() int { return int(binary.BigEndian.Uint32(m.file[headerPages:])) * pageSize }

// image returns a copy of the file.
func (m *memory) image() []byte { return bytes.Clone(m.file[:m.size()]) }

// free gives back the memory. The connection must be closed.
func (m *memory) free() {
	m.tls.Close()
	_ = release(m.file)
}

// filledPages returns the pages that have something, by their places.
func filledPages(image []byte) (pages []int) {
	for at := 0; at < len(image); at += pageSize {
		header := at
		if at == 0 {
			header = headerSize
		}
		if cells := binary.BigEndian.Uint16(image[header+pageCells:]); cells > 0 {
			pages = append(pages, at)
		}
	}
	return pages
}

// Places in the header of a database, as SQLite documents them.
const (
	headerPageSize  = 16 // two bytes
	headerFormat    = 18 // two bytes: withoutLog, or 2 and 2
	headerChanges   = 24 // four bytes: how often the file was changed
	headerPages     = 28 // four bytes: how many pages it has
	headerSchema    = 40 // what statements depend on, such as how often the schema was changed
	headerSchemaEnd = 72
	headerValid     = 92  // four bytes: the changes at which that was noted
	headerSize      = 100 // bytes of the header

	pageCells = 3 // two bytes in the header of a page: how many cells it has

	pageSize   = 4096
	withoutLog = "\x01\x01"
)
