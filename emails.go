package segmentflow

import (
	"context"
	"time"
)

// Documented: sending one email, sending a batch, retrieving one. SendAll is an addition of this package and sends
// batches.

// EmailsService sends and retrieves single emails. It is [Client].Emails.
type EmailsService struct{ client *Client }

// SendEmailParams describes one email from a saved Template to one Profile.
type SendEmailParams struct {
	TemplateID string     `json:"templateId,omitzero"` // required; a Transactional Template
	To         *Recipient `json:"to,omitzero"`         // required unless ProfileID is set

	// ProfileID is the recipient. The email goes to To.Email if that is set, otherwise to the Profile's own address.
	ProfileID       string `json:"profileId,omitzero"`
	SenderProfileID string `json:"senderProfileId,omitzero"` // overrides the Template's
	// From is the address of a SenderProfile on a verified domain, bare or as "Name <address>".
	From string `json:"from,omitzero"`
	// ReplyTo is an address on a verified domain, bare or as "Name <address>".
	ReplyTo string `json:"replyTo,omitzero"`
	// Subject overrides the Template's. It is sent literally and has at most 998 characters.
	Subject string `json:"subject,omitzero"`
	// SubscriptionGroupID names a group. If the recipient is not subscribed to it, the send is Skipped.
	SubscriptionGroupID string `json:"subscriptionGroupId,omitzero"`

	// CC contains at most 50 addresses, bare or as "Name <address>". They do not become Profiles.
	CC  []string `json:"cc,omitempty"`
	BCC []string `json:"bcc,omitempty"` // like CC; never contained in a reply

	Data     any       `json:"data,omitzero"` // a map or struct; /data/* in the Template
	Tracking *Tracking `json:"tracking,omitzero"`
}

// Recipient identifies a Profile, which is created if there is none. At least one field is needed. A Recipient never
// changes the address of an existing Profile (decided here).
type Recipient struct {
	Email      string `json:"email,omitzero"`
	ExternalID string `json:"externalId,omitzero"` // the Profile's id in your own system
}

// Tracking selects what is recorded about a delivered email.
type Tracking struct {
	Clicks bool `json:"clicks"` // false by default (decided here)
}

// EmailSend is one email, with sender, recipients and subject fixed when it was accepted. It never contains BCC, data
// or the idempotency key (documented).
type EmailSend struct {
	ID                  string           `json:"id"`
	Status              EmailSendStatus  `json:"status"`
	TemplateID          string           `json:"templateId"`
	TemplateSnapshotID  string           `json:"templateSnapshotId"` // the version of the Template that this send uses
	SenderProfileID     string           `json:"senderProfileId"`
	ProfileID           string           `json:"profileId"`
	From                Mailbox          `json:"from"`
	ReplyTo             *Mailbox         `json:"replyTo"`
	Subject             string           `json:"subject"` // with resolved bindings
	To                  RecipientAddress `json:"to"`
	CC                  []Mailbox        `json:"cc"`
	SubscriptionGroupID *string          `json:"subscriptionGroupId"`
	MessageID           *string          `json:"messageId"`      // nil until the email is sent
	FailureMessage      *string          `json:"failureMessage"` // why the send is Failed or Skipped
	CreatedAt           time.Time        `json:"createdAt"`
	UpdatedAt           time.Time        `json:"updatedAt"`
}

// EmailSendStatus is the status of a send (documented). The API may return other values than those listed here.
type EmailSendStatus string

// Sent, Failed and Skipped are final.
const (
	EmailSendStatusQueued     EmailSendStatus = "Queued"
	EmailSendStatusProcessing EmailSendStatus = "Processing"
	EmailSendStatusSent       EmailSendStatus = "Sent"
	EmailSendStatusFailed     EmailSendStatus = "Failed"
	EmailSendStatusSkipped    EmailSendStatus = "Skipped"
)

// Mailbox is an address with its display name. Name is nil if there is none.
type Mailbox struct {
	Email string  `json:"email"`
	Name  *string `json:"name"`
}

// RecipientAddress is the address of a recipient, spelled as in the request.
type RecipientAddress struct {
	Email string `json:"email"`
}

// Send creates one EmailSend and queues its delivery (documented, scope emails:write). The EmailSend is usually Queued
// when Send returns; [EmailsService.Retrieve] returns its later status. If you repeat a call with the same idempotency
// key, you get the first reply again.
//
// Besides the usual errors: ErrValidationFailed with Details["reason"], ErrNotFound for an id in params,
// ErrIdentityConflict, and ErrIdempotencyKeyReuse.
func (s *EmailsService) Send(ctx context.Context, params *SendEmailParams, opts ...CallOption) (*EmailSend, error) {
	req := request{op: sendEmail, body: params, keyed: true}
	if params != nil {
		req.body = params.encode(&req.issues)
	}
	return call[EmailSend](ctx, s.client, req, opts)
}

// encode returns the body of a request: its JSON, or what encoding/json makes of it.
func (params *SendEmailParams) encode(is *issues) any {
	if data, ok, _ := asObject(params.Data); ok {
		item := BatchSendItem{
			TemplateID:          params.TemplateID,
			To:                  params.To,
			ProfileID:           params.ProfileID,
			SenderProfileID:     params.SenderProfileID,
			From:                params.From,
			ReplyTo:             params.ReplyTo,
			Subject:             params.Subject,
			SubscriptionGroupID: params.SubscriptionGroupID,
			CC:                  params.CC,
			BCC:                 params.BCC,
			Data:                data,
			Tracking:            params.Tracking,
		}
		if raw, ok := quickJSON(&item); ok {
			return content{raw, "application/json"}
		}
	}
	body := *params
	body.Data = is.object("/data", params.Data)
	return body
}

// Retrieve returns an EmailSend (documented, scope emails:read). Besides the usual errors: ErrNotFound.
func (s *EmailsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*EmailSend, error) {
	req := request{op: retrieveEmail, path: []string{id}}
	return call[EmailSend](ctx, s.client, req, opts)
}
