package segmentflow

import "strings"

// Reason says which rule a request broke. [Error.Reason] returns it. The API may return other reasons than those listed
// here.
type Reason string

// The reasons of [ErrValidationFailed].
const (
	ReasonTemplateArchived       Reason = "template_archived"
	ReasonTemplatePurpose        Reason = "template_purpose"         // a single email needs a Transactional Template
	ReasonTemplateIncomplete     Reason = "template_incomplete"      // it has no subject, no body or no sender
	ReasonTemplateInvalid        Reason = "template_invalid"         // Error.Issues has every fault
	ReasonSenderUnverified       Reason = "sender_unverified"        // no such SenderProfile, or an unverified domain
	ReasonSenderMismatch         Reason = "sender_mismatch"          // From and SenderProfileID contradict each other
	ReasonSenderMissing          Reason = "sender_missing"           // there is no default for a Newsletter
	ReasonReplyToUnverified      Reason = "reply_to_unverified"      // the domain is not verified
	ReasonRecipientEmailRequired Reason = "recipient_email_required" // a new Profile needs an email
	ReasonOccurredAtInFuture     Reason = "occurred_at_in_future"    // more than 24 hours ahead
	ReasonJourneyNotAPIEntry     Reason = "journey_not_api_entry"    // it starts by an event or a Segment
	ReasonEnrollmentSkipped      Reason = "enrollment_skipped"       // see Error.EnrollmentSkip
	ReasonScheduleInPast         Reason = "schedule_in_past"         // less than a minute ahead
	ReasonPreflightFailed        Reason = "preflight_failed"         // see Error.Blockers
	ReasonIssueNumberTaken       Reason = "issue_number_taken"       // of a Newsletter Issue
	ReasonAssetNotUploaded       Reason = "asset_not_uploaded"       // under the S3Key
	ReasonUploadContentType      Reason = "upload_content_type"      // the file is of another type
	ReasonUploadExpired          Reason = "upload_expired"           // the upload URL
	ReasonUploadSize             Reason = "upload_size"              // the file has another size
	ReasonImageTooLarge          Reason = "image_too_large"          // in pixels
	ReasonWebsiteURLRequired     Reason = "website_url_required"     // the Brand Kit has no website
)

// ReasonDashboardConfirmationRequired is the reason of [ErrSendNotAllowed] for a request that would have sent to an
// audience at once.
const ReasonDashboardConfirmationRequired Reason = "dashboard_confirmation_required"

// Reason returns the reason in Details, or "" if there is none.
func (e *Error) Reason() Reason { return Reason(e.detail("reason")) }

// EnrollmentSkipReason says why a Journey did not start a run. [Error.EnrollmentSkip] returns it. The API may return
// other values than those listed here. The values of rules are decided here.
type EnrollmentSkipReason string

// Why a Journey did not start a run.
const (
	EnrollmentSkipReasonFilterMismatch   EnrollmentSkipReason = "filter_mismatch"   // of the entry
	EnrollmentSkipReasonMissingKey       EnrollmentSkipReason = "missing_key"       // the entry's key has no value
	EnrollmentSkipReasonAudienceMismatch EnrollmentSkipReason = "audience_mismatch" // of the Journey
	EnrollmentSkipReasonAlreadyActive    EnrollmentSkipReason = "already_active"    // a run is still going on
	EnrollmentSkipReasonAlreadyEntered   EnrollmentSkipReason = "already_entered"   // the Journey may be entered once
	EnrollmentSkipReasonCooldown         EnrollmentSkipReason = "cooldown"          // the last run is too recent
	EnrollmentSkipReasonSuppressed       EnrollmentSkipReason = "suppressed"        // the address gets no email
)

// EnrollmentSkip returns why a Journey did not start a run, or "" if Reason is not [ReasonEnrollmentSkipped].
func (e *Error) EnrollmentSkip() EnrollmentSkipReason { return EnrollmentSkipReason(e.detail("skip")) }

// SkipReason says why a Profile got no email. The API may return other values than those listed here.
type SkipReason string

// Why a Profile got no email.
const (
	SkipReasonUnsubscribed        SkipReason = "unsubscribed"
	SkipReasonNotOptedIn          SkipReason = "not_opted_in"
	SkipReasonSuppressedBounce    SkipReason = "suppressed_bounce"
	SkipReasonSuppressedComplaint SkipReason = "suppressed_complaint"
	SkipReasonSuppressedManual    SkipReason = "suppressed_manual"
	SkipReasonProfileDeleted      SkipReason = "profile_deleted"
)

// SkipReason returns why the send was skipped, or "" if its status is not Skipped.
func (s *EmailSend) SkipReason() SkipReason {
	if s.Status != EmailSendStatusSkipped {
		return ""
	}
	return SkipReason(s.failure())
}

// FailureReason says why a send failed. The API may return other values than those listed here (decided here).
type FailureReason string

// Why a send failed.
const (
	FailureReasonTemplateRenderFailed     FailureReason = "template_render_failed"
	FailureReasonTemplateMissing          FailureReason = "template_missing"
	FailureReasonTemplateArchived         FailureReason = "template_archived"
	FailureReasonSubscriptionGroupMissing FailureReason = "subscription_group_missing"
	FailureReasonRelayFailed              FailureReason = "relay_failed" // the mail server refused the email
	FailureReasonRelayInterrupted         FailureReason = "relay_interrupted"
)

// FailureReason returns why the send failed, or "" if its status is not Failed. FailureMessage may have more after a
// colon, such as the code of the mail server.
func (s *EmailSend) FailureReason() FailureReason {
	if s.Status != EmailSendStatusFailed {
		return ""
	}
	return FailureReason(s.failure())
}

// failure returns the part of FailureMessage that is a reason.
func (s *EmailSend) failure() string {
	if s.FailureMessage == nil {
		return ""
	}
	reason, _, _ := strings.Cut(*s.FailureMessage, ":")
	return reason
}
