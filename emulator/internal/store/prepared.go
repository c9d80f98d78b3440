package store

import "github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"

// connection is a connection, and the statements that were prepared on it.
type connection struct {
	own   *rawsql.Conn
	stmts map[statement]*prepared
}

func (c connection) close() error {
	for _, stmt := range c.stmts {
		_ = stmt.Close()
	}
	return c.own.Close()
}

// prepared is a statement that was prepared.
type prepared struct {
	*rawsql.Statement
	kinds kinds // what may be unsaved when it runs
}

func (c connection) prepare(query string) (*prepared, error) {
	stmt, err := c.own.Prepare(query)
	if err != nil {
		return nil, err
	}
	return &prepared{stmt, kindsIn(query)}, nil
}
