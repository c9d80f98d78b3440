package store

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

// cursor is a composed statement. Its rows can be read one by one, beside those of other cursors.
type cursor struct {
	*prepared
	db    *DB
	query statement
	args  []rawsql.Arg // of the current run
}

// composed prepares SQL that is composed of filters. The caller must end the cursor.
func (db *DB) composed(query string) (*cursor, error) {
	if db.broken != nil {
		return nil, db.broken
	}
	if kindsIn(query)&db.unsaved.kinds() != 0 {
		if err := db.save(db); err != nil {
			return nil, err
		}
	}
	c := &cursor{db: db, query: statement{query, ""}}
	stmt, err := db.prepare(query)
	if err != nil {
		return nil, db.recordError(c.query, err)
	}
	c.prepared = stmt
	return c, nil
}

// start goes before the first row, with new arguments.
func (c *cursor) start(args []any) error {
	c.Reset()
	c.args = slices.Clone(c.db.bind(args)) // the next statement reuses the list
	if err := c.Bind(c.args); err != nil {
		return c.db.recordError(c.query, err)
	}
	return nil
}

// next goes to the next row, and reports whether there is one.
func (c *cursor) next() (bool, error) {
	more, err := c.Step()
	if err != nil {
		return false, c.db.recordError(c.query, err)
	}
	return more, nil
}

// end frees the statement. It returns err or, if that is nil, the error of the end.
func (c *cursor) end(err error) error {
	closing := c.Close()
	if err == nil && closing != nil {
		return c.db.recordError(c.query, closing)
	}
	return err
}
