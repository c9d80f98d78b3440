package store

import "time"

// Tx is one transaction: all that one act reads and writes. Now is the time of the act, Org the Organization it acts
// for.
type Tx struct {
	db  *DB
	Now time.Time
	Org string
	// Cause is what led to the act, while Journeys react to what Journeys did. It is "" until there is something to
	// name, and CauseTimer if a timer started it. Tasks that are due at once inherit it.
	Cause string
	// NewID makes the next uuid.
	NewID  func() string
	dueNow []Task // due now and not yet rows, in their order
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.db.exec(query, args...)
	return err
}

// texts reads a column of text.
func (tx *Tx) texts(query string, args ...any) ([]string, error) {
	list := []string{}
	err := tx.db.query(func(r *row) error { list = append(list, r.str()); return nil }, query, args...)
	return list, err
}
