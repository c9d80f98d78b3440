package segmentflow

// ErrorCode is an error code of the API. It is an error, so that errors.Is can compare it with an [Error]. The API may
// return other codes than those listed here.
type ErrorCode string

// Error returns the code and the name of this package.
func (c ErrorCode) Error() string { return "segmentflow: " + string(c) }

// The codes of an [Error], for errors.Is. The comment of each code begins with its HTTP status.
const (
	ErrInvalidRequest        ErrorCode = "invalid_request"         // 400, or a check before sending; see Error.Issues
	ErrUnauthorized          ErrorCode = "unauthorized"            // 401
	ErrInsufficientScope     ErrorCode = "insufficient_scope"      // 403; see Error.RequiredScopes
	ErrSendNotAllowed        ErrorCode = "send_not_allowed"        // 403
	ErrNotFound              ErrorCode = "not_found"               // 404, Details["resource"] and Details["id"]
	ErrMethodNotAllowed      ErrorCode = "method_not_allowed"      // 405
	ErrIdempotencyKeyReuse   ErrorCode = "idempotency_key_reuse"   // 409, the key belongs to another request
	ErrIdempotencyInProgress ErrorCode = "idempotency_in_progress" // 409, the first call with the key is still running
	ErrConcurrentRedeem      ErrorCode = "concurrent_redeem"       // 409, a confirmation is being redeemed
	ErrIdentityConflict      ErrorCode = "identity_conflict"       // 409, the identifiers belong to two Profiles
	ErrInvalidState          ErrorCode = "invalid_state"           // 409, Details["status"]
	ErrConfirmationExpired   ErrorCode = "prepared_send_expired"   // 410
	ErrPayloadTooLarge       ErrorCode = "payload_too_large"       // 413
	ErrUnsupportedMediaType  ErrorCode = "unsupported_media_type"  // 415
	ErrValidationFailed      ErrorCode = "validation_failed"       // 422; see Error.Reason
	ErrRateLimited           ErrorCode = "rate_limited"            // 429; see Error.RetryAfter
	ErrInternal              ErrorCode = "internal_error"          // 500
	ErrNotImplemented        ErrorCode = "not_implemented"         // 501
	ErrUnavailable           ErrorCode = "unavailable"             // 503; see Error.RetryAfter
)
