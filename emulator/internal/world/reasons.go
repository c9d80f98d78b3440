package world

// Why an act is refused, a mail is not made, or a preflight has something to say: the contract's words, each in one place.

// The codes of a Problem.
const (
	CodeConflict       = "identity_conflict"
	CodeExpired        = "prepared_send_expired"
	CodeInternal       = "internal_error"
	CodeInvalidRequest = "invalid_request"
	CodeInvalidState   = "invalid_state"
	CodeNotFound       = "not_found"
	CodeUnavailable    = "unavailable"
	CodeUnacceptable   = "validation_failed"
)

// The reasons of an unacceptable request.
const (
	reasonEnrollmentSkipped      = "enrollment_skipped"
	reasonIssueNumberTaken       = "issue_number_taken"
	reasonJourneyNotAPIEntry     = "journey_not_api_entry"
	reasonOccurredAtInFuture     = "occurred_at_in_future"
	reasonPreflightFailed        = "preflight_failed"
	reasonRecipientEmailRequired = "recipient_email_required"
	reasonReplyToUnverified      = "reply_to_unverified"
	reasonScheduleInPast         = "schedule_in_past"
	reasonSenderMismatch         = "sender_mismatch"
	reasonSenderUnverified       = "sender_unverified"
	reasonTemplateIncomplete     = "template_incomplete"
	reasonTemplateInvalid        = "template_invalid"
	reasonTemplatePurpose        = "template_purpose"
)

// Why a run is not begun, or ends, from outside of its Journey's nodes.
const (
	reasonJourneyArchived = "journey_archived"
	reasonSuppressed      = "suppressed"
	reasonLoopGuard       = "loop_guard"
)

// The blockers of a preflight. Some of them also refuse a request, or fail the mail of an email node.
const (
	reasonSegmentMissing           = "segment_missing"
	reasonAllRecipientsSuppressed  = "all_recipients_suppressed"
	reasonNoRecipients             = "no_recipients"
	reasonSubscriptionGroupMissing = "subscription_group_missing"
	reasonTemplateMissing          = "template_missing"
	reasonTemplateArchived         = "template_archived"
	reasonPurposeTransactional     = "purpose_transactional"
	reasonSubjectEmpty             = "subject_empty"
	reasonBodyEmpty                = "body_empty"
	reasonUnsubscribeLinkMissing   = "unsubscribe_link_missing"
	reasonSenderMissing            = "sender_missing"
	reasonDomainUnverified         = "domain_unverified"
	reasonRenderFailed             = "render_failed"
)

// The warnings of a preflight.
const (
	reasonLargeSuppressedShare = "large_suppressed_share"
	reasonDMARCMissing         = "dmarc_missing"
	reasonBindingsMissing      = "bindings_missing"
	reasonSubjectLong          = "subject_long"
	reasonHTMLSize             = "html_size"
	reasonPostalAddressMissing = "postal_address_missing"
	reasonTestNotSent          = "test_not_sent"
	reasonIdenticalRecentSend  = "identical_recent_send"
)

// preflightTexts say what blockers and warnings mean.
var preflightTexts = map[string]string{
	reasonSegmentMissing:           "There is no Segment that says who gets the mail.",
	reasonAllRecipientsSuppressed:  "Every address of the audience is suppressed.",
	reasonNoRecipients:             "Nobody of the audience may get the mail.",
	reasonSubscriptionGroupMissing: "There is no SubscriptionGroup whose consent decides.",
	reasonTemplateMissing:          "There is no Template to send.",
	reasonTemplateArchived:         "The Template is archived.",
	reasonPurposeTransactional:     "A Transactional Template does not go to an audience.",
	reasonSubjectEmpty:             "The mail has no subject.",
	reasonBodyEmpty:                "The mail has no body.",
	reasonUnsubscribeLinkMissing:   "The mail has no link to /system/unsubscribeUrl or /system/preferencesUrl.",
	reasonSenderMissing:            "No SenderProfile has the address that the mail would come from.",
	reasonDomainUnverified:         "The sender's domain is not verified.",
	reasonRenderFailed:             "The mail cannot be rendered for any of its recipients, or has no subject then.",
	reasonLargeSuppressedShare:     "Many addresses of the audience are suppressed.",
	reasonDMARCMissing:             "The sender's domain has no DMARC policy.",
	reasonBindingsMissing:          "Some bindings find nothing.",
	reasonSubjectLong:              "The subject is long.",
	reasonHTMLSize:                 "The HTML is so large that mail programs cut it off.",
	reasonPostalAddressMissing:     "The mail does not show the Organization's postal address.",
	reasonTestNotSent:              "This content has not been sent as a test.",
	reasonIdenticalRecentSend:      "The same content went to the same audience within 24 hours.",
}
