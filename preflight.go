package segmentflow

import (
	"encoding/json"
	"time"
)

// Preflight reports whether a carrier could be sent now, and what deserves a second look.
type Preflight struct {
	Ready     bool      `json:"ready"` // true if there are no blockers
	CheckedAt time.Time `json:"checkedAt"`
	// ContentHash is a hash of everything that would be sent. A Confirmation is valid only for this hash.
	ContentHash string             `json:"contentHash"`
	Blockers    []PreflightFinding `json:"blockers"`
	Warnings    []PreflightFinding `json:"warnings"`
	Audience    Audience           `json:"audience"`
}

// PreflightFinding is one blocker or warning.
type PreflightFinding struct {
	Code    PreflightCode `json:"code"`
	Message string        `json:"message"` // for people
	// Details depends on Code. Numbers are json.Number, which keeps their digits. TypedDetails has the known members.
	Details map[string]any `json:"details,omitzero"`
}

// PreflightCode is the code of a blocker or of a warning. The API may return other codes than those listed here.
type PreflightCode string

// The blockers. A carrier with a blocker cannot be scheduled, confirmed or sent.
const (
	BlockerNoRecipients             PreflightCode = "no_recipients" // nobody in the audience can get the email
	BlockerSegmentMissing           PreflightCode = "segment_missing"
	BlockerTemplateMissing          PreflightCode = "template_missing"
	BlockerTemplateArchived         PreflightCode = "template_archived"
	BlockerPurposeTransactional     PreflightCode = "purpose_transactional" // such a Template is for single emails
	BlockerSubjectEmpty             PreflightCode = "subject_empty"
	BlockerBodyEmpty                PreflightCode = "body_empty"
	BlockerSenderMissing            PreflightCode = "sender_missing" // no SenderProfile has the address of From
	BlockerDomainUnverified         PreflightCode = "domain_unverified"
	BlockerSubscriptionGroupMissing PreflightCode = "subscription_group_missing"
	BlockerUnsubscribeLinkMissing   PreflightCode = "unsubscribe_link_missing"
	BlockerRenderFailed             PreflightCode = "render_failed"
	BlockerAllRecipientsSuppressed  PreflightCode = "all_recipients_suppressed"
)

// The warnings. They prevent nothing.
const (
	WarningLinkDead             PreflightCode = "link_dead" // a link or an image of the html does not work in email
	WarningBindingsMissing      PreflightCode = "bindings_missing"
	WarningSubjectLong          PreflightCode = "subject_long"
	WarningHTMLSize             PreflightCode = "html_size" // mail programs cut off what is longer
	WarningLargeSuppressedShare PreflightCode = "large_suppressed_share"
	WarningPostalAddressMissing PreflightCode = "postal_address_missing"
	WarningTestNotSent          PreflightCode = "test_not_sent" // for this content
	WarningIdenticalRecentSend  PreflightCode = "identical_recent_send"
	WarningDMARCMissing         PreflightCode = "dmarc_missing"
)

// PreflightDetails has the members of a finding's Details that are known (decided here). A member that the finding does
// not have is zero.
type PreflightDetails struct {
	Audience   int           `json:"audience,omitzero"`   // no_recipients: number of Profiles in the audience
	Suppressed int           `json:"suppressed,omitzero"` // all_recipients_suppressed: number of Profiles
	Share      float64       `json:"share,omitzero"`      // large_suppressed_share: part of the audience, 0 to 1
	Domain     string        `json:"domain,omitzero"`     // domain_unverified, dmarc_missing
	Recipients int           `json:"recipients,omitzero"` // render_failed: number of emails that were tried
	Count      int           `json:"count,omitzero"`      // link_dead: number of links
	Links      []DeadLink    `json:"links,omitzero"`      // link_dead: the first 20
	Sampled    int           `json:"sampled,omitzero"`    // bindings_missing: number of emails that were tried
	Missing    []MissingRate `json:"missing,omitzero"`    // bindings_missing
	Characters int           `json:"characters,omitzero"` // subject_long: of the longest subject
	Bytes      int           `json:"bytes,omitzero"`      // html_size: of the largest HTML
	Limit      int           `json:"limit,omitzero"`      // subject_long, html_size: above this there is a warning
}

// DeadLink is a link or an image that does not work in email.
type DeadLink struct {
	Line      int    `json:"line"` // of the html, from 1
	Element   string `json:"element"`
	Attribute string `json:"attribute"`
	URL       string `json:"url"`
}

// MissingRate is a binding without a value, and the part of the emails, 0 to 1, in which it has none.
type MissingRate struct {
	MissingBinding

	Share float64 `json:"share"`
}

// TypedDetails returns Details as a struct. A member of another type than documented is zero.
func (f *PreflightFinding) TypedDetails() PreflightDetails {
	var details PreflightDetails
	raw, err := json.Marshal(f.Details)
	if err == nil {
		_ = json.Unmarshal(raw, &details) // skips a member of another type
	}
	return details
}

// UnmarshalJSON decodes a finding. It keeps the digits of the numbers in Details.
func (f *PreflightFinding) UnmarshalJSON(data []byte) error {
	type plain PreflightFinding
	return unmarshalExact(data, (*plain)(f))
}

// Blockers returns the blockers of a carrier that cannot be sent, if Reason is [ReasonPreflightFailed]. It returns nil
// for any other error.
func (e *Error) Blockers() []PreflightFinding {
	var blockers []PreflightFinding
	raw, err := json.Marshal(e.Details["blockers"])
	if err == nil {
		_ = json.Unmarshal(raw, &blockers) // skips a member of another type
	}
	return blockers
}
