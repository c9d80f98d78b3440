package store

import (
	"encoding/json"
	"time"
)

// Mailbox is an address with its display name, "" for none.
type Mailbox struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// EmailSend is one expected email with its frozen envelope.
type EmailSend struct {
	Seq                                                            int
	ID, Status, TemplateID, SnapshotID, SenderProfileID, ProfileID string
	From                                                           Mailbox
	ReplyTo                                                        *Mailbox
	Subject, To                                                    string
	CC, BCC                                                        []Mailbox
	SubscriptionGroupID                                            string
	TrackClicks                                                    bool
	CarrierType, CarrierID, Key                                    string
	MessageID, FailureMessage                                      string
	CreatedAt, UpdatedAt                                           time.Time
}

const sendColumns = `s.id, s.status, s.template_id, s.template_snapshot_id, s.sender_profile_id, s.profile_id, s.from_email, s.from_name,
	s.reply_to, s.subject, s.to_email, s.cc, s.bcc, s.subscription_group_id, s.track_clicks, s.carrier_type, s.carrier_id,
	s.message_id, s.failure_message, s.created_at, s.updated_at, s.key, s.seq`

func readSend(r row) EmailSend {
	s := EmailSend{ID: r.str(0), Status: r.str(1), TemplateID: r.str(2), SnapshotID: r.str(3), SenderProfileID: r.str(4), ProfileID: r.str(5),
		From: Mailbox{r.str(6), r.str(7)}, Subject: r.str(9), To: r.str(10), SubscriptionGroupID: r.str(13), TrackClicks: r.flag(14),
		CarrierType: r.str(15), CarrierID: r.str(16), MessageID: r.str(17), FailureMessage: r.str(18), CreatedAt: r.at(19), UpdatedAt: r.at(20), Key: r.str(21), Seq: r.num(22)}
	if replyTo := r.str(8); replyTo != "" {
		s.ReplyTo = decode[*Mailbox](replyTo)
	}
	if cc := r.str(11); cc != "" {
		s.CC = decode[[]Mailbox](cc)
	}
	if bcc := r.str(12); bcc != "" {
		s.BCC = decode[[]Mailbox](bcc)
	}
	return s
}

// AddSend inserts an EmailSend.
func (tx *Tx) AddSend(s *EmailSend) error {
	var replyTo, cc, bcc any
	if s.ReplyTo != nil {
		replyTo = encode(s.ReplyTo)
	}
	if len(s.CC) > 0 {
		cc = encode(s.CC)
	}
	if len(s.BCC) > 0 {
		bcc = encode(s.BCC)
	}
	result, err := tx.db.exec(`INSERT INTO email_sends (id, org, status, template_id, template_snapshot_id, sender_profile_id, profile_id, from_email,
		from_name, reply_to, subject, to_email, cc, bcc, subscription_group_id, track_clicks, carrier_type, carrier_id, key, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, tx.Org, s.Status, s.TemplateID, s.SnapshotID, s.SenderProfileID, s.ProfileID, s.From.Email, opt(s.From.Name), replyTo, s.Subject,
		s.To, cc, bcc, opt(s.SubscriptionGroupID), s.TrackClicks, s.CarrierType, opt(s.CarrierID), opt(s.Key), s.CreatedAt, s.UpdatedAt)
	if err != nil {
		return err
	}
	seq, err := result.LastInsertId()
	s.Seq = int(seq)
	return err
}

// Send finds an EmailSend by id, nil when there is none.
func (tx *Tx) Send(id string) (*EmailSend, error) {
	return one(tx, readSend, "SELECT "+sendColumns+" FROM email_sends s WHERE s.org = ? AND s.id = ?", tx.Org, id)
}

// Departure is an EmailSend with all that decides whether it may leave.
type Departure struct {
	EmailSend
	Rendered     bool   // it has a message
	Known        bool   // its Profile exists
	Suppressed   string // why its address gets no mail, "" when it may
	Subscription string // what the Profile said of the send's group, "" when nothing
}

// Departure finds an EmailSend by id, nil when there is none.
func (tx *Tx) Departure(id string) (*Departure, error) {
	return one(tx, func(r row) Departure {
		d := r[23:]
		return Departure{readSend(r), d.flag(0), d.flag(1), d.str(2), d.str(3)}
	}, "SELECT "+sendColumns+`, m.send IS NOT NULL, p.id IS NOT NULL, a.suppressed, g.status FROM email_sends s
		LEFT JOIN messages m ON m.send = s.seq
		LEFT JOIN profiles p ON p.id = s.profile_id AND p.deleted_at IS NULL
		LEFT JOIN addresses a ON a.org = s.org AND a.email = lower(s.to_email)
		LEFT JOIN subscriptions g ON g.profile_id = s.profile_id AND g.group_id = s.subscription_group_id
		WHERE s.org = ? AND s.id = ?`, tx.Org, id)
}

// EndSend gives an EmailSend its status, the id of its message and why it failed. A Sent one is the last in the outbox.
func (tx *Tx) EndSend(s *EmailSend) error {
	s.UpdatedAt = tx.Now
	if s.Status == "Sent" {
		return tx.exec(`UPDATE email_sends SET status = ?, message_id = ?, updated_at = ?, sent_at = ?,
			outbox = (SELECT coalesce(max(outbox), 0) + 1 FROM email_sends WHERE outbox IS NOT NULL) WHERE seq = ?`,
			s.Status, s.MessageID, s.UpdatedAt, s.UpdatedAt, s.Seq)
	}
	return tx.exec("UPDATE email_sends SET status = ?, message_id = ?, failure_message = ?, updated_at = ? WHERE seq = ?",
		s.Status, opt(s.MessageID), opt(s.FailureMessage), s.UpdatedAt, s.Seq)
}

// UnfinishedRelays are the EmailSends that a stopped process left in the hands of the SMTP relay.
func (tx *Tx) UnfinishedRelays() ([]EmailSend, error) {
	return all(tx, readSend, "SELECT "+sendColumns+" FROM email_sends s WHERE s.org = ? AND s.status = 'Processing' ORDER BY s.seq", tx.Org)
}

// Message is a rendered mail. SentAt is zero until it left.
type Message struct {
	ID, SendID, Subject, HTML, Text string
	Headers                         [][2]string
	Missing                         json.RawMessage
	SentAt                          time.Time
	Seq                             int
	Base                            *MessageBase // when it is added: what it is kept as changes to, nil for none
}

// MessageBase is what the mails of one carrier have in common.
type MessageBase struct {
	ID         int // the carrier's Seq
	HTML, Text string
}

// Mail is a message with the EmailSend it carries out.
type Mail struct {
	Message
	Send EmailSend
}

// AddMessage keeps what was rendered for a stored send.
func (tx *Tx) AddMessage(send *EmailSend, m *Message) error {
	headers := "[]"
	if len(m.Headers) > 0 {
		headers = encode(m.Headers)
	}
	html, text, base := m.HTML, m.Text, any(nil)
	if m.Base != nil {
		html, text, base = compact(m.Base.HTML, html), compact(m.Base.Text, text), m.Base.ID
	}
	return tx.exec("INSERT INTO messages (send, base, subject, html, text, headers, missing) VALUES (?, ?, ?, ?, ?, ?, ?)",
		send.Seq, base, m.Subject, html, text, headers, m.Missing)
}

// AddBase keeps what the mails of a carrier have in common.
func (tx *Tx) AddBase(b MessageBase) error {
	return tx.exec("INSERT INTO message_bases (id, html, text) VALUES (?, ?, ?)", b.ID, b.HTML, b.Text)
}

// Base is what the mails of a carrier have in common, nil when that was not kept.
func (tx *Tx) Base(carrier int) (*MessageBase, error) {
	return one(tx, func(r row) MessageBase { return MessageBase{r.num(0), r.str(1), r.str(2)} },
		"SELECT id, html, text FROM message_bases WHERE id = ?", carrier)
}

// DropMessage forgets what was rendered for a send that does not leave.
func (tx *Tx) DropMessage(send *EmailSend) error {
	return tx.exec("DELETE FROM messages WHERE send = ?", send.Seq)
}

const selectMail = "SELECT " + sendColumns + `, m.subject, m.html, m.text, m.headers, m.missing, s.sent_at, s.outbox, b.html, b.text
	FROM email_sends s JOIN messages m ON m.send = s.seq LEFT JOIN message_bases b ON b.id = m.base WHERE s.org = ? `

func readMail(r row) Mail {
	m := r[23:]
	send := readSend(r)
	if m[7] != nil {
		m[1], m[2] = restore(m.str(7), m.str(1)), restore(m.str(8), m.str(2))
	}
	return Mail{Send: send, Message: Message{ID: send.MessageID, SendID: send.ID, Subject: m.str(0), HTML: m.str(1), Text: m.str(2),
		Headers: decode[[][2]string](m.str(3)), Missing: m.json(4), SentAt: m.at(5), Seq: m.num(6)}}
}

// Mail finds a message by id, nil when there is none.
func (tx *Tx) Mail(id string) (*Mail, error) {
	return one(tx, readMail, selectMail+"AND s.message_id = ?", tx.Org, id)
}

// MailFilter narrows the outbox; empty fields do not. Before is the Seq of the last message of the page before.
type MailFilter struct {
	To, TemplateID, Subject, CarrierType, CarrierID string
	Before, Limit                                   int
}

// A send without a carrier of its own is its carrier.
const inOutbox = `AND s.outbox IS NOT NULL
	AND (?2 = '' OR lower(s.to_email) = ?2) AND (?3 = '' OR s.template_id = ?3) AND (?4 = '' OR instr(m.subject, ?4) > 0)
	AND (?5 = '' OR s.carrier_type = ?5) AND (?6 = '' OR coalesce(s.carrier_id, s.id) = ?6) AND (?7 = 0 OR s.outbox < ?7) `

// Outbox lists the mail that left, newest first. To is a lower-case address, Subject a part of the subject.
func (tx *Tx) Outbox(f MailFilter) ([]Mail, error) {
	if f.Limit <= 0 {
		f.Limit = -1
	}
	return all(tx, readMail, selectMail+inOutbox+"ORDER BY s.outbox DESC LIMIT ?8",
		tx.Org, f.To, f.TemplateID, f.Subject, f.CarrierType, f.CarrierID, f.Before, f.Limit)
}

// CountOutbox counts what Outbox lists, whatever the Limit.
func (tx *Tx) CountOutbox(f MailFilter) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM email_sends s JOIN messages m ON m.send = s.seq WHERE s.org = ? "+inOutbox,
		tx.Org, f.To, f.TemplateID, f.Subject, f.CarrierType, f.CarrierID, f.Before)
	return int(n), err
}

// Unsent lists the EmailSends to an address, or all, that ended Skipped or Failed or still wait, newest first.
func (tx *Tx) Unsent(to string, limit int) ([]EmailSend, error) {
	return all(tx, readSend, "SELECT "+sendColumns+` FROM email_sends s WHERE s.org = ?1 AND s.status <> 'Sent'
		AND (?2 = '' OR lower(s.to_email) = ?2) ORDER BY s.seq DESC LIMIT ?3`, tx.Org, to, limit)
}

// Fact is something that happened to a message; Detail is a JSON object.
type Fact struct {
	Type   string
	Detail json.RawMessage
	At     time.Time
}

func readFact(r row) Fact { return Fact{r.str(0), r.json(1), r.at(2)} }

// AddFact records a fact about the message of a send.
func (tx *Tx) AddFact(send *EmailSend, f Fact) error {
	return tx.exec("INSERT INTO facts (send, profile_id, template_id, type, detail, at) VALUES (?, ?, ?, ?, ?, ?)",
		send.Seq, send.ProfileID, send.TemplateID, f.Type, f.Detail, f.At)
}

// Facts are what happened to the message of a send, in order.
func (tx *Tx) Facts(send *EmailSend) ([]Fact, error) {
	return all(tx, readFact, "SELECT type, detail, at FROM facts WHERE send = ? ORDER BY seq", send.Seq)
}

// FactTimes are when facts of a type happened to the Profile's mail, of one Template or ("") of any, newest first.
func (tx *Tx) FactTimes(profile, kind, template string, since time.Time) ([]time.Time, error) {
	return all(tx, func(r row) time.Time { return r.at(0) },
		"SELECT at FROM facts WHERE profile_id = ?1 AND type = ?2 AND (?3 = '' OR template_id = ?3) AND at >= ?4 ORDER BY at DESC", profile, kind, template, since)
}
