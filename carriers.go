package segmentflow

import (
	"fmt"
	"time"
)

// A carrier is what takes one mail to an audience: a Broadcast or a Newsletter Issue. Both have one lifecycle, so what
// their operations take and give is the same. The shapes are decided here, but the statuses and stats of a Broadcast,
// which are documented.
//
// Nothing in this package sends to an audience now. A carrier leaves at the time it is scheduled for, or when a person
// approves its Confirmation in the dashboard.

// Carrier is what a Broadcast and a Newsletter Issue have in common.
type Carrier struct {
	ID                  string          `json:"id"`
	Name                string          `json:"name"` // empty for a draft without one
	Status              BroadcastStatus `json:"status"`
	SegmentID           *string         `json:"segmentId"`
	TemplateID          *string         `json:"templateId"`
	SubscriptionGroupID *string         `json:"subscriptionGroupId"`
	Subject             *string         `json:"subject"` // with its bindings, not resolved
	From                *string         `json:"from"`
	ReplyTo             []string        `json:"replyTo"`
	ScheduledAt         *time.Time      `json:"scheduledAt"` // set: it leaves then
	StartedAt           *time.Time      `json:"startedAt"`
	CompletedAt         *time.Time      `json:"completedAt"`
	CancelledAt         *time.Time      `json:"cancelledAt"` // when it was stopped while sending
	Stats               CarrierStats    `json:"stats"`
	CreatedAt           time.Time       `json:"createdAt"`
	UpdatedAt           time.Time       `json:"updatedAt"`
}

// BroadcastStatus says where a Broadcast stands (documented), and a Newsletter Issue too. Values that are not listed here
// may come.
type BroadcastStatus string

// What each one means is decided here: a draft is NotStarted and so is a scheduled carrier, which has ScheduledAt;
// InProgress takes the audience's snapshot, Triggered sends; one that was cancelled while sending is Archived with
// CancelledAt.
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

// CarrierStats counts a carrier's EmailSends exactly.
type CarrierStats struct {
	Queued int `json:"queued"`
	Sent   int `json:"sent"`
	Failed int `json:"failed"`
}

// Audience counts who would get the mail: Total is Eligible and all of Skipped together.
type Audience struct {
	Total    int            `json:"total"`
	Eligible int            `json:"eligible"`
	Skipped  map[string]int `json:"skipped"` // by reason: unsubscribed, not_opted_in, suppressed_bounce, suppressed_complaint, …
}

// AudienceMember is one Profile of an audience.
type AudienceMember struct {
	ProfileID string `json:"profileId"`
	Email     string `json:"email"`
}

// PreviewCarrierParams says whom a preview shows. All of it is optional.
type PreviewCarrierParams struct {
	ProfileID string `json:"profileId,omitzero"` // for whom the sample is rendered; the first recipient by default
	Limit     int    `json:"limit,omitzero"`     // how many recipients to list: 1 to 100, 10 by default
}

// CarrierPreview is the audience and one rendered mail as of now.
type CarrierPreview struct {
	AsOf       time.Time        `json:"asOf"`
	Audience   Audience         `json:"audience"`
	Recipients []AudienceMember `json:"recipients"` // the first eligible ones, in a stable order
	Sample     *PreviewSample   `json:"sample"`     // nil when there is nobody or nothing to render
}

// PreviewSample is the mail as one Profile would get it.
type PreviewSample struct {
	ProfileID string           `json:"profileId"`
	Email     string           `json:"email"`
	Subject   string           `json:"subject"`
	HTML      string           `json:"html"`
	Text      string           `json:"text"`
	Missing   []MissingBinding `json:"missing"`
}

// MissingBinding is a binding of the content that found nothing and is rendered as nothing.
type MissingBinding struct {
	Path    string `json:"path"`    // the pointer that was read
	Element string `json:"element"` // key of the element that reads it; empty for the subject and the preheader
	Prop    string `json:"prop"`
}

// Preflight says whether a carrier could leave now, and what is worth a second look.
type Preflight struct {
	Ready       bool               `json:"ready"` // there are no blockers
	CheckedAt   time.Time          `json:"checkedAt"`
	ContentHash string             `json:"contentHash"` // of all that would go out; a Confirmation is bound to it
	Blockers    []PreflightFinding `json:"blockers"`
	Warnings    []PreflightFinding `json:"warnings"`
	Audience    Audience           `json:"audience"`
}

// PreflightFinding is one blocker or warning.
type PreflightFinding struct {
	Code    string         `json:"code"`    // such as no_recipients, domain_unverified, bindings_missing
	Message string         `json:"message"` // for people
	Details map[string]any `json:"details,omitzero"`
}

// SendTestParams names the one recipient of a test: by Profile or by address, not both.
type SendTestParams struct {
	ProfileID string `json:"profileId,omitzero"`
	Email     string `json:"email,omitzero"`
}

// ScheduleCarrierParams says when a carrier leaves: one of both, at least one minute ahead.
type ScheduleCarrierParams struct {
	ScheduledAt time.Time     // sent in UTC
	ScheduledIn time.Duration // from the receipt of the request, by the server's clock; whole minutes
}

// Confirmation hands a carrier to a person, who approves or rejects it at ConfirmationURL, signed in to the dashboard. It
// is good for one approval within 15 minutes, and void after any change of what would go out.
type Confirmation struct {
	ConfirmationID  string             `json:"confirmationId"`
	ConfirmationURL string             `json:"confirmationUrl"`
	ExpiresAt       time.Time          `json:"expiresAt"`
	AudienceCount   int                `json:"audienceCount"` // eligible recipients
	SubjectPreview  string             `json:"subjectPreview"`
	SenderProfile   ConfirmationSender `json:"senderProfile"`
}

// ConfirmationSender is the SenderProfile that the mail would come from.
type ConfirmationSender struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	FromEmail string `json:"fromEmail"`
}

// CarrierResults is what became of a carrier so far.
type CarrierResults struct {
	Status BroadcastStatus `json:"status"`
	Stats  CarrierStats    `json:"stats"`
	Detail ResultDetail    `json:"detail"`
}

// ResultDetail counts recipients: Audience is Eligible and all of Skipped together; Eligible is Queued, Processing, Sent,
// Failed, SkippedAtSend and Cancelled together. What follows are facts of delivered mail. Test sends never count.
type ResultDetail struct {
	Audience      int            `json:"audience"`
	Eligible      int            `json:"eligible"`
	Skipped       map[string]int `json:"skipped"` // by reason
	Queued        int            `json:"queued"`
	Processing    int            `json:"processing"`
	Sent          int            `json:"sent"`
	Failed        int            `json:"failed"`
	SkippedAtSend int            `json:"skippedAtSend"` // eligible at the snapshot, held back just before the send
	Cancelled     int            `json:"cancelled"`
	Delivered     int            `json:"delivered"`
	Bounced       int            `json:"bounced"`
	Complained    int            `json:"complained"`
	Opened        Engagement     `json:"opened"`
	Clicked       Engagement     `json:"clicked"`
	Unsubscribed  int            `json:"unsubscribed"`
}

// Engagement counts how many recipients did a thing, and how often they did it together.
type Engagement struct {
	Unique int `json:"unique"`
	Total  int `json:"total"`
}

// scheduleBody is ScheduleCarrierParams on the wire.
type scheduleBody struct {
	ScheduledAt any `json:"scheduledAt"`
}

// scheduled gives params for the wire. Without any time nothing is sent: what a server makes of a schedule without one is
// not documented, and it must not be "now".
func (is *issues) scheduled(params *ScheduleCarrierParams) any {
	if params == nil {
		return params
	}
	at := is.scheduledAt(params.ScheduledAt, params.ScheduledIn)
	if at == nil && len(is.list) == 0 {
		is.add("body", "/scheduledAt", "required", "must not be empty")
	}
	return scheduleBody{at}
}

// scheduledAt gives the two ways to name a time as the API's one: a time, a span such as "in 2 hours", or nil.
func (is *issues) scheduledAt(at time.Time, in time.Duration) any {
	const most = 9999 // of any unit
	switch {
	case !at.IsZero() && in != 0:
		is.add("body", "/scheduledAt", "conflict", "is given both as a time and as a span")
	case !at.IsZero():
		return at.UTC()
	case in == 0:
	case in < time.Minute || in%time.Minute != 0:
		is.add("body", "/scheduledAt", "min", "as a span must be whole minutes, at least one")
	case in == time.Hour:
		return "in 1 hour" // the one spelling that is documented
	case in%time.Hour == 0 && in <= most*time.Hour:
		return fmt.Sprintf("in %d hours", in/time.Hour)
	case in <= most*time.Minute:
		return fmt.Sprintf("in %d minutes", in/time.Minute)
	default:
		is.add("body", "/scheduledAt", "max", "as a span must be at most 9999 minutes or 9999 hours")
	}
	return nil
}
