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

// PutReply stores the reply to a keyed call.
func (tx *Tx) PutReply(operation, key string, reply Reply) error {
	reply.At = tx.Now
	return idempotency.replace(tx, &reply, tx.Org, operation, key)
}
