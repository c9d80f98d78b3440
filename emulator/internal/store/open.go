package store

import (
	"errors"
	"sync"
)

// Open opens the world in the file at path, or makes one where there is none. A path ":memory:" makes one that lives as
// long as the DB does. Every error names the path, and says what is wrong in words.
func Open(path string) (*DB, error) {
	if path == ":memory:" {
		return openMemory()
	}
	db, err := openFile(path)
	if err != nil {
		return nil, withPath(path, err)
	}
	return db, nil
}

// image is the empty world, serialized: loading it costs a tenth of running the schema.
var image = sync.OnceValues(func() ([]byte, error) {
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.create(); err != nil {
		return nil, err
	}
	return db.Serialize()
})

func openMemory() (*DB, error) {
	empty, err := image()
	if err != nil {
		return nil, err
	}
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	err = db.conn.(interface{ Deserialize([]byte) error }).Deserialize(empty)
	if err == nil {
		// Nobody else sees this database, so its lock is kept. A plain in-memory one would copy fewer pages at a commit, but
		// SQLite then walks them all whenever an index page was split: it slows down as the world grows.
		err = db.script("PRAGMA locking_mode = EXCLUSIVE")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.dueKnown, db.lastKnown = true, true // there are no tasks
	return db, nil
}

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
	fresh, err := inspectFile(path)
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
		db.created = path
	}
	if err := db.prepareFile(fresh); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

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
	db.secureDelete = true
	if !fresh {
		return nil
	}
	return db.create()
}
