package store

import (
	"crypto/sha256"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"os"
	"sync"

	"modernc.org/sqlite"

	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

//go:embed schema.sql
var schema string

// version identifies schema.sql. A file with another version is refused, because it would be read wrongly.
var version = sync.OnceValue(func() string { return fmt.Sprintf("%x", sha256.Sum256([]byte(schema)))[:12] })

func connect(name string) (*DB, error) {
	conn, err := new(sqlite.Driver).Open(name)
	if err != nil {
		return nil, wrapError("open database", err)
	}
	own, err := rawsql.Of(conn)
	if err != nil {
		return nil, err
	}
	if err := defineFunctions(own); err != nil {
		return nil, errors.Join(err, own.Close())
	}
	return newDB(connection{own, map[statement]*prepared{}}), nil
}

func newDB(c connection) *DB { return &DB{connection: c, save: save} }

func (db *DB) create() error {
	if err := db.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := db.script(schema); err != nil {
		return err
	}
	if err := (&Tx{db: db}).SetMeta("schema", version()); err != nil {
		return err
	}
	return db.script("COMMIT")
}

// Close discards an in-memory database. It leaves a file as it was last committed, and releases its lock.
func (db *DB) Close() error {
	if db.reusable && db.memory.keep() {
		db.connection = connection{}
		return nil
	}
	err := db.close()
	if db.memory != nil {
		db.memory.free()
	}
	if db.abandoned != "" {
		err = errors.Join(err, os.Remove(db.abandoned))
	}
	return errors.Join(err, db.lock.Release())
}

// Abandon is Close for a world that could not be set up. It removes a file that Open created.
func (db *DB) Abandon() error {
	db.abandoned = db.created
	return db.Close()
}
