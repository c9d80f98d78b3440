package store

import "time"

// Reply is the stored answer to a keyed call; Fingerprint stands for the request it answered.
type Reply struct {
	Fingerprint []byte
	Status      int
	Body        string
	At          time.Time
}

// Reply finds the answer to an earlier call with the key, nil when there was none.
func (tx *Tx) Reply(operation, key string) (*Reply, error) {
	return one(tx, func(r row) Reply { return Reply{r.bytes(0), r.num(1), r.str(2), r.at(3)} },
		"SELECT fingerprint, status, body, at FROM idempotency WHERE org = ? AND operation = ? AND key = ?", tx.Org, operation, key)
}

// PutReply keeps the answer to a keyed call.
func (tx *Tx) PutReply(operation, key string, r Reply) error {
	return tx.exec("INSERT OR REPLACE INTO idempotency (org, operation, key, fingerprint, status, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		tx.Org, operation, key, r.Fingerprint, r.Status, r.Body, tx.Now)
}
