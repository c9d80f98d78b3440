package store

import (
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
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
	connection
	file []byte // its bytes, at the front of the reserved addresses
	used int    // how many of them worlds that ended have used
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
	if m.size() > memorySize || m.own.InTransaction() {
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

// newMemory makes an image the content of a new connection. It returns nil if no addresses can be reserved; then the
// connection is still empty.
func newMemory(c connection, image []byte) *memory {
	file, err := rawsql.Reserve()
	if err != nil {
		return nil
	}
	put(file, image)
	m := &memory{connection: c, file: file}
	if !c.own.Deserialize(file, max(len(image), memorySize)) {
		m.free()
		return nil
	}
	return m
}

// load writes an image over the file. No statement may be in use.
func (m *memory) load(image []byte) {
	changes := binary.BigEndian.Uint32(m.file[headerChanges:]) + 1
	put(m.file, image)
	binary.BigEndian.PutUint32(m.file[headerChanges:], changes)
	binary.BigEndian.PutUint32(m.file[headerValid:], changes)
}

// put writes an image over the front of a file, that of an empty world if the image is nil.
func put(file, image []byte) {
	if image == nil {
		empty().write(file)
		return
	}
	copy(file, image)
}

// size returns how many bytes of the file the world has.
func (m *memory) size() int { return int(binary.BigEndian.Uint32(m.file[headerPages:])) * pageSize }

// image returns a copy of the file.
func (m *memory) image() []byte { return bytes.Clone(m.file[:m.size()]) }

// free gives back the memory. The connection must be closed.
func (m *memory) free() { _ = rawsql.Release(m.file) }

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
