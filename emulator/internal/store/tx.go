package store

import "time"

// Tx is one transaction: all that one act reads and writes. Now is the act's instant, Org the Organization it acts for.
type Tx struct {
	db  *DB
	Now time.Time
	Org string
	// Cause names what the act goes back to while Journeys react to what Journeys did; "" until there is something to name,
	// and CauseTimer where a timer began it. Tasks that are due at once inherit it.
	Cause string
	// NewID makes the next uuid.
	NewID  func() string
	dueNow []Task // due now and no rows yet, in their order
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
