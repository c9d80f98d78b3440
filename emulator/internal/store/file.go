package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/segmentflow/segmentflow-go/emulator/internal/dbfile"
)

// The emulator inspects a file before it writes anything. A file that is not its own stays unchanged, to the byte.

const magic = "SQLite format 3\x00" // the first bytes of every database

// inspectFile finds out what the file at path is and changes nothing. fresh means that it has no content yet.
func inspectFile(path string) (fresh bool, err error) {
	head, err := readHead(path, os.O_RDWR)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case len(head) == 0:
		return true, nil
	case !bytes.Equal(head, []byte(magic)):
		return false, errors.New("the file is not a database; name another file")
	}

	query, done, err := readOnlyMode(path)
	if err != nil {
		return false, err
	}
	defer done()
	db, err := connect(dbfile.URI(path, query))
	if err != nil {
		return false, err
	}
	defer db.Close()
	return db.inspectSchema()
}

// readHead returns the first bytes of a file. With os.O_RDWR the file must be writable.
func readHead(path string, mode int) ([]byte, error) {
	file, err := os.OpenFile(path, mode, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		if readable, readErr := os.Open(path); readErr == nil {
			_ = readable.Close()
			return nil, fmt.Errorf("the file is read-only (%w); change its permissions, or name another file",
				dbfile.Cause(err))
		}
		return nil, fmt.Errorf("the file cannot be read (%w); change its permissions, or name another file",
			dbfile.Cause(err))
	}
	defer file.Close()

	head := make([]byte, len(magic))
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("the file cannot be read (%w)", dbfile.Cause(err))
	}
	return head[:n], nil
}

// readOnlyMode chooses how SQLite reads a file without changing it or the files next to it. If there is no log, SQLite
// is told that the file never changes. A killed process leaves a log, which may have all the content. Then SQLite
// reads the log too, and readonly_shm keeps the index of the log in memory. In this mode SQLite needs an index file,
// even an empty one. done removes it.
func readOnlyMode(path string) (query string, done func(), err error) {
	noop := func() {}
	if !logHasFrames(path + "-wal") {
		return "mode=ro&immutable=1", noop, nil
	}

	query = "mode=ro&readonly_shm=1"
	index := path + "-shm"
	file, err := os.OpenFile(index, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return query, noop, nil
	}
	if err != nil {
		return "", noop, dbfile.CreateError(index, err)
	}
	return query, func() { _ = os.Remove(index) }, file.Close()
}

// inspectSchema reports whether the database is still empty. It refuses one that is not of this version.
func (db *DB) inspectSchema() (fresh bool, err error) {
	if err := db.script(busyTimeout); err != nil {
		return false, err
	}
	content, err := value[int64](db, `SELECT (SELECT count(*) FROM sqlite_master)
		+ (SELECT user_version <> 0 FROM pragma_user_version)
		+ (SELECT application_id <> 0 FROM pragma_application_id)`)
	if err != nil || content == 0 {
		return err == nil, err // a process killed while it created the file leaves an empty database
	}

	found, err := db.madeBy()
	switch {
	case err != nil:
		return false, err
	case found == "":
		return false, errors.New("the file is a SQLite database, but an emulator did not make it; name another file")
	case found != version():
		return false, fmt.Errorf("the file was made by another version of the emulator: its schema is %s, "+
			"this emulator's is %s; remove the file to start a new world, or use the version that made it",
			found, version())
	}
	return false, nil
}

// madeBy returns the version of the schema of a database, or "" if an emulator did not make it.
func (db *DB) madeBy() (string, error) {
	found, err := value[string](db, "SELECT value FROM meta WHERE key = 'schema'")
	switch {
	case code(err) == sqlite3.SQLITE_ERROR:
		return "", nil // there is no such table, or one with other columns
	case err != nil || found == version():
		return found, err
	}
	tables, err := value[int64](db, `SELECT count(*) FROM sqlite_master WHERE type = 'table'
		AND name IN ('meta', 'organizations', 'profiles', 'email_sends', 'idempotency')`)
	if err != nil || tables != 5 {
		return "", err
	}
	return found, nil
}

// logHasFrames reports whether the log at path may have content. A process that is killed just after it began a log
// leaves the header alone. SQLite ignores such a log, and one whose header is wrong. But with readonly_shm it tries to
// read it for ten seconds, and fails.
func logHasFrames(path string) bool {
	log, err := os.Open(path)
	if err != nil {
		return false
	}
	defer log.Close()

	const magics, least, most = 0x377f0682, 512, 65536 // the last bit of the magic is the order of the bytes
	head := make([]byte, 32+1)                         // the header, and the first byte of a frame
	if _, err := io.ReadFull(log, head); err != nil {
		return false
	}
	page := binary.BigEndian.Uint32(head[8:])
	return binary.BigEndian.Uint32(head)&^1 == magics && page >= least && page <= most && page&(page-1) == 0
}
