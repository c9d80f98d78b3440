package store

import "encoding/json"

var scripts = define("scripts", (*noColumns).columns, "org", "target", "facts")

// PutScript keeps what shall become of an EmailSend, or of all mail to a lower-case address.
func (tx *Tx) PutScript(target string, facts json.RawMessage) error {
	return scripts.replace(tx, nil, tx.Org, target, facts)
}

// Script is what shall become of an EmailSend to a lower-case address, nil when nobody said. What is said of the send
// counts more than what is said of the address.
func (tx *Tx) Script(send, address string) (json.RawMessage, error) {
	facts, err := value[string](tx.db, "SELECT facts FROM scripts WHERE org = ?1 AND target IN (?2, ?3) ORDER BY target <> ?2 LIMIT 1",
		tx.Org, send, address)
	if facts == "" {
		return nil, err
	}
	return json.RawMessage(facts), err
}

// AnyScript tells whether anybody said what shall become of some mail.
func (tx *Tx) AnyScript() (bool, error) {
	n, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM scripts WHERE org = ?)", tx.Org)
	return n > 0, err
}
