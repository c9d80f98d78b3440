package store

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/delta"
)

// The extra columns are the hash of its address, and its place in the outbox and when it was sent, which are read with
// its message. SQLite numbers the rows, in the same way as AddSend: if an INSERT of several rows had their numbers,
// SQLite would remember how the pages were before.
var sends = define("email_sends s", (*EmailSend).columns, "org", "address", "outbox", "sent_at")

// AddSend inserts an EmailSend and the message that was rendered for it, or nil if there is none. If the message has a
// Seq, it was already sent, and the Seq is its place in the outbox.
func (tx *Tx) AddSend(send *EmailSend, message *Message) error {
	if err := tx.countSends(); err != nil {
		return err
	}
	tx.db.lastSend++
	send.Seq = tx.db.lastSend
	row := &unsavedSend{EmailSend: *send, scope: tx.db.unsaved.scope, org: tx.Org, message: message}
	if message != nil && message.Seq > 0 {
		row.outbox, row.sentAt = message.Seq, message.SentAt
		tx.db.lastOutbox = max(tx.db.lastOutbox, row.outbox)
	}
	tx.db.unsaved.sends, tx.changed = append(tx.db.unsaved.sends, row), true
	return nil
}

// countSends finds out how many EmailSends there are, how many of them are in the outbox, and the last key of a call.
func (tx *Tx) countSends() error {
	if tx.db.sendsKnown {
		return nil
	}
	return tx.db.query(func(r *row) error {
		tx.db.lastSend, tx.db.lastOutbox, tx.db.lastCall, tx.db.sendsKnown = r.num(), r.num(), r.str(), true
		return nil
	}, `SELECT (SELECT max(seq) FROM email_sends),
		(SELECT max(outbox) FROM email_sends WHERE outbox IS NOT NULL),
		(SELECT max(call_key) FROM email_sends WHERE call_key IS NOT NULL)`)
}

// LastPlace returns the place of the newest email in the outbox.
func (tx *Tx) LastPlace() (int, error) {
	err := tx.countSends()
	return tx.db.lastOutbox, err
}

// SendOfCall returns the EmailSend that a call with this idempotency key has made, or nil if there is none. Keys that
// grow, such as those of the emulator's own clients, need no look into the table.
func (tx *Tx) SendOfCall(key string) (send *EmailSend, err error) {
	if err := tx.countSends(); err != nil || key > tx.db.lastCall {
		return nil, err
	}
	rows := &tx.db.unsaved
	if i := rows.send(func(row *unsavedSend) bool { return row.CallKey == key && row.org == tx.Org }); i >= 0 {
		found := rows.sends[i].EmailSend
		return &found, nil
	}
	err = tx.db.peek(func() error {
		send, err = sends.one(tx, "WHERE s.call_key = ? AND s.org = ?", key, tx.Org)
		return err
	})
	return send, err
}

// PutCall stores which call has made an EmailSend. An older EmailSend forgets that a call with this key has made it.
func (tx *Tx) PutCall(send, older *EmailSend, key string, fingerprint []byte) error {
	const put = "UPDATE email_sends SET call_key = ?, fingerprint = ? WHERE seq = ?"
	if older != nil {
		if err := tx.exec(put, nil, nil, older.Seq); err != nil {
			return err
		}
	}
	send.CallKey, send.Fingerprint, tx.db.lastCall = key, fingerprint, max(tx.db.lastCall, key)
	if tx.db.unsaved.change(send.Seq, func(row *unsavedSend) { row.CallKey, row.Fingerprint = key, fingerprint }) {
		return nil
	}
	return tx.exec(put, key, fingerprint, send.Seq)
}

// Send returns the EmailSend with this id, or nil if there is none.
func (tx *Tx) Send(id string) (*EmailSend, error) {
	return sends.one(tx, "WHERE s.org = ? AND s.id = ?", tx.Org, id)
}

// PendingSend is an EmailSend and all that decides whether it may be sent.
type PendingSend struct {
	EmailSend
	Rendered     bool   // it has a message
	Known        bool   // its Profile exists
	Suppressed   string // why its address gets no emails, or ""
	Subscription string // what the Profile chose for the send's group, or ""
}

var pendingSends = sync.OnceValue(func() view[PendingSend] {
	return view[PendingSend]{"SELECT " + sends.sql(columns) + `,
		m.send IS NOT NULL, p.id IS NOT NULL, a.suppressed, g.status
		FROM email_sends s
		LEFT JOIN messages m ON m.send = s.seq
		LEFT JOIN profiles p ON p.id = s.profile_id AND p.deleted_at IS NULL
		LEFT JOIN addresses a ON a.org = s.org AND a.email = lower(s.to_email)
		LEFT JOIN subscriptions g ON g.profile_id = s.profile_id AND g.group_id = s.subscription_group_id `,
		func(pending *PendingSend, r *row) {
			pending.columns(r)
			pending.Rendered, pending.Known = r.flag(), r.flag()
			pending.Suppressed, pending.Subscription = r.str(), r.str()
		}}
})

// PendingSend returns the EmailSend with this id, or nil if there is none. With noAddress, nothing is known of any
// address, so that it need not be read.
func (tx *Tx) PendingSend(id string, noAddress bool) (*PendingSend, error) {
	rows := &tx.db.unsaved
	if i := rows.send(func(row *unsavedSend) bool { return row.ID == id && row.org == tx.Org }); i >= 0 {
		// Its Profile exists: to delete one reads all EmailSends.
		pending := &PendingSend{EmailSend: rows.sends[i].EmailSend, Rendered: rows.sends[i].message != nil, Known: true}
		if noAddress && pending.SubscriptionGroupID == "" {
			return pending, nil
		}
		err := tx.db.query(func(r *row) error {
			pending.Suppressed, pending.Subscription = r.str(), r.str()
			return nil
		}, `SELECT (SELECT suppressed FROM addresses WHERE org = ? AND email = lower(?)),
			(SELECT status FROM subscriptions WHERE profile_id = ? AND group_id = ?)`,
			tx.Org, pending.To, pending.ProfileID, pending.SubscriptionGroupID)
		return pending, err
	}
	return pendingSends().one(tx, "WHERE s.org = ? AND s.id = ?", tx.Org, id)
}

// EndSend stores the status of an EmailSend, the id of its message and why it failed. A Sent one becomes the last in
// the outbox.
func (tx *Tx) EndSend(send *EmailSend) error {
	send.UpdatedAt = tx.Now
	place := 0
	if send.Status == SendSent {
		if err := tx.countSends(); err != nil {
			return err
		}
		tx.db.lastOutbox++
		place = tx.db.lastOutbox
	}
	if tx.db.unsaved.change(send.Seq, func(row *unsavedSend) {
		row.EmailSend, row.outbox, row.sentAt = *send, place, tx.Now
	}) {
		return nil
	}
	if send.Status == SendSent {
		return tx.exec(`UPDATE email_sends SET status = ?, message_id = ?, updated_at = ?3, sent_at = ?3, outbox = ?
			WHERE seq = ?`, send.Status, nullIfZero(send.ownMessageID()), send.UpdatedAt, place, send.Seq)
	}
	return tx.exec(
		"UPDATE email_sends SET status = ?, message_id = ?, failure_message = ?, updated_at = ? WHERE seq = ?",
		send.Status, nullIfZero(send.ownMessageID()), nullIfZero(send.FailureMessage), send.UpdatedAt, send.Seq)
}

var messages = define("messages m", (*Message).columns, "send", "base")

var bases = define("message_bases", (*MessageBase).columns)

// Mail is a message and its EmailSend.
type Mail struct {
	Message
	Send EmailSend
}

// AddBase stores what the emails of a carrier or a snapshot have in common.
func (tx *Tx) AddBase(base *MessageBase) error { return bases.insert(tx, base) }

// FillBase stores the content of a base that was empty.
func (tx *Tx) FillBase(base *MessageBase) error {
	return tx.exec("UPDATE message_bases SET html = ?, text = ? WHERE seq = ?", base.HTML, base.Text, base.ID)
}

// Base returns what the emails of a carrier or a snapshot have in common, or nil if that was not stored.
func (tx *Tx) Base(owner string) (*MessageBase, error) {
	return bases.one(tx, "WHERE owner = ?", owner)
}

// DropCopies adds to the copies that did not get the email of a send. An address that it knows already stays as it is.
func (tx *Tx) DropCopies(send *EmailSend, dropped []DroppedCopy) error {
	for _, copied := range dropped {
		err := tx.exec(`UPDATE messages SET dropped = json_insert(coalesce(dropped, '[]'), '$[#]',
			json_object('email', ?2, 'reason', ?3)) WHERE send = ?1 AND NOT EXISTS
			(SELECT 1 FROM json_each(dropped) WHERE lower(value ->> 'email') = lower(?2))`,
			send.Seq, copied.Email, copied.Reason)
		if err != nil {
			return err
		}
	}
	return nil
}

// DropMessage deletes the message of a send that is not sent.
func (tx *Tx) DropMessage(send *EmailSend) error {
	if tx.db.unsaved.change(send.Seq, func(row *unsavedSend) { row.message = nil }) {
		return nil
	}
	return tx.exec("DELETE FROM messages WHERE send = ?", send.Seq)
}

var mails = sync.OnceValue(func() view[Mail] {
	return view[Mail]{"SELECT " + sends.sql(columns) + ", " + messages.sql(columns) + `,
		s.sent_at, s.outbox, b.seq, b.html, b.text
		FROM email_sends s JOIN messages m ON m.send = s.seq LEFT JOIN message_bases b ON b.seq = m.base `,
		(*Mail).read}
})

func (mail *Mail) read(r *row) {
	mail.Send.columns(r)
	mail.columns(r)
	mail.ID, mail.SendID, mail.SentAt, mail.Seq = mail.Send.MessageID, mail.Send.ID, r.at(), r.num()
	if base := r.num(); base != 0 {
		mail.HTML, mail.Text = delta.Apply(r.str(), mail.HTML), delta.Apply(r.str(), mail.Text)
	}
}

// Mail returns the message with this id, or nil if there is none.
func (tx *Tx) Mail(id string) (*Mail, error) {
	return mails().one(tx, "WHERE s.org = ? AND (s.id = ? AND s.status = '"+SendSent+
		"' AND s.message_id IS NULL OR s.message_id = ?)", tx.Org, MessageIDOf(id), id)
}

// MailFilter narrows the outbox. An empty field does not narrow it. Span is over the Seqs of the messages.
type MailFilter struct {
	To, TemplateID, Subject, CarrierType, CarrierID string
	Span
	Limit       int
	OldestFirst bool
}

// carriedBy compares the id of the carrier. If a send has none, its own id is used.
const carriedBy = "coalesce(s.carrier_id, s.id) = ?"

func (filter MailFilter) where(tx *Tx) Filter {
	return Filter{"WHERE s.org = ? AND s.outbox IS NOT NULL", []any{tx.Org}}.and(mailTo(filter.To)).narrow(
		clause{"s.template_id = ?", filter.TemplateID},
		clause{"instr(m.subject, ?) > 0", filter.Subject},
		clause{"s.carrier_type = ?", filter.CarrierType},
		clause{carriedBy, filter.CarrierID}).narrow(filter.clauses("s.outbox", "s.sent_at")...)
}

// Outbox returns the emails that were sent, newest first unless the filter says otherwise. To is a lower-case address,
// Subject a part of the subject.
func (tx *Tx) Outbox(filter MailFilter) ([]Mail, error) {
	order := "DESC"
	if filter.OldestFirst {
		order = "ASC"
	}
	where := filter.where(tx)
	return mails().all(tx, where.SQL+" ORDER BY s.outbox "+order+" LIMIT ?",
		append(where.Args, limitOf(filter.Limit))...)
}

// CountOutbox counts what Outbox returns, without the Limit. Unless the subject matters, it does not look for the
// messages: they exist as long as the address does.
func (tx *Tx) CountOutbox(filter MailFilter) (int, error) {
	if (filter == MailFilter{Limit: filter.Limit, OldestFirst: filter.OldestFirst}) {
		alone, err := tx.alone()
		if err != nil {
			return 0, err
		}
		if alone {
			return tx.countMails()
		}
	}
	from, where := "FROM email_sends s ", filter.where(tx)
	if filter.Subject != "" {
		from += "JOIN messages m ON m.send = s.seq "
	}
	n, err := value[int64](tx.db, "SELECT count(*) "+from+where.SQL+" AND s.address IS NOT NULL", where.Args...)
	return int(n), err
}

// countMails counts the emails of all Organizations without reading them: every place in the outbox has been one.
func (tx *Tx) countMails() (int, error) {
	erased, err := value[int64](tx.db, "SELECT count(*) FROM email_sends WHERE address IS NULL AND outbox IS NOT NULL")
	if err != nil {
		return 0, err
	}
	last, err := tx.LastPlace()
	return last - int(erased), err
}

// SentMail is an email that was sent, and its Organization.
type SentMail struct {
	EmailSend
	Org     string
	SentAt  time.Time
	Missing json.RawMessage
}

var sentMails = sync.OnceValue(func() view[SentMail] {
	return view[SentMail]{"SELECT " + sends.sql(columns) + `, s.org, s.sent_at, m.missing
		FROM email_sends s JOIN messages m ON m.send = s.seq
		LEFT JOIN templates t ON t.id = s.template_id
		LEFT JOIN subscription_groups g ON g.id = s.subscription_group_id `,
		func(mail *SentMail, r *row) {
			mail.columns(r)
			mail.Org, mail.SentAt, mail.Missing = r.str(), r.at(), json.RawMessage(r.str())
		}}
})

// MailsWithMissing returns the emails of all Organizations that were sent with missing bindings, after the one at a
// place in the outbox.
func (tx *Tx) MailsWithMissing(place int) ([]SentMail, error) {
	return sentMails().all(tx, "WHERE s.outbox > ? AND m.missing NOT IN ('[]', 'null') ORDER BY s.outbox", place)
}

// MailsWithoutConsent returns the emails of all Organizations, after the one at a place in the outbox, that needed
// consent and have no SubscriptionGroup, or a group with the policy OptIn that the Profile has never chosen. It returns
// no tests.
func (tx *Tx) MailsWithoutConsent(place int) ([]SentMail, error) {
	return sentMails().all(tx, "WHERE s.outbox > ? AND s.carrier_type <> '"+CarrierTest+"' AND t.purpose <> '"+
		Transactional+"' AND (g.id IS NULL OR g.policy = '"+OptIn+`' AND NOT EXISTS (
			SELECT 1 FROM subscription_changes c WHERE c.profile_id = s.profile_id AND c.group_id = g.id
			AND c.status = '`+Subscribed+"')) ORDER BY s.outbox", place)
}

// Unsent returns the EmailSends that ended Skipped or Failed or that still wait, newest first: those to one address or
// of one Profile or, if to is "", all.
func (tx *Tx) Unsent(to, profile string, limit int) ([]EmailSend, error) {
	among := "?2 = ?2 AND ?3 = ?3 AND ?4 = ?4" // all
	if to != "" {
		among = `s.seq IN (SELECT seq FROM email_sends WHERE address = ?4 AND lower(to_email) = ?2
			UNION ALL SELECT seq FROM email_sends WHERE profile_id = ?3)`
	}
	return sends.all(tx, "WHERE s.org = ?1 AND s.status <> '"+SendSent+"' AND "+among+
		" ORDER BY s.seq DESC LIMIT ?5", tx.Org, to, profile, addressHash(to), limit)
}

// SendFilter narrows a list of EmailSends. An empty field does not narrow it. Reason is the failureMessage, or its part
// before a colon. A Limit below 1 means no limit.
type SendFilter struct {
	To, TemplateID, CarrierType, CarrierID, Status, Reason string
	Span
	Limit int
}

func (filter SendFilter) where(tx *Tx) Filter {
	where := Filter{"WHERE s.org = ?", []any{tx.Org}}.and(mailTo(filter.To)).narrow(
		clause{"s.template_id = ?", filter.TemplateID},
		clause{"s.carrier_type = ?", filter.CarrierType},
		clause{carriedBy, filter.CarrierID},
		clause{"s.status = ?", filter.Status}).narrow(filter.clauses("s.seq", "s.created_at")...)
	if reason := filter.Reason; reason != "" {
		where = where.and(Filter{"s.failure_message = ? OR substr(s.failure_message, 1, length(?) + 1) = ? || ':'",
			[]any{reason, reason, reason}})
	}
	return where
}

// SendsWhere returns EmailSends, whatever became of them, newest first. To is a lower-case address.
func (tx *Tx) SendsWhere(filter SendFilter) ([]EmailSend, error) {
	where := filter.where(tx)
	return sends.all(tx, where.SQL+" ORDER BY s.seq DESC LIMIT ?", append(where.Args, limitOf(filter.Limit))...)
}

// CountSends counts what SendsWhere returns, without the Limit.
func (tx *Tx) CountSends(filter SendFilter) (int, error) {
	where := filter.where(tx)
	n, err := value[int64](tx.db, "SELECT count(*) FROM email_sends s "+where.SQL, where.Args...)
	return int(n), err
}

// CountSendsFrom counts the EmailSends that were made from a Template.
func (tx *Tx) CountSendsFrom(template string) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM email_sends WHERE org = ? AND template_id = ?",
		tx.Org, template)
	return int(n), err
}

// LastSends returns the newest EmailSends, newest first: those of a Profile or, if profile is "", of all.
func (tx *Tx) LastSends(profile string, limit int) ([]EmailSend, error) {
	return sends.all(tx, "WHERE s.org = ?1 AND "+belongsTo("s.profile_id", profile)+" ORDER BY s.seq DESC LIMIT ?3",
		tx.Org, profile, limit)
}

// SkippedSends returns the EmailSends of a carrier that ended Skipped or Failed, oldest first. It returns no tests.
func (tx *Tx) SkippedSends(carrier string, limit int) ([]EmailSend, error) {
	return sends.all(tx, "WHERE "+unsentOf+"AND s.status IN ('"+SendSkipped+"', '"+SendFailed+
		"') ORDER BY s.seq LIMIT ?", carrier, limit)
}
