package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

// Unavailable is the error of a database that cannot be read or written at the moment, for a reason outside of the
// emulator. The transaction that got it has changed nothing. A later one may succeed.
type Unavailable struct {
	Reason string // a sentence for people, without a full stop
}

func (unavailable *Unavailable) Error() string { return unavailable.Reason }

// reasons are SQLite's primary result codes that mean Unavailable.
var reasons = map[int]string{
	sqlite3.SQLITE_BUSY:     "another program has locked the database file",
	sqlite3.SQLITE_LOCKED:   "another program has locked the database file",
	sqlite3.SQLITE_PROTOCOL: "another program has locked the database file",
	sqlite3.SQLITE_FULL:     "there is no space left for the database",
	sqlite3.SQLITE_IOERR:    "the disk failed to read or write the database file",
	sqlite3.SQLITE_NOLFS:    "the file system does not support a database file of this size",
	sqlite3.SQLITE_READONLY: "the database file is read-only",
	sqlite3.SQLITE_PERM:     "the database file is read-only",
	sqlite3.SQLITE_CANTOPEN: "the database file or a file next to it cannot be opened",
	sqlite3.SQLITE_CORRUPT:  "the database file is damaged",
	sqlite3.SQLITE_NOTADB:   "the database file is damaged",
}

// code returns SQLite's primary result code of an error, or 0 if it is not SQLite's.
func code(err error) int {
	if failed, ok := errors.AsType[*sqlite.Error](err); ok {
		return failed.Code() & 0xff
	}
	if failed, ok := errors.AsType[*rawsql.Error](err); ok {
		return failed.Code & 0xff
	}
	return 0
}

// wrapError turns an error of the driver into an Unavailable if it is one. Otherwise it is a bug, and wrapError adds
// the statement to the error.
func wrapError(query string, err error) error {
	if reason := reasons[code(err)]; reason != "" {
		return &Unavailable{reason}
	}
	return fmt.Errorf("%s: %w", query, err)
}

// Plain returns an error of starting the emulator with the file at path, worded for users. An error of the database
// names the file and has no SQL. Other errors are returned unchanged.
func Plain(path string, err error) error {
	if _, ok := errors.AsType[*Unavailable](err); !ok && code(err) == 0 {
		return err
	}
	return withPath(path, err)
}

func withPath(path string, err error) error {
	unavailable, ok := errors.AsType[*Unavailable](err)
	switch {
	case ok && unavailable.Reason == reasons[sqlite3.SQLITE_BUSY]:
		return fmt.Errorf("database %s: %w; close it there and start again", path, unavailable)
	case ok && unavailable.Reason == reasons[sqlite3.SQLITE_CORRUPT]:
		return fmt.Errorf("database %s: %w; remove it to start a new world, or name another file", path, unavailable)
	case ok:
		return fmt.Errorf("database %s: %w", path, unavailable)
	case code(err) != 0:
		return fmt.Errorf("database %s: the file does not contain what this emulator wrote; "+
			"remove it to start a new world", path)
	}
	return fmt.Errorf("database %s: %w", path, err)
}
