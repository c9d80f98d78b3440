package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Unavailable is the error of a database that cannot be read or written at the moment, for a reason outside of the
// emulator. The transaction that met it has changed nothing; a later one may succeed.
type Unavailable struct {
	Reason string // why, as a sentence for people without its full stop
}

func (unavailable *Unavailable) Error() string { return unavailable.Reason }

// reasons are SQLite's primary result codes that mean Unavailable.
var reasons = map[int]string{
	sqlite3.SQLITE_BUSY:     "another program has locked the database file",
	sqlite3.SQLITE_LOCKED:   "another program has locked the database file",
	sqlite3.SQLITE_PROTOCOL: "another program has locked the database file",
	sqlite3.SQLITE_FULL:     "there is no space left for the database",
	sqlite3.SQLITE_IOERR:    "the disk fails to read or write the database file",
	sqlite3.SQLITE_NOLFS:    "the file system cannot hold a database file of this size",
	sqlite3.SQLITE_READONLY: "the database file is read-only",
	sqlite3.SQLITE_PERM:     "the database file is read-only",
	sqlite3.SQLITE_CANTOPEN: "the database file or a file beside it cannot be opened",
	sqlite3.SQLITE_CORRUPT:  "the database file is damaged",
	sqlite3.SQLITE_NOTADB:   "the database file is damaged",
}

// code returns SQLite's primary result code of an error, or 0 if it is not SQLite's.
func code(err error) int {
	if sqliteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteErr.Code() & 0xff
	}
	return 0
}

// wrapError turns an error of the driver into words where it is Unavailable, and names the statement where it is a bug.
func wrapError(query string, err error) error {
	if reason := reasons[code(err)]; reason != "" {
		return &Unavailable{reason}
	}
	return fmt.Errorf("%s: %w", query, err)
}

// Plain returns an error of starting on the file at path as a user may see it. What comes from the database names the
// file and has no SQL; other errors stay as they are.
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
	case ok:
		return fmt.Errorf("database %s: %w", path, unavailable)
	case code(err) != 0:
		return fmt.Errorf("database %s: the file does not hold what this emulator wrote; "+
			"remove it to begin a new world", path)
	}
	return fmt.Errorf("database %s: %w", path, err)
}
