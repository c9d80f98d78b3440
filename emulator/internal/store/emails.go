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
	s.message_id, s.failure_message, s.created_at, s.updated_at, s.key`

func readSend(r row) EmailSend {
	s := EmailSend{ID: r.str(0), Status: r.str(1), TemplateID: r.str(2), SnapshotID: r.str(3), SenderProfileID: r.str(4), ProfileID: r.str(5),
		From: Mailbox{r.str(6), r.str(7)}, Subject: r.str(9), To: r.str(10), SubscriptionGroupID: r.str(13), TrackClicks: r.flag(14),
		CarrierType: r.str(15), CarrierID: r.str(16), MessageID: r.str(17), FailureMessage: r.str(18), CreatedAt: r.at(19), UpdatedAt: r.at(20), Key: r.str(21)}
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
	return tx.exec(`INSERT INTO email_sends (id, org, status, template_id, template_snapshot_id, sender_profile_id, profile_id, from_email,
		from_name, reply_to, subject, to_email, cc, bcc, subscription_group_id, track_clicks, carrier_type, carrier_id, key, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, tx.Org, s.Status, s.TemplateID, s.SnapshotID, s.SenderProfileID, s.ProfileID, s.From.Email, opt(s.From.Name), replyTo, s.Subject,
		s.To, cc, bcc, opt(s.SubscriptionGroupID), s.TrackClicks, s.CarrierType, opt(s.CarrierID), opt(s.Key), s.CreatedAt, s.UpdatedAt)
}

// Send finds an EmailSend by id, nil when there is none.
func (tx *Tx) Send(id string) (*EmailSend, error) {
	return one(tx, readSend, "SELECT "+sendColumns+" FROM email_sends s WHERE s.org = ? AND s.id = ?", tx.Org, id)
}

// EndSend gives an EmailSend its status, its message and why it failed.
func (tx *Tx) EndSend(s *EmailSend) error {
	s.UpdatedAt = tx.Now
	return tx.exec("UPDATE email_sends SET status = ?, message_id = ?, failure_message = ?, updated_at = ? WHERE id = ?",
		s.Status, opt(s.MessageID), opt(s.FailureMessage), s.UpdatedAt, s.ID)
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
}

// Mail is a message with the EmailSend it carries out.
type Mail struct {
	Message
	Send EmailSend
}

// AddMessage keeps what was rendered for a send.
func (tx *Tx) AddMessage(m *Message) error {
	headers := "[]"
	if len(m.Headers) > 0 {
		headers = encode(m.Headers)
	}
	return tx.exec("INSERT INTO messages (send_id, id, org, subject, html, text, headers, missing) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		m.SendID, m.ID, tx.Org, m.Subject, m.HTML, m.Text, headers, m.Missing)
}

// DropMessage forgets what was rendered for a send that does not leave.
func (tx *Tx) DropMessage(send string) error {
	return tx.exec("DELETE FROM messages WHERE send_id = ?", send)
}

// PostMessage puts the message of a send into the outbox and gives its id, "" when nothing was rendered.
func (tx *Tx) PostMessage(send string) (string, error) {
	return value[string](tx.db, `UPDATE messages SET sent_at = ?, seq = (SELECT coalesce(max(seq), 0) + 1 FROM messages)
		WHERE send_id = ? RETURNING id`, tx.Now, send)
}

// Rendered gives the id of the message rendered for a send, "" when there is none.
func (tx *Tx) Rendered(send string) (string, error) {
	return value[string](tx.db, "SELECT id FROM messages WHERE send_id = ?", send)
}

const selectMail = "SELECT " + sendColumns + `, m.id, m.subject, m.html, m.text, m.headers, m.missing, m.sent_at, m.seq
	FROM messages m JOIN email_sends s ON s.id = m.send_id WHERE m.org = ? `

func readMail(r row) Mail {
	m := r[22:]
	send := readSend(r)
	return Mail{Send: send, Message: Message{ID: m.str(0), SendID: send.ID, Subject: m.str(1), HTML: m.str(2), Text: m.str(3),
		Headers: decode[[][2]string](m.str(4)), Missing: m.json(5), SentAt: m.at(6), Seq: m.num(7)}}
}

// Mail finds a message by id, nil when there is none.
func (tx *Tx) Mail(id string) (*Mail, error) {
	return one(tx, readMail, selectMail+"AND m.id = ?", tx.Org, id)
}

// MailFilter narrows the outbox; empty fields do not. Before is the Seq of the last message of the page before.
type MailFilter struct {
	To, TemplateID, Subject, CarrierType, CarrierID string
	Before, Limit                                   int
}

// A send without a carrier of its own is its carrier.
const inOutbox = `AND m.sent_at IS NOT NULL
	AND (?2 = '' OR lower(s.to_email) = ?2) AND (?3 = '' OR s.template_id = ?3) AND (?4 = '' OR instr(m.subject, ?4) > 0)
	AND (?5 = '' OR s.carrier_type = ?5) AND (?6 = '' OR coalesce(s.carrier_id, s.id) = ?6) AND (?7 = 0 OR m.seq < ?7) `

// Outbox lists the mail that left, newest first. To is a lower-case address, Subject a part of the subject.
func (tx *Tx) Outbox(f MailFilter) ([]Mail, error) {
	if f.Limit <= 0 {
		f.Limit = -1
	}
	return all(tx, readMail, selectMail+inOutbox+"ORDER BY m.seq DESC LIMIT ?8",
		tx.Org, f.To, f.TemplateID, f.Subject, f.CarrierType, f.CarrierID, f.Before, f.Limit)
}

// CountOutbox counts what Outbox lists, whatever the Limit.
func (tx *Tx) CountOutbox(f MailFilter) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM messages m JOIN email_sends s ON s.id = m.send_id WHERE m.org = ? "+inOutbox,
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

// AddFact records a fact about a message.
func (tx *Tx) AddFact(message string, send *EmailSend, f Fact) error {
	return tx.exec("INSERT INTO facts (message_id, profile_id, template_id, type, detail, at) VALUES (?, ?, ?, ?, ?, ?)",
		message, send.ProfileID, send.TemplateID, f.Type, f.Detail, f.At)
}

// Facts are what happened to a message, in order.
func (tx *Tx) Facts(message string) ([]Fact, error) {
	return all(tx, readFact, "SELECT type, detail, at FROM facts WHERE message_id = ? ORDER BY seq", message)
}

// FactTimes are when facts of a type happened to the Profile's mail, of one Template or ("") of any, newest first.
func (tx *Tx) FactTimes(profile, kind, template string, since time.Time) ([]time.Time, error) {
	return all(tx, func(r row) time.Time { return r.at(0) },
		"SELECT at FROM facts WHERE profile_id = ?1 AND type = ?2 AND (?3 = '' OR template_id = ?3) AND at >= ?4 ORDER BY at DESC", profile, kind, template, since)
}
