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

// KeyOfReply returns the key of the call that was answered with the object with this id, or "" if it had no key.
func (tx *Tx) KeyOfReply(operation, id string) (string, error) {
	return value[string](tx.db, "SELECT key FROM idempotency WHERE org = ? AND operation = ?"+
		" AND instr(body, ?) AND body ->> '$.id' = ?", // to read all bodies as JSON would be slow
		tx.Org, operation, id, id)
}

// KeysOfReplies returns the keys of all replies of an operation that have an id, by these ids.
func (tx *Tx) KeysOfReplies(operation string) (map[string]string, error) {
	keys := map[string]string{}
	err := tx.db.query(func(r *row) error { keys[r.str()] = r.str(); return nil },
		"SELECT body ->> '$.id', key FROM idempotency WHERE org = ? AND operation = ?", tx.Org, operation)
	return keys, err
}

// PutReply stores the reply to a keyed call.
func (tx *Tx) PutReply(operation, key string, reply Reply) error {
	reply.At = tx.Now
	return idempotency.replace(tx, &reply, tx.Org, operation, key)
}
