package segmentflow

import "time"

// A carrier is a Broadcast or a Newsletter Issue: it sends one email to an audience. Both have the same lifecycle, so
// their operations have the same parameters and results. The statuses and stats of a Broadcast are documented. All
// other shapes are decided here.
//
// No method in this package sends to an audience immediately. A carrier is sent at its scheduled time, or when a person
// approves its Confirmation in the dashboard.

// Carrier contains the fields that Broadcasts and Newsletter Issues share.
type Carrier struct {
	ID                  string          `json:"id"`
	Name                string          `json:"name"` // empty for a draft without a name
	Status              BroadcastStatus `json:"status"`
	SegmentID           *string         `json:"segmentId"`
	TemplateID          *string         `json:"templateId"`
	SubscriptionGroupID *string         `json:"subscriptionGroupId"`
	Subject             *string         `json:"subject"` // with unresolved bindings
	From                *string         `json:"from"`
	ReplyTo             []string        `json:"replyTo"`
	ScheduledAt         *time.Time      `json:"scheduledAt"` // when it will be sent; nil if it is not scheduled
	StartedAt           *time.Time      `json:"startedAt"`
	CompletedAt         *time.Time      `json:"completedAt"`
	CancelledAt         *time.Time      `json:"cancelledAt"` // when it was stopped while sending
	Stats               CarrierStats    `json:"stats"`
	CreatedAt           time.Time       `json:"createdAt"`
	UpdatedAt           time.Time       `json:"updatedAt"`
}

// BroadcastStatus is the status of a Broadcast (documented) or of a Newsletter Issue. The API may return other values
// than those listed here.
type BroadcastStatus string

// The meaning of each status is decided here. A draft is NotStarted. A scheduled carrier is NotStarted too and has
// ScheduledAt. InProgress means that the audience is being recorded, Triggered that emails are being sent. A carrier
// that was cancelled while it was being sent is Archived and has CancelledAt.
const (
	BroadcastStatusNotStarted BroadcastStatus = "NotStarted"
	BroadcastStatusInProgress BroadcastStatus = "InProgress"
	BroadcastStatusTriggered  BroadcastStatus = "Triggered"
	BroadcastStatusSent       BroadcastStatus = "Sent"
	BroadcastStatusFailed     BroadcastStatus = "Failed"
	BroadcastStatusArchived   BroadcastStatus = "Archived"
	BroadcastStatusWarming    BroadcastStatus = "Warming"
	BroadcastStatusPaused     BroadcastStatus = "Paused"
)

// CarrierStats contains exact counts of a carrier's EmailSends.
type CarrierStats struct {
	Queued int `json:"queued"`
	Sent   int `json:"sent"`
	Failed int `json:"failed"`
}

// Audience counts the possible recipients. Total is the sum of Eligible and all values of Skipped.
type Audience struct {
	Total    int                `json:"total"`
	Eligible int                `json:"eligible"`
	Skipped  map[SkipReason]int `json:"skipped"`
}

// AudienceMember is one Profile of an audience.
type AudienceMember struct {
	ProfileID string `json:"profileId"`
	Email     string `json:"email"`
}

// PreviewCarrierParams selects the recipients that a preview shows. Every field is optional.
type PreviewCarrierParams struct {
	ProfileID string `json:"profileId,omitzero"` // whom the sample is rendered for; the first recipient by default
	Limit     int    `json:"limit,omitzero"`     // number of recipients to list: 1 to 100, 10 by default
}

// CarrierPreview contains the audience and one rendered email at the time AsOf.
type CarrierPreview struct {
	AsOf       time.Time        `json:"asOf"`
	Audience   Audience         `json:"audience"`
	Recipients []AudienceMember `json:"recipients"` // the first eligible Profiles, in a stable order
	Sample     *PreviewSample   `json:"sample"`     // nil if there is no recipient or no content
}

// PreviewSample is the email as one Profile would get it.
type PreviewSample struct {
	ProfileID string           `json:"profileId"`
	Email     string           `json:"email"`
	Subject   string           `json:"subject"`
	HTML      string           `json:"html"`
	Text      string           `json:"text"`
	Missing   []MissingBinding `json:"missing"`
}

// MissingBinding is a binding of the content for which there is no value. It is rendered as empty text.
type MissingBinding struct {
	Path    string `json:"path"`    // the JSON pointer of the binding
	Element string `json:"element"` // key of the element with the binding; empty for the subject and the preheader
	Prop    string `json:"prop"`
}

// SendTestParams names the one recipient of a test: a Profile or an address, not both.
type SendTestParams struct {
	ProfileID string `json:"profileId,omitzero"`
	Email     string `json:"email,omitzero"`
}

// ScheduleCarrierParams sets the time at which a carrier is sent. Set exactly one field, to at least one minute ahead.
// Its JSON is the body of the request.
type ScheduleCarrierParams struct {
	ScheduledAt time.Time     `json:"-"` // sent in UTC
	ScheduledIn time.Duration `json:"-"` // whole minutes from the moment the server receives the request, by its clock
}

// Confirmation asks a person to approve or reject a carrier. The person opens ConfirmationURL and signs in to the
// dashboard. A Confirmation allows one approval within 15 minutes. Any change to what would be sent voids it.
type Confirmation struct {
	ConfirmationID  string             `json:"confirmationId"`
	ConfirmationURL string             `json:"confirmationUrl"`
	ExpiresAt       time.Time          `json:"expiresAt"`
	AudienceCount   int                `json:"audienceCount"` // number of eligible recipients
	SubjectPreview  string             `json:"subjectPreview"`
	SenderProfile   ConfirmationSender `json:"senderProfile"`
}

// ConfirmationSender is the SenderProfile that the email would be sent from.
type ConfirmationSender struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	FromEmail string `json:"fromEmail"`
}

// CarrierResults contains the outcome of a carrier so far.
type CarrierResults struct {
	Status BroadcastStatus `json:"status"`
	Stats  CarrierStats    `json:"stats"`
	Detail ResultDetail    `json:"detail"`
}

// ResultDetail counts recipients. Audience is the sum of Eligible and all values of Skipped. Eligible is the sum of
// Queued, Processing, Sent, Failed, SkippedAtSend and Cancelled. The fields after Cancelled count what happened to sent
// emails. Test sends never count.
type ResultDetail struct {
	Audience      int                `json:"audience"`
	Eligible      int                `json:"eligible"`
	Skipped       map[SkipReason]int `json:"skipped"`
	Queued        int                `json:"queued"`
	Processing    int                `json:"processing"`
	Sent          int                `json:"sent"`
	Failed        int                `json:"failed"`
	SkippedAtSend int                `json:"skippedAtSend"` // eligible at the start, skipped just before the send
	Cancelled     int                `json:"cancelled"`
	Delivered     int                `json:"delivered"`
	Bounced       int                `json:"bounced"`
	Complained    int                `json:"complained"`
	Opened        Engagement         `json:"opened"`
	Clicked       Engagement         `json:"clicked"`
	Unsubscribed  int                `json:"unsubscribed"`
}

// Engagement counts the recipients who did something (Unique), and how often they did it together (Total).
type Engagement struct {
	Unique int `json:"unique"`
	Total  int `json:"total"`
}
