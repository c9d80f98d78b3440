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

// Beside are its place in the outbox and when it left, which are read with its message.
var sends = define("email_sends s", (*EmailSend).columns, "org", "outbox", "sent_at")

func (s *EmailSend) columns(r *row) {
	r.seq(&s.Seq)
	r.is("id", &s.ID)
	r.is("status", &s.Status)
	r.is("template_id", &s.TemplateID)
	r.is("template_snapshot_id", &s.SnapshotID)
	r.is("sender_profile_id", &s.SenderProfileID)
	r.is("profile_id", &s.ProfileID)
	r.is("from_email", &s.From.Email)
	r.opt("from_name", &s.From.Name)
	r.opt("reply_to", &s.ReplyTo)
	r.is("subject", &s.Subject)
	r.is("to_email", &s.To)
	r.opt("cc", &s.CC)
	r.opt("bcc", &s.BCC)
	r.opt("subscription_group_id", &s.SubscriptionGroupID)
	r.is("track_clicks", &s.TrackClicks)
	r.is("carrier_type", &s.CarrierType)
	r.opt("carrier_id", &s.CarrierID)
	r.opt("key", &s.Key)
	r.opt("message_id", &s.MessageID)
	r.opt("failure_message", &s.FailureMessage)
	r.is("created_at", &s.CreatedAt)
	r.is("updated_at", &s.UpdatedAt)
}

// AddSend inserts an EmailSend and what was rendered for it, nil for nothing. A message with a Seq has left: that is its place
// in the outbox.
func (tx *Tx) AddSend(s *EmailSend, m *Message) error {
	var outbox, sentAt any
	if m != nil && m.Seq > 0 {
		outbox, sentAt = m.Seq, m.SentAt
	}
	if err := sends.insert(tx, s, tx.Org, outbox, sentAt); err != nil || m == nil {
		return err
	}
	if m.Base == nil {
		return messages.insert(tx, m, s.Seq, nil)
	}
	changes := *m
	changes.HTML, changes.Text = compact(m.Base.HTML, m.HTML), compact(m.Base.Text, m.Text)
	return messages.insert(tx, &changes, s.Seq, m.Base.ID)
}

// Send finds an EmailSend by id, nil when there is none.
func (tx *Tx) Send(id string) (*EmailSend, error) {
	return sends.one(tx, "WHERE s.org = ? AND s.id = ?", tx.Org, id)
}

// Departure is an EmailSend with all that decides whether it may leave.
type Departure struct {
	EmailSend
	Rendered     bool   // it has a message
	Known        bool   // its Profile exists
	Suppressed   string // why its address gets no mail, "" when it may
	Subscription string // what the Profile said of the send's group, "" when nothing
}

var departures = view[Departure]{"SELECT " + sends.columns + `,
	m.send IS NOT NULL, p.id IS NOT NULL, a.suppressed, g.status
	FROM email_sends s
	LEFT JOIN messages m ON m.send = s.seq
	LEFT JOIN profiles p ON p.id = s.profile_id AND p.deleted_at IS NULL
	LEFT JOIN addresses a ON a.org = s.org AND a.email = lower(s.to_email)
	LEFT JOIN subscriptions g ON g.profile_id = s.profile_id AND g.group_id = s.subscription_group_id `,
	func(d *Departure, r *row) {
		d.columns(r)
		d.Rendered, d.Known, d.Suppressed, d.Subscription = r.flag(), r.flag(), r.str(), r.str()
	}}

// Departure finds an EmailSend by id, nil when there is none.
func (tx *Tx) Departure(id string) (*Departure, error) {
	return departures.one(tx, "WHERE s.org = ? AND s.id = ?", tx.Org, id)
}

// EndSend gives an EmailSend its status, the id of its message and why it failed. A Sent one is the last in the outbox.
func (tx *Tx) EndSend(s *EmailSend) error {
	s.UpdatedAt = tx.Now
	if s.Status == SendSent {
		return tx.exec(`UPDATE email_sends SET status = ?, message_id = ?, updated_at = ?, sent_at = ?,
			outbox = (SELECT coalesce(max(outbox), 0) + 1 FROM email_sends WHERE outbox IS NOT NULL) WHERE seq = ?`,
			s.Status, s.MessageID, s.UpdatedAt, s.UpdatedAt, s.Seq)
	}
	return tx.exec("UPDATE email_sends SET status = ?, message_id = ?, failure_message = ?, updated_at = ? WHERE seq = ?",
		s.Status, opt(s.MessageID), opt(s.FailureMessage), s.UpdatedAt, s.Seq)
}

// UnfinishedRelays are the EmailSends that a stopped process left in the hands of the SMTP relay.
func (tx *Tx) UnfinishedRelays() ([]EmailSend, error) {
	return sends.all(tx, "WHERE s.org = ? AND s.status = '"+SendProcessing+"' ORDER BY s.seq", tx.Org)
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

var messages = define("messages m", (*Message).columns, "send", "base")

func (m *Message) columns(r *row) {
	r.is("subject", &m.Subject)
	r.is("html", &m.HTML)
	r.is("text", &m.Text)
	r.is("headers", &m.Headers)
	r.is("missing", &m.Missing)
}

var bases = define("message_bases", (*MessageBase).columns)

func (b *MessageBase) columns(r *row) {
	r.is("id", &b.ID)
	r.is("html", &b.HTML)
	r.is("text", &b.Text)
}

// Mail is a message with the EmailSend it carries out.
type Mail struct {
	Message
	Send EmailSend
}

// AddBase keeps what the mails of a carrier have in common.
func (tx *Tx) AddBase(b MessageBase) error {
	return bases.insert(tx, &b)
}

// Base is what the mails of a carrier have in common, nil when that was not kept.
func (tx *Tx) Base(carrier int) (*MessageBase, error) {
	return bases.one(tx, "WHERE id = ?", carrier)
}

// DropMessage forgets what was rendered for a send that does not leave.
func (tx *Tx) DropMessage(send *EmailSend) error {
	return tx.exec("DELETE FROM messages WHERE send = ?", send.Seq)
}

var mails = view[Mail]{"SELECT " + sends.columns + ", " + messages.columns + `,
	s.sent_at, s.outbox, b.id, b.html, b.text
	FROM email_sends s JOIN messages m ON m.send = s.seq LEFT JOIN message_bases b ON b.id = m.base `, (*Mail).read}

func (m *Mail) read(r *row) {
	m.Send.columns(r)
	m.columns(r)
	m.ID, m.SendID, m.SentAt, m.Seq = m.Send.MessageID, m.Send.ID, r.at(), r.num()
	if base := r.num(); base != 0 {
		m.HTML, m.Text = restore(r.str(), m.HTML), restore(r.str(), m.Text)
	}
}

// Mail finds a message by id, nil when there is none.
func (tx *Tx) Mail(id string) (*Mail, error) {
	return mails.one(tx, "WHERE s.org = ? AND s.message_id = ?", tx.Org, id)
}

// MailFilter narrows the outbox; empty fields do not. Before is the Seq of the last message of the page before.
type MailFilter struct {
	To, TemplateID, Subject, CarrierType, CarrierID string
	Before, Limit                                   int
}

// A send without a carrier of its own is its carrier.
const inOutbox = `WHERE s.org = ? AND s.outbox IS NOT NULL
	AND (?2 = '' OR lower(s.to_email) = ?2) AND (?3 = '' OR s.template_id = ?3) AND (?4 = '' OR instr(m.subject, ?4) > 0)
	AND (?5 = '' OR s.carrier_type = ?5) AND (?6 = '' OR coalesce(s.carrier_id, s.id) = ?6) AND (?7 = 0 OR s.outbox < ?7) `

// Outbox lists the mail that left, newest first. To is a lower-case address, Subject a part of the subject.
func (tx *Tx) Outbox(f MailFilter) ([]Mail, error) {
	if f.Limit <= 0 {
		f.Limit = -1
	}
	return mails.all(tx, inOutbox+"ORDER BY s.outbox DESC LIMIT ?8",
		tx.Org, f.To, f.TemplateID, f.Subject, f.CarrierType, f.CarrierID, f.Before, f.Limit)
}

// CountOutbox counts what Outbox lists, whatever the Limit.
func (tx *Tx) CountOutbox(f MailFilter) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM email_sends s JOIN messages m ON m.send = s.seq "+inOutbox,
		tx.Org, f.To, f.TemplateID, f.Subject, f.CarrierType, f.CarrierID, f.Before)
	return int(n), err
}

// Unsent lists the EmailSends to an address, or all, that ended Skipped or Failed or still wait, newest first.
func (tx *Tx) Unsent(to string, limit int) ([]EmailSend, error) {
	return sends.all(tx, "WHERE s.org = ?1 AND s.status <> '"+SendSent+`'
		AND (?2 = '' OR lower(s.to_email) = ?2) ORDER BY s.seq DESC LIMIT ?3`, tx.Org, to, limit)
}

// Fact is something that happened to a message; Detail is a JSON object.
type Fact struct {
	Type   string
	Detail json.RawMessage
	At     time.Time
}

var facts = define("facts", (*Fact).columns, "send", "profile_id", "template_id")

func (f *Fact) columns(r *row) {
	r.is("type", &f.Type)
	r.is("detail", &f.Detail)
	r.is("at", &f.At)
}

// AddFact records a fact about the message of a send.
func (tx *Tx) AddFact(send *EmailSend, f Fact) error {
	return facts.insert(tx, &f, send.Seq, send.ProfileID, send.TemplateID)
}

// Facts are what happened to the message of a send, in order.
func (tx *Tx) Facts(send *EmailSend) ([]Fact, error) {
	return facts.all(tx, "WHERE send = ? ORDER BY seq", send.Seq)
}

// FactTimes are when facts of a type happened to the Profile's mail, of one Template or ("") of any, newest first.
func (tx *Tx) FactTimes(profile, kind, template string, since time.Time) ([]time.Time, error) {
	return view[time.Time]{"SELECT at FROM facts ", func(t *time.Time, r *row) { *t = r.at() }}.all(tx,
		"WHERE profile_id = ?1 AND type = ?2 AND (?3 = '' OR template_id = ?3) AND at >= ?4 ORDER BY at DESC",
		profile, kind, template, since)
}
