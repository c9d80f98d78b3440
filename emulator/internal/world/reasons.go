package world

import "strings"

// The contract's codes for why an act is refused or a run ends, each in one place. Those of preflights are in package
// carriers.

// The codes of a Problem.
const (
	CodeConflict       = "identity_conflict"
	CodeExpired        = "prepared_send_expired"
	CodeInternal       = "internal_error"
	CodeInvalidRequest = "invalid_request"
	CodeInvalidState   = "invalid_state"
	CodeNotFound       = "not_found"
	CodeUnauthorized   = "unauthorized"
	CodeUnavailable    = "unavailable"
	CodeUnacceptable   = "validation_failed"
)

// The reasons of a 422.
const (
	reasonAssetNotUploaded   = "asset_not_uploaded"
	reasonEnrollmentSkipped  = "enrollment_skipped"
	reasonImageTooLarge      = "image_too_large"
	reasonIssueNumberTaken   = "issue_number_taken"
	ReasonJourneyNotAPIEntry = "journey_not_api_entry"
	ReasonOccurredAtInFuture = "occurred_at_in_future"
	reasonPreflightFailed    = "preflight_failed"
	ReasonEmailRequired      = "recipient_email_required"
	reasonReplyToUnverified  = "reply_to_unverified"
	reasonScheduleInPast     = "schedule_in_past"
	reasonSenderMismatch     = "sender_mismatch"
	ReasonSenderUnverified   = "sender_unverified"
	reasonTemplateIncomplete = "template_incomplete"
	reasonTemplateInvalid    = "template_invalid"
	reasonTemplatePurpose    = "template_purpose"
	reasonUploadContentType  = "upload_content_type"
	reasonUploadExpired      = "upload_expired"
	reasonUploadSize         = "upload_size"
	reasonWebsiteURLRequired = "website_url_required"
)

// SendReasons returns why an EmailSend can be Skipped or Failed. A failureMessage is one of these, and may have more
// after a colon.
func SendReasons() []string {
	return []string{
		SkipUnsubscribed, SkipNotOptedIn, SkipProfileDeleted,
		SkipSuppressed + SuppressedBounce, SkipSuppressed + SuppressedComplaint, SkipSuppressed + SuppressedManual,
		FailureRender, strings.TrimSuffix(FailureRelay, ": "), FailureInterrupted,
	}
}

// Why a run is not started, or ends, for a reason outside of its Journey's nodes.
const (
	reasonJourneyArchived = "journey_archived"
	reasonSuppressed      = "suppressed"
	reasonLoopGuard       = "loop_guard"
)
