package store

import "time"

// Reply is the stored reply to a keyed call. Fingerprint identifies the request.
type Reply struct {
	Fingerprint []byte
	Status      int
	Body        string
	At          time.Time
}

var idempotency = define("idempotency", (*Reply).columns, "org", "operation", "key")

func (reply *Reply) columns(r *row) {
	r.column("fingerprint", &reply.Fingerprint)
	r.column("status", &reply.Status)
	r.column("body", &reply.Body)
	r.column("at", &reply.At)
}

// Reply returns the reply to an earlier call with the key, or nil if there was none.
func (tx *Tx) Reply(operation, key string) (*Reply, error) {
	return idempotency.one(tx, "WHERE org = ? AND operation = ? AND key = ?", tx.Org, operation, key)
}

// KeyOfSend returns the key of the call, or of the item of a batch, that an operation answered with a send. It is "" if
// there was no key. Replies are stored in the order in which the sends were made, so it searches by halving: to read
// them all would take seconds.
func (tx *Tx) KeyOfSend(operation string, send *EmailSend) (key string, err error) {
	last, err := value[int64](tx.db, "SELECT coalesce(max(rowid), 0) FROM idempotency")
	low, high := 0, int(last)
	for err == nil && low < high {
		middle, place, seq := (low+high)/2, 0, 0
		var at time.Time
		err = tx.db.query(func(r *row) error { place, at = r.num(), r.at(); return nil },
			"SELECT rowid, at FROM idempotency WHERE rowid > ? ORDER BY rowid LIMIT 1", middle)
		switch {
		case err != nil:
			return "", err
		case at.Before(send.CreatedAt):
			low = place
			continue
		case at.After(send.CreatedAt):
			high = middle
			continue
		}

		err = tx.db.query(func(r *row) error { place, seq, key = r.num(), r.num(), r.str(); return nil },
			`SELECT i.rowid, s.seq, i.key FROM idempotency i CROSS JOIN email_sends s ON s.id = i.body ->> '$.id'
			WHERE i.rowid > ? AND i.rowid <= ? AND i.org = ? AND i.operation = ? ORDER BY i.rowid LIMIT 1`,
			middle, high, tx.Org, operation)
		switch {
		case seq == send.Seq:
			return key, err
		case seq == 0 || seq > send.Seq:
			high = middle
		default:
			low = place
		}
	}
	return "", err
}

// KeysOfReplies returns the keys of all replies of an operation that have an id, by these ids.
func (tx *Tx) KeysOfReplies(operation string) (map[string]string, error) {
	keys := map[string]string{}
	err := tx.db.query(func(r *row) error { keys[r.str()] = r.str(); return nil },
		"SELECT body ->> '$.id', key FROM idempotency WHERE org = ? AND operation = ?", tx.Org, operation)
	return keys, err
}

// LastReply returns the number of the newest reply, of all operations.
func (tx *Tx) LastReply() (int, error) {
	n, err := value[int64](tx.db, "SELECT coalesce(max(rowid), 0) FROM idempotency")
	return int(n), err
}

// PutReply stores the reply to a keyed call.
func (tx *Tx) PutReply(operation, key string, reply Reply) error {
	reply.At = tx.Now
	return idempotency.replace(tx, &reply, tx.Org, operation, key)
}
