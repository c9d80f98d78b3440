package segmentflow

import (
	"context"
	"net/http"
	"time"
)

// Documented: sending one email, sending a batch, retrieving one. SendAll is this package's, over batches.

// EmailsService sends and retrieves single emails. It is [Client].Emails.
type EmailsService struct{ client *Client }

// SendEmailParams is one email from one saved Template to one Profile.
type SendEmailParams struct {
	TemplateID          string     `json:"templateId,omitzero"`          // required; a Transactional Template
	To                  *Recipient `json:"to,omitzero"`                  // required unless ProfileID is given
	ProfileID           string     `json:"profileId,omitzero"`           // the recipient; without To.Email its own address is used
	SenderProfileID     string     `json:"senderProfileId,omitzero"`     // instead of the Template's
	From                string     `json:"from,omitzero"`                // bare or "Name <address>": a SenderProfile on a verified domain
	ReplyTo             string     `json:"replyTo,omitzero"`             // bare or "Name <address>", on a verified domain
	Subject             string     `json:"subject,omitzero"`             // literal, instead of the Template's; at most 998 characters
	SubscriptionGroupID string     `json:"subscriptionGroupId,omitzero"` // who is not subscribed gets a Skipped send
	CC                  []string   `json:"cc,omitempty"`                 // at most 50, bare or "Name <address>"; no Profile is made of them
	BCC                 []string   `json:"bcc,omitempty"`                // as CC; never shown in a reply
	Data                any        `json:"data,omitzero"`                // a map or struct; /data/* in the Template
	Tracking            *Tracking  `json:"tracking,omitzero"`
}

// Recipient identifies a Profile or makes it; at least one member is needed. It never rewrites the Profile's own address
// (decided here).
type Recipient struct {
	Email      string `json:"email,omitzero"`
	ExternalID string `json:"externalId,omitzero"` // the Profile's id in the caller's own system
}

// Tracking says what to observe of the delivered mail.
type Tracking struct {
	Clicks bool `json:"clicks"` // false by default (decided here)
}

// EmailSend is one email with its frozen envelope. It never holds BCC, data or the idempotency key (documented).
type EmailSend struct {
	ID                  string           `json:"id"`
	Status              EmailSendStatus  `json:"status"`
	TemplateID          string           `json:"templateId"`
	TemplateSnapshotID  string           `json:"templateSnapshotId"` // the Template's version that this send uses
	SenderProfileID     string           `json:"senderProfileId"`
	ProfileID           string           `json:"profileId"`
	From                Mailbox          `json:"from"`
	ReplyTo             *Mailbox         `json:"replyTo"`
	Subject             string           `json:"subject"` // resolved
	To                  RecipientAddress `json:"to"`
	CC                  []Mailbox        `json:"cc"`
	SubscriptionGroupID *string          `json:"subscriptionGroupId"`
	MessageID           *string          `json:"messageId"`      // nil until the mail leaves
	FailureMessage      *string          `json:"failureMessage"` // why it is Failed or Skipped
	CreatedAt           time.Time        `json:"createdAt"`
	UpdatedAt           time.Time        `json:"updatedAt"`
}

// EmailSendStatus says where a send stands (documented). Values that are not listed here may come.
type EmailSendStatus string

// Sent, Failed and Skipped are final.
const (
	EmailSendStatusQueued     EmailSendStatus = "Queued"
	EmailSendStatusProcessing EmailSendStatus = "Processing"
	EmailSendStatusSent       EmailSendStatus = "Sent"
	EmailSendStatusFailed     EmailSendStatus = "Failed"
	EmailSendStatusSkipped    EmailSendStatus = "Skipped"
)

// Mailbox is an address with its display name, which may be nil.
type Mailbox struct {
	Email string  `json:"email"`
	Name  *string `json:"name"`
}

// RecipientAddress is where a mail goes, spelt as the caller spelt it.
type RecipientAddress struct {
	Email string `json:"email"`
}

// Send creates one EmailSend and enqueues its delivery (documented, scope emails:write). The send that comes back is
// usually Queued; [EmailsService.Retrieve] tells what became of it. Repeating the call with its idempotency key replays
// the first reply. Errors beside the usual: ErrValidationFailed with Details["reason"], ErrNotFound for an id,
// ErrIdentityConflict, ErrIdempotencyKeyReuse.
func (s *EmailsService) Send(ctx context.Context, params *SendEmailParams, opts ...CallOption) (*EmailSend, error) {
	r := request{method: http.MethodPost, route: "/api/v1/emails", body: params, keyed: true}
	if params != nil {
		body := *params
		body.Data = r.issues.object("/data", params.Data)
		r.body = body
	}
	return call[EmailSend](ctx, s.client, r, opts)
}

// Retrieve gives an EmailSend as it stands now (documented, scope emails:read), or ErrNotFound.
func (s *EmailsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*EmailSend, error) {
	return call[EmailSend](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/emails/{id}", path: []string{id}}, opts)
}
