package store

import (
	"encoding/json"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

// Fact is something that happened to a message. Detail is a JSON object.
type Fact struct {
	Type   string
	Detail json.RawMessage
	At     time.Time
}

var facts = define("facts", (*Fact).columns, "send", "profile_id", "template_id")

func (fact *Fact) columns(r *row) {
	r.column("type", &fact.Type)
	r.column("detail", &fact.Detail)
	r.column("at", &fact.At)
}

// AddFact records a fact about the message of a send. That it was accepted is known from the send.
func (tx *Tx) AddFact(send *EmailSend, fact Fact) error {
	if send.CarrierType == CarrierBroadcast || send.CarrierType == CarrierNewsletterIssue {
		first, err := value[int64](tx.db, "SELECT NOT EXISTS (SELECT 1 FROM facts WHERE send = ? AND type = ?)",
			send.Seq, fact.Type)
		if err != nil {
			return err
		}
		if err := tx.countFacts(send.CarrierID, fact.Type, int(first), 1); err != nil {
			return err
		}
	}
	switch fact.Type {
	case outcome.Accepted:
		return nil
	case outcome.Delivered:
		result, err := tx.write(statement{`UPDATE email_sends SET delivered_at = ? WHERE seq = ? AND sent_at IS NOT NULL
			AND delivered_at IS NULL AND NOT EXISTS (SELECT 1 FROM facts WHERE send = email_sends.seq)`, ""},
			tx.db.bind([]any{fact.At, send.Seq}))
		if err != nil {
			return err
		}
		if result.Changed > 0 {
			return nil
		}
	}
	return facts.insert(tx, &fact, send.Seq, send.ProfileID, send.TemplateID)
}

// CountAccepted counts the emails of a batch of a carrier's that were accepted. Nothing had happened to them before.
func (tx *Tx) CountAccepted(carrier string, emails int) error {
	return tx.countFacts(carrier, outcome.Accepted, emails, emails)
}

var allFacts = view[Fact]{"SELECT type, detail, at FROM all_facts ", (*Fact).columns}

// Facts returns what happened to the message of a send, in order.
func (tx *Tx) Facts(send *EmailSend) ([]Fact, error) {
	return allFacts.all(tx, "WHERE send = ? ORDER BY seq", send.Seq)
}

// FactsOf returns what happened to the messages of several sends, in order, by the Seq of the send.
func (tx *Tx) FactsOf(sends []int) (map[int][]Fact, error) {
	found := map[int][]Fact{}
	err := tx.db.query(func(r *row) error {
		send := r.num()
		var fact Fact
		fact.columns(r)
		found[send] = append(found[send], fact)
		return nil
	}, "SELECT send, type, detail, at FROM all_facts WHERE send IN (SELECT value FROM json_each(?)) ORDER BY send, seq",
		encode(sends))
	return found, err
}

// FactTimes returns when facts of a type happened to the Profile's emails, newest first. If template is not "", only
// emails of that Template count.
func (tx *Tx) FactTimes(profile, kind, template string, since time.Time) ([]time.Time, error) {
	return view[time.Time]{"SELECT at FROM all_facts ", func(at *time.Time, r *row) { *at = r.at() }}.all(tx,
		"WHERE profile_id = ?1 AND type = ?2 AND (?3 = '' OR template_id = ?3) AND at >= ?4 ORDER BY at DESC",
		profile, kind, template, since)
}
