package store

// This file has what the overview of the dashboard counts and lists. It reads a bounded number of rows, so that the
// page costs the same in a large world.

// Countable is how far the overview counts.
const Countable = 10_000

// CountNewestSends counts the newest EmailSends, at most Countable of them, by status.
func (tx *Tx) CountNewestSends() (map[string]int, error) {
	counts := map[string]int{}
	err := tx.db.query(func(r *row) error { counts[r.str()] = r.num(); return nil },
		`SELECT status, count(*) FROM (SELECT status FROM email_sends WHERE org = ? ORDER BY seq DESC LIMIT ?)
		GROUP BY status`, tx.Org, Countable)
	return counts, err
}

// CountSome counts the Profiles, the UserEvents and the runs under way. A count above Countable is Countable + 1.
func (tx *Tx) CountSome() (profiles, events, runs int, err error) {
	err = tx.db.query(func(r *row) error { profiles, events, runs = r.num(), r.num(), r.num(); return nil }, `SELECT
		(SELECT count(*) FROM (SELECT 1 FROM profiles WHERE org = ?1 AND deleted_at IS NULL LIMIT ?2)),
		(SELECT count(*) FROM (SELECT 1 FROM user_events WHERE org = ?1 LIMIT ?2)),
		(SELECT count(*) FROM (SELECT 1 FROM runs WHERE journey_id IN (SELECT packed(id) FROM journeys WHERE org = ?1)
			AND status IN ('q', 'r') LIMIT ?2))`, tx.Org, Countable+1)
	return profiles, events, runs, err
}

// LatelyRefused returns the newest EmailSends that ended Skipped or Failed, newest first, if they are among the newest
// Countable.
func (tx *Tx) LatelyRefused(limit int) ([]EmailSend, error) {
	return sends.all(tx, `WHERE s.org = ? AND s.status IN ('`+SendSkipped+"', '"+SendFailed+`')
		AND s.seq > (SELECT max(seq) FROM email_sends) - ? ORDER BY s.seq DESC LIMIT ?`, tx.Org, Countable, limit)
}

// NextTasks returns the tasks that are due next.
func (tx *Tx) NextTasks(limit int) ([]Task, error) {
	return tasks.all(tx, "WHERE org = ? ORDER BY due, seq LIMIT ?", packed(tx.Org), limit)
}

// RepliesTo returns the bodies of the replies to all calls with an idempotency key.
func (tx *Tx) RepliesTo(key string) ([]string, error) {
	return tx.texts("SELECT body FROM idempotency WHERE key = ? AND org = ? ORDER BY operation", key, tx.Org)
}
