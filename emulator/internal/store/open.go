package store

import (
	"bytes"
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

func openMemory() (*DB, error) {
	first, err := empty()
	if err != nil {
		return nil, err
	}
	db, err := openInMemory(first.image)
	if err != nil {
		return nil, err
	}
	db.dueKnown, db.lastKnown, db.sendsKnown = true, true, true // there is nothing
	return db, nil
}

// openInMemory opens a copy of an image.
func openInMemory(image []byte) (*DB, error) {
	first, err := empty()
	if err != nil {
		return nil, err
	}
	fits := first.sharesSchema(image)
	if m := takeIdle(image, fits); m != nil {
		m.load(image)
		db := newDB(m.conn, m.stmts)
		db.memory, db.reusable = m, true
		return db, nil
	}
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	if db.memory = newMemory(db.conn, db.stmts, image); db.memory != nil {
		db.reusable = fits
		return db, nil
	}
	if err := db.conn.(imageConn).Deserialize(image); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// emptyWorld is the image of a world without content.
type emptyWorld struct {
	image  []byte
	schema []int // the pages that have the schema, by their places
}

// empty is made once. Loading it takes a tenth of the time that running the schema takes.
var empty = sync.OnceValues(func() (*emptyWorld, error) {
	db, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	made := &emptyWorld{}
	if err := db.script(schema); err != nil {
		return nil, err
	}
	if made.image, err = db.Image(); err != nil {
		return nil, err
	}
	made.schema = filledPages(made.image)
	if err := (&Tx{db: db}).SetMeta("schema", version); err != nil {
		return nil, err
	}
	made.image, err = db.Image()
	return made, err
})

// sharesSchema reports whether the schema of an image is that of an empty world and lies at the same places. Then the
// statements that were prepared for one fit the other. Nothing but a change of the schema changes its pages.
func (world *emptyWorld) sharesSchema(image []byte) bool {
	if len(image) < len(world.image) ||
		!bytes.Equal(image[headerSchema:headerSchemaEnd], world.image[headerSchema:headerSchemaEnd]) {
		return false
	}
	for _, at := range world.schema {
		from := max(at, headerSize)
		if !bytes.Equal(image[from:at+pageSize], world.image[from:at+pageSize]) {
			return false
		}
	}
	return true
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
