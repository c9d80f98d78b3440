package store

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"modernc.org/sqlite"

	"github.com/segmentflow/segmentflow-go/emulator/internal/dbfile"
)

// imageConn is what the driver's connections can do with whole databases.
type imageConn interface {
	driver.Conn
	Serialize() ([]byte, error)
	Deserialize(image []byte) error
	NewBackup(destination string) (*sqlite.Backup, error)
}

// ImageError is the error of an image that no world can be made from.
type ImageError struct{ Reason string }

func (invalid *ImageError) Error() string { return invalid.Reason }

// Image returns the whole world in the format of a database file. It is the file of a database without a log, since an
// image has no second file. It leaves out how often the world was committed, so that to look at the world leaves its
// image the same. As long as nothing is written, the images of a database in memory share their bytes, which must not
// be changed.
func (db *DB) Image() ([]byte, error) {
	changes, err := value[int64](db, "SELECT total_changes()")
	if err != nil {
		return nil, err
	}
	if db.image != nil && db.imageChanges == changes {
		return db.image, nil
	}
	image, err := db.bytes()
	if err != nil {
		return nil, wrapError("serialize", err)
	}
	db.image, db.imageChanges = nil, changes
	if db.path == "" {
		db.image = image
	}
	copy(image[headerFormat:], withoutLog)
	copy(image[headerChanges:], []byte{0, 0, 0, 1})
	copy(image[headerValid:], []byte{0, 0, 0, 1})
	return image, nil
}

// bytes returns a copy of the bytes of the database.
func (db *DB) bytes() ([]byte, error) {
	if db.memory != nil {
		return db.memory.image(), nil
	}
	return db.own.Driver.(imageConn).Serialize()
}

// OpenImage opens a copy of an image in memory. An image is known if this process has made it; others are checked page
// by page.
func OpenImage(image []byte, known bool) (*DB, error) {
	image, err := readable(image)
	if err != nil {
		return nil, err
	}
	db, err := openInMemory(image)
	if err != nil {
		return nil, err
	}
	if known {
		return db, nil
	}
	if err := db.inspectImage(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// readable checks the size of an image, and returns it as one without a log.
func readable(image []byte) ([]byte, error) {
	switch {
	case len(image) == 0:
		return nil, ErrEmptyImage
	case len(image) < headerSize || string(image[:len(magic)]) != magic:
		return nil, &ImageError{"it is not an image: an image is a SQLite database that an emulator made; " +
			"use one that Snapshot or ReadImage has returned"}
	}
	number := binary.BigEndian.Uint32
	pages, noted := number(image[headerPages:]), number(image[headerChanges:]) == number(image[headerValid:])
	if noted && int(pages)*pageSize > len(image) {
		return nil, &ImageError{fmt.Sprintf("the image is cut off: it should have %d bytes, and has %d; "+
			"read all of it, or make it again with Snapshot",
			int(pages)*pageSize, len(image))}
	}
	if binary.BigEndian.Uint16(image[headerPageSize:]) != pageSize {
		return nil, errForeign
	}
	if len(image)%pageSize != 0 {
		return nil, errDamaged
	}
	if string(image[headerFormat:headerFormat+2]) != withoutLog { // the bytes of a database file
		image = slices.Clone(image)
		copy(image[headerFormat:], withoutLog)
	}
	return image, nil
}

// ErrEmptyImage is the error of an image without content.
var ErrEmptyImage = &ImageError{"the image is empty; use one that Snapshot or ReadImage has returned"}

var (
	errForeign = &ImageError{"the image is a SQLite database that an emulator did not make; " +
		"use one that Snapshot or ReadImage has returned"}
	errDamaged = &ImageError{"the image is damaged; make it again with Snapshot"}
)

// inspectImage checks that a database, opened from an image, has a world.
func (db *DB) inspectImage() error {
	found, err := db.madeBy()
	switch {
	case err != nil:
		return damaged(err)
	case found == "":
		return errForeign
	case found != version():
		return &ImageError{fmt.Sprintf("another version of the emulator made the image: its schema is %s, "+
			"this emulator's is %s; make the image again, or use the version that made it", found, version())}
	}
	begins, err := value[string](db, identity)
	switch {
	case err != nil:
		return damaged(err)
	case begins == "none":
		return &ImageError{"the image has no world; the emulator that wrote it was stopped while it started"}
	case begins == "broken":
		return errDamaged
	}
	result, err := value[string](db, "PRAGMA quick_check(1)")
	if err == nil && result != "ok" {
		return errDamaged
	}
	return damaged(err)
}

// identity says whether an image has what a world begins with: "none" without an Organization or a secret, "broken" if
// a value is not in its form or the Organization is missing. It is one statement, since to prepare a statement takes
// longer than to run it.
const identity = `SELECT CASE
	WHEN count(*) FILTER (WHERE key IN ('organization', 'secret')) < 2 THEN 'none'
	WHEN count(*) FILTER (WHERE CASE key
		WHEN 'organization' THEN value NOT IN (SELECT id FROM organizations)
		WHEN 'secret' THEN coalesce(length(unhex(value)), 0) = 0
		WHEN 'now' THEN julianday(value) IS NULL
		WHEN 'memory' THEN unhex(coalesce(value ->> 'ids', '')) IS NULL
		END) > 0 THEN 'broken'
	ELSE 'whole' END FROM meta`

func damaged(err error) error {
	if _, ok := errors.AsType[*Unavailable](err); ok || code(err) != 0 {
		return errDamaged
	}
	return err
}

// Replace makes the content of a file that of another database, in one transaction: a process that is killed leaves
// the old content or the new.
func (db *DB) Replace(by *DB) error {
	backup, err := by.own.Driver.(imageConn).NewBackup(dbfile.URI(db.path, "mode=rw&_pragma=busy_timeout(250)"))
	if err != nil {
		return wrapError("replace", err)
	}
	_, err = backup.Step(-1)
	if err = errors.Join(err, backup.Finish()); err != nil {
		return wrapError("replace", err)
	}
	db.dueKnown, db.lastKnown, db.sendsKnown, db.logDirty = false, false, false, db.secureDelete
	db.counted, db.unsaved.lastRun, db.lastEvent = counted{}, 0, 0
	db.wipe()
	return nil
}

// WriteImage writes an image to a new file. The file appears with all of its content, or not at all.
func WriteImage(path string, image []byte) error {
	db, err := OpenImage(image, false)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	path, err = dbfile.Resolve(path)
	if err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-journal"} {
		if _, err := os.Lstat(name); err == nil {
			return existsError(name)
		}
	}

	image, err = readable(image)
	if err != nil {
		return err
	}
	temporary, err := writeTemporary(filepath.Dir(path), image)
	if err != nil {
		return dbfile.CreateError(path, err)
	}
	err = os.Link(temporary, path) // unlike a rename, it replaces nothing
	if err != nil && !errors.Is(err, fs.ErrExist) {
		if err = os.Rename(temporary, path); err == nil { // the file system has no links
			return nil
		}
		err = dbfile.CreateError(path, err)
	}
	if errors.Is(err, fs.ErrExist) {
		err = existsError(path)
	}
	return errors.Join(err, os.Remove(temporary))
}

func existsError(path string) error {
	return fmt.Errorf("the file %s exists; remove it, or name another file", path)
}

// writeTemporary writes a file that has no name yet that anyone uses, and returns its path.
func writeTemporary(dir string, content []byte) (path string, err error) {
	file, err := os.CreateTemp(dir, ".segmentflow-*.tmp")
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// ReadImage returns the image of the world in a file. It changes neither the file nor those next to it.
func ReadImage(path string) (image []byte, err error) {
	path, err = dbfile.Resolve(path)
	if err != nil {
		return nil, err
	}
	head, err := readHead(path, os.O_RDONLY)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("the file does not exist; Image.WriteTo writes one")
	case err != nil:
		return nil, err
	case !bytes.Equal(head, []byte(magic)):
		_, err := readable(head)
		return nil, err
	}
	if raw, err := os.ReadFile(path); err != nil || !logHasFrames(path+"-wal") {
		return whole(raw, err)
	}

	query, done, err := readOnlyMode(path)
	if err != nil {
		return nil, err
	}
	defer done()
	db, err := connect(dbfile.URI(path, query))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return whole(db.Image())
}

// whole returns an image that was read, after it was checked.
func whole(image []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	db, err := OpenImage(image, false)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Image()
}
