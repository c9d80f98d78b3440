package store

import "github.com/segmentflow/segmentflow-go/emulator/internal/relay"

var relays = define("relays", (*Relay).columns)

// Relay is the handover of an email to the SMTP server.
type Relay struct {
	PendingSend
	State    string
	Handover *relay.Handover
}

func (handover *Relay) columns(r *row) {
	r.column("send", &handover.Seq)
	r.column("state", &handover.State)
	r.column("progress", &handover.Handover)
}

// PutRelay stores the handover of the email of a send.
func (tx *Tx) PutRelay(send *EmailSend, state string, handover *relay.Handover) error {
	return relays.replace(tx, &Relay{PendingSend{EmailSend: *send}, state, handover})
}

// Handover returns how far the handover of the email of a send has come, or nil if it was never handed over.
func (tx *Tx) Handover(send *EmailSend) (*relay.Handover, error) {
	found, err := relays.one(tx, "WHERE send = ?", send.Seq)
	if err != nil || found == nil {
		return nil, err
	}
	return found.Handover, nil
}

// Relay returns the handover of the email of a send if it is in a state, and nil if it is not.
func (tx *Tx) Relay(id, state string) (*Relay, error) {
	pending, err := tx.PendingSend(id, false)
	if err != nil || pending == nil {
		return nil, err
	}
	found, err := relays.one(tx, "WHERE send = ? AND state = ?", pending.Seq, state)
	if err != nil || found == nil {
		return nil, err
	}
	found.PendingSend = *pending
	return found, nil
}

// OpenRelay names an EmailSend of any Organization whose email has not ended at the SMTP server.
type OpenRelay struct{ Org, ID, State string }

// OpenRelays returns the handovers that wait for a conversation or have begun, oldest first. The join is a CROSS JOIN,
// so that SQLite starts from the handovers: there are few, and many EmailSends.
func (tx *Tx) OpenRelays() ([]OpenRelay, error) {
	const open = "SELECT s.org, s.id, r.state FROM relays r CROSS JOIN email_sends s ON s.seq = r.send "
	read := func(open *OpenRelay, r *row) { *open = OpenRelay{r.str(), r.str(), r.str()} }
	return view[OpenRelay]{open, read}.all(
		tx, "WHERE r.state <> '"+RelayEnded+"' AND r.state <> '"+RelayWaiting+"' ORDER BY r.send")
}

// IsBeingSent reports whether any email of a carrier that is being sent has not ended.
func (tx *Tx) IsBeingSent(carrier string) (bool, error) {
	n, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM email_sends s WHERE "+unsentOf+
		"AND s.status IN ('"+SendQueued+"', '"+SendProcessing+"'))", carrier)
	return n > 0, err
}

// CancelRelays deletes the EmailSends of a carrier whose email waits for the SMTP server, with their tasks of a kind.
// An email that has begun is not tried again.
func (tx *Tx) CancelRelays(carrier, task string) error {
	const ofCarrier = "FROM email_sends s JOIN relays r ON r.send = s.seq WHERE " + unsentOf +
		"AND s.status = '" + SendProcessing + "' AND r.state "
	waiting, err := value[string](tx.db, "SELECT json_group_array(s.seq) "+ofCarrier+"<> '"+RelayBegun+"'", carrier)
	if err != nil {
		return err
	}
	err = tx.exec("UPDATE relays SET progress = json_set(progress, '$.last', json('true')) "+
		"WHERE send IN (SELECT s.seq "+ofCarrier+"= '"+RelayBegun+"')", carrier)
	if err != nil {
		return err
	}

	tx.forgetDue()
	tx.db.sendsKnown = false
	const these = " IN (SELECT value FROM json_each(?1))"
	if err := tx.exec("DELETE FROM tasks WHERE kind = ?2 AND ref IN (SELECT id FROM email_sends WHERE seq"+these+")",
		waiting, task); err != nil {
		return err
	}
	for _, column := range []string{"messages WHERE send", "relays WHERE send", "email_sends WHERE seq"} {
		if err := tx.exec("DELETE FROM "+column+these, waiting); err != nil {
			return err
		}
	}
	return nil
}
