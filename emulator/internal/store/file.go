package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// A file is looked at before anything is written: one that is not the emulator's stays as it is, to the byte.

// openFile opens the world in a file, or makes one there. Until Close no other emulator can.
func openFile(path string) (*DB, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	lock, err := lock(path)
	if err != nil {
		return nil, err
	}
	db, err := openLocked(path)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	db.lock = lock
	return db, nil
}

func openLocked(path string) (*DB, error) {
	fresh, err := look(path)
	if err != nil {
		return nil, err
	}
	made, err := touch(path)
	if err != nil {
		return nil, err
	}
	db, err := connect(uri(path, "mode=rw"))
	if err != nil {
		return nil, err
	}
	if made {
		db.made = path
	}
	if err := db.prepareFile(fresh); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// touch makes the file if it is missing, and reports whether it was. SQLite gives the files beside it the same mode.
func touch(path string) (made bool, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, cannotMake(path, err)
	}
	return true, f.Close()
}

const busyTimeout = "PRAGMA busy_timeout = 250" // milliseconds; all calls wait behind the one that waits for a lock

func (db *DB) prepareFile(fresh bool) error {
	for _, pragma := range []string{
		busyTimeout, "PRAGMA journal_mode = WAL",
		// A killed process loses nothing with NORMAL; only a machine that loses power may lose the last commits.
		"PRAGMA synchronous = NORMAL",
		// What is deleted is overwritten, so that a deleted person is not left in the file.
		"PRAGMA secure_delete = ON",
	} {
		if err := db.script(pragma); err != nil {
			return err
		}
	}
	db.erases = true
	if !fresh {
		return nil
	}
	return db.create()
}

// uri names a file to SQLite, whatever characters its path has.
func uri(path, query string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}

// resolve returns the one absolute name of a file, whatever relative parts and symbolic links lead to it. The file may
// be missing, its directory may not. What is there must be a regular file.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("the name is empty; name a file, or use :memory: to keep none")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for range 40 { // links to what is missing; more are a circle
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", noDirectory(filepath.Dir(path), err)
		}
		path = filepath.Join(dir, filepath.Base(path))
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", fmt.Errorf("the file cannot be reached (%w)", cause(err))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return "", fmt.Errorf("the link cannot be read (%w)", cause(err))
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			path = target
		case info.IsDir():
			return "", fmt.Errorf("it is a directory; name a file in it, such as %s", filepath.Join(path, "world.db"))
		case !info.Mode().IsRegular():
			return "", errors.New("it is not a regular file; name another one")
		case hardLinks(info) > 1:
			// The lock and the log are found by the file's name. Under two names, two processes could write at once.
			return "", errors.New("the file has several names (hard links); use a copy of it")
		default:
			return path, nil
		}
	}
	return "", errors.New("the symbolic links lead in a circle; name another file")
}

func noDirectory(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist; make it first", dir)
	}
	return fmt.Errorf("the directory %s cannot be used (%w)", dir, cause(err))
}

// cannotMake is the error of a file that the emulator needs and cannot make.
func cannotMake(path string, err error) error {
	if info, statErr := os.Stat(filepath.Dir(path)); statErr == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", filepath.Dir(path))
	}
	return fmt.Errorf("the file %s cannot be made or written (%w); is the directory read-only?", path, cause(err))
}

// cause leaves out of an error of package os which call failed on which path.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

const magic = "SQLite format 3\x00" // the first bytes of every database

// look finds out what the file at path is and changes nothing. fresh says that it has no content yet.
func look(path string) (fresh bool, err error) {
	head, err := header(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case len(head) == 0:
		return true, nil
	case !bytes.Equal(head, []byte(magic)):
		return false, errors.New("the file is not a database; name another one")
	}
	query, done, err := lookMode(path)
	if err != nil {
		return false, err
	}
	defer done()
	db, err := connect(uri(path, query))
	if err != nil {
		return false, err
	}
	defer db.Close()
	return db.inspect()
}

// header returns the first bytes of a file, which must be one that can be written.
func header(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		if readable, readErr := os.Open(path); readErr == nil {
			_ = readable.Close()
			return nil, fmt.Errorf("the file is read-only (%w); change its permissions, or name another one", cause(err))
		}
		return nil, fmt.Errorf("the file cannot be read (%w); change its permissions, or name another one", cause(err))
	}
	defer f.Close()
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("the file cannot be read (%w)", cause(err))
	}
	return head[:n], nil
}

// lookMode chooses how SQLite reads a file without changing it or what stands beside it. Without a log, SQLite takes the
// file for one that never changes. A killed process leaves a log, which may hold everything: it is read too, and
// readonly_shm keeps its index in memory. SQLite then wants to find an index file, even an empty one; done removes it.
func lookMode(path string) (query string, done func(), err error) {
	none := func() {}
	log, err := os.Stat(path + "-wal")
	if err != nil || log.Size() == 0 {
		return "mode=ro&immutable=1", none, nil
	}
	query = "mode=ro&readonly_shm=1"
	index := path + "-shm"
	f, err := os.OpenFile(index, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return query, none, nil
	}
	if err != nil {
		return "", none, cannotMake(index, err)
	}
	return query, func() { _ = os.Remove(index) }, f.Close()
}

// inspect says whether the database is still empty, and refuses one that is not of this version.
func (db *DB) inspect() (fresh bool, err error) {
	if err := db.script(busyTimeout); err != nil {
		return false, err
	}
	content, err := value[int64](db, `SELECT (SELECT count(*) FROM sqlite_master)
		+ (SELECT user_version <> 0 FROM pragma_user_version) + (SELECT application_id <> 0 FROM pragma_application_id)`)
	if err != nil || content == 0 {
		return err == nil, err // a process killed while it made the file leaves an empty database
	}
	const foreign = "the file is a SQLite database but not an emulator's; name another one"
	tables, err := value[int64](db, `SELECT count(*) FROM sqlite_master WHERE type = 'table'
		AND name IN ('meta', 'organizations', 'profiles', 'email_sends', 'idempotency')`)
	if err != nil {
		return false, err
	}
	if tables != 5 {
		return false, errors.New(foreign)
	}
	found, err := value[string](db, "SELECT value FROM meta WHERE key = 'schema'")
	switch {
	case code(err) == sqlite3.SQLITE_ERROR || err == nil && found == "":
		return false, errors.New(foreign)
	case err != nil:
		return false, err
	case found != version:
		return false, fmt.Errorf("the file was made by another version of the emulator: its schema is %s, "+
			"this emulator's is %s; remove the file to begin a new world, or use the version that made it", found, version)
	}
	return false, nil
}
