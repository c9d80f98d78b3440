package store

import (
	"errors"
	"sync"
)

// Open opens the world in the file at path, or creates one if there is no file. The path ":memory:" creates a world
// that lives as long as the DB. Every error names the path and says what is wrong.
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

// empty is the image of an empty world. Loading it takes a tenth of the time that running the schema takes.
var empty = sync.OnceValues(func() ([]byte, error) {
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.create(); err != nil {
		return nil, err
	}
	return db.Image()
})

func openMemory() (*DB, error) {
	image, err := empty()
	if err != nil {
		return nil, err
	}
	db, err := openInMemory(image)
	if err != nil {
		return nil, err
	}
	db.dueKnown, db.lastKnown = true, true // there are no tasks
	return db, nil
}

// openInMemory opens a copy of an image.
func openInMemory(image []byte) (*DB, error) {
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}

	err = db.conn.(imageConn).Deserialize(image)
	if err == nil {
		// No one else uses this database, so it keeps its lock. A plain in-memory database would copy fewer pages at a
		// commit. But then SQLite walks all of them whenever an index page was split, so it slows down as the world
		// grows.
		err = db.script("PRAGMA locking_mode = EXCLUSIVE")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openFile opens the world in a file, or creates one there. No other emulator can open it until Close.
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
	if db.path = path; made {
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
		// With NORMAL, a killed process loses nothing. Only a machine that loses power may lose the last commits.
		"PRAGMA synchronous = NORMAL",
		// Deleted content is overwritten, so that the data of a deleted person does not stay in the file.
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
