package store

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/dbfile"
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

func openMemory() (*DB, error) {
	db, err := openInMemory(nil)
	if err != nil {
		return nil, err
	}
	db.dueKnown, db.lastKnown, db.sendsKnown = true, true, true // there is nothing
	return db, nil
}

// openInMemory opens a copy of an image, or an empty world if there is none.
func openInMemory(image []byte) (*DB, error) {
	fits := image == nil || sharesSchema(image)
	if m := takeIdle(image, fits); m != nil {
		m.load(image)
		db := newDB(m.connection)
		db.memory, db.reusable = m, true
		return db, nil
	}
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	if db.memory = newMemory(db.connection, image); db.memory != nil {
		db.reusable = fits
		return db, nil
	}
	if image == nil {
		image = emptyImage()
	}
	if err := db.own.Driver.(imageConn).Deserialize(image); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openFile opens the world in a file, or creates one there. No other emulator can open it until Close.
func openFile(path string) (*DB, error) {
	path, err := dbfile.Resolve(path)
	if err != nil {
		return nil, err
	}

	lock, err := dbfile.Take(path)
	if err != nil {
		return nil, err
	}
	db, err := openLocked(path)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	db.lock = lock
	return db, nil
}

func openLocked(path string) (*DB, error) {
	fresh, err := inspectFile(path)
	if err != nil {
		return nil, err
	}
	made, err := dbfile.Touch(path)
	if err != nil {
		return nil, err
	}
	db, err := connect(dbfile.URI(path, "mode=rw"))
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
