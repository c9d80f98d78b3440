package store

import "encoding/json"

var scripts = define("scripts", (*noColumns).columns, "org", "target", "facts")

// PutScript stores what shall happen to an EmailSend, or to all emails to a lower-case address.
func (tx *Tx) PutScript(target string, facts json.RawMessage) error {
	return scripts.replace(tx, nil, tx.Org, target, facts)
}

// Script returns what shall happen to an EmailSend to a lower-case address, or nil if there is no script. A script for
// the send is preferred to one for the address.
func (tx *Tx) Script(send, address string) (json.RawMessage, error) {
	facts, err := value[string](tx.db,
		"SELECT facts FROM scripts WHERE org = ?1 AND target IN (?2, ?3) ORDER BY target <> ?2 LIMIT 1",
		tx.Org, send, address)
	if facts == "" {
		return nil, err
	}
	return json.RawMessage(facts), err
}

// AnyScript reports whether there is any script.
func (tx *Tx) AnyScript() (bool, error) {
	n, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM scripts WHERE org = ?)", tx.Org)
	return n > 0, err
}
