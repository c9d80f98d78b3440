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

// cursor prepares SQL that is composed of filters. The caller must end the cursor.
func (db *DB) cursor(query string) (*cursor, error) {
	stmt, err := db.composed(query)
	return &cursor{prepared: stmt, db: db, query: statement{query, ""}}, err
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
func (c *cursor) end(err error) error { return c.db.endComposed(c.prepared, c.query, err) }
