package store

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A Tx has EmailSends and messages that it has not written yet, and their tables are used through a Tx. So their types
// are declared in a file below both.

// Mailbox is an address and its display name. The name may be empty.
type Mailbox struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// EmailSend is one email that was accepted for sending, with its frozen envelope.
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
	Why                                                            string // why it did not render, or ""
	CreatedAt, UpdatedAt                                           time.Time

	// CallKey is the idempotency key of the call, or of the item of a batch, that made the EmailSend, "" if it had
	// none. Fingerprint identifies the request.
	CallKey     string
	Fingerprint []byte
}

// Accepted returns the EmailSend as it was when it was accepted.
func (send *EmailSend) Accepted() *EmailSend {
	accepted := *send
	accepted.Status, accepted.MessageID, accepted.FailureMessage = SendQueued, "", ""
	accepted.UpdatedAt = send.CreatedAt
	return &accepted
}

// Copies returns the addresses that are to get a copy, each once.
func (send *EmailSend) Copies() (copies []string) {
	for _, box := range slices.Concat(send.CC, send.BCC) {
		if !slices.ContainsFunc(copies, func(known string) bool { return strings.EqualFold(known, box.Email) }) {
			copies = append(copies, box.Email)
		}
	}
	return copies
}

func (send *EmailSend) columns(r *row) {
	r.seq(&send.Seq)
	r.column("id", &send.ID)
	r.column("status", &send.Status)
	r.column("template_id", &send.TemplateID)
	r.column("template_snapshot_id", &send.SnapshotID)
	r.column("sender_profile_id", &send.SenderProfileID)
	r.column("profile_id", &send.ProfileID)
	r.column("from_email", &send.From.Email)
	r.nullable("from_name", &send.From.Name)
	r.nullable("reply_to", &send.ReplyTo)
	r.column("subject", &send.Subject)
	r.column("to_email", &send.To)
	r.nullable("cc", &send.CC)
	r.nullable("bcc", &send.BCC)
	r.nullable("subscription_group_id", &send.SubscriptionGroupID)
	r.column("track_clicks", &send.TrackClicks)
	r.column("carrier_type", &send.CarrierType)
	r.nullable("carrier_id", &send.CarrierID)
	r.nullable("key", &send.Key)
	send.messageID(r)
	r.nullable("failure_message", &send.FailureMessage)
	r.nullable("why", &send.Why)
	r.column("created_at", &send.CreatedAt)
	r.column("updated_at", &send.UpdatedAt)
	r.nullable("call_key", &send.CallKey)
	r.nullable("fingerprint", &send.Fingerprint)
}

// messageID lists the column message_id, which is NULL if the id follows from that of the EmailSend.
func (send *EmailSend) messageID(r *row) {
	own := send.ownMessageID()
	r.nullable("message_id", &own)
	if r.purpose != reading {
		return
	}
	if send.MessageID = own; own == "" && send.Status == SendSent {
		send.MessageID = MessageIDOf(send.ID)
	}
}

// ownMessageID returns the id of the message, "" if it follows from the id of the EmailSend.
func (send *EmailSend) ownMessageID() string {
	if send.Status == SendSent {
		id, err := uuid.Parse(send.MessageID)
		if follows, ok := maskedID(send.ID); err == nil && ok && id == follows {
			return ""
		}
	}
	return send.MessageID
}

// MessageIDOf returns the id of the message of the EmailSend with an id, or the id of the EmailSend of the message with
// an id, if that was not drawn at random. Of what is no uuid it returns "".
func MessageIDOf(id string) string {
	other, ok := maskedID(id)
	if !ok {
		return ""
	}
	return other.String()
}

// maskedID returns another uuid of the same version and variant.
func maskedID(id string) (other uuid.UUID, ok bool) {
	const mask = "\x5a\x3c\x96\xe1\x7b\x2d\x0f\x48\x0c\x9d\xe4\x6b\x1a\x87\xf3\x52"
	other, err := uuid.Parse(id)
	for i := range other {
		other[i] ^= mask[i]
	}
	return other, err == nil
}

// Message is a rendered email. SentAt is zero until it is sent.
type Message struct {
	ID, SendID, Subject, HTML, Text string
	Headers                         [][2]string
	Missing                         json.RawMessage
	Dropped                         []DroppedCopy
	SentAt                          time.Time
	Seq                             int
	Base                            *MessageBase // for AddSend: what to store the message as changes to, or nil
}

// DroppedCopy is a cc or bcc address that did not get the email, and why: a skip reason if the copy was left out before
// the email was sent, so that no header names it.
type DroppedCopy struct {
	Email  string `json:"email"`
	Reason string `json:"reason"`
}

// WithoutSuppressed returns the mailboxes whose copies were not left out before the email was sent.
func (message *Message) WithoutSuppressed(boxes []Mailbox) []Mailbox {
	return slices.DeleteFunc(slices.Clone(boxes), func(box Mailbox) bool {
		return slices.ContainsFunc(message.Dropped, func(copied DroppedCopy) bool {
			return strings.EqualFold(copied.Email, box.Email) && strings.HasPrefix(copied.Reason, SkipSuppressed)
		})
	})
}

// MessageBase is what the emails of one carrier, or of one snapshot of a Template, have in common. It is empty until
// there is a second one.
type MessageBase struct {
	ID         int
	Owner      string // the id of the carrier or the snapshot
	HTML, Text string

	Unfit bool // the emails have too little in common; not stored
}

func (message *Message) columns(r *row) {
	r.column("subject", &message.Subject)
	r.column("html", &message.HTML)
	r.column("text", &message.Text)
	r.column("headers", &message.Headers)
	r.column("missing", &message.Missing)
	r.nullable("dropped", &message.Dropped)
}

func (base *MessageBase) columns(r *row) {
	r.seq(&base.ID)
	r.column("owner", &base.Owner)
	r.column("html", &base.HTML)
	r.column("text", &base.Text)
}
