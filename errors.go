package segmentflow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// code is an error code of the API as an error, for errors.Is.
type code string

func (c code) Error() string { return "segmentflow: " + string(c) }

// What an [Error] may be, by its code; for use with errors.Is. The HTTP status stands behind each.
const (
	ErrInvalidRequest        = code("invalid_request")         // 400, or a local check; see Error.Issues
	ErrUnauthorized          = code("unauthorized")            // 401
	ErrInsufficientScope     = code("insufficient_scope")      // 403, Details["required"]
	ErrSendNotAllowed        = code("send_not_allowed")        // 403
	ErrNotFound              = code("not_found")               // 404
	ErrIdempotencyKeyReuse   = code("idempotency_key_reuse")   // 409, the key belongs to another request
	ErrIdempotencyInProgress = code("idempotency_in_progress") // 409, the first call with the key is still running
	ErrConcurrentRedeem      = code("concurrent_redeem")       // 409, a confirmation is being redeemed
	ErrIdentityConflict      = code("identity_conflict")       // 409, identifiers name two Profiles
	ErrInvalidState          = code("invalid_state")           // 409, Details["status"]
	ErrConfirmationExpired   = code("prepared_send_expired")   // 410
	ErrValidationFailed      = code("validation_failed")       // 422, Details["reason"]
	ErrRateLimited           = code("rate_limited")            // 429, Error.RetryAfter
	ErrUnavailable           = code("unavailable")             // 503
)

// Error is every way in which a call can fail.
//
// Its text names the route template, the status, the code, the reason, the server's message, the request id and the
// number of attempts; never the API key, a URL, a body or a value of the request.
type Error struct {
	Status         int            // of the answer; 0 when none came, for a local check, and for an item of a batch
	Code           string         // stable, such as "not_found"; empty when the answer is not the API's own
	Message        string         // the server's, for people; may change
	Details        map[string]any // depends on Code
	Issues         []Issue        // with invalid_request and the reason template_invalid, everything that is wrong
	RequestID      string         // x-request-id of the answer
	IdempotencyKey string         // the one sent; empty for a read
	RetryAfter     time.Duration  // what the server asked to wait, 0 when it did not
	Attempts       int            // requests sent, 0 when a local check failed
	Body           []byte         `json:"-"` // the answer as it came, JSON or not; not part of the text

	route string
	cause error
}

// Issue is one thing wrong with a request.
type Issue struct {
	In      string `json:"in"`      // body, query, path or header
	Path    string `json:"path"`    // JSON pointer to the member, present or missing, such as "/to/email"
	Code    string `json:"code"`    // required, type, format, too_long, unknown_field, conflict, malformed, …
	Message string `json:"message"` // for people
}

// Error describes the failure without repeating anything of the request.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("segmentflow")
	if e.route != "" {
		b.WriteString(": " + e.route)
	}
	if head := e.head(); head != "" {
		b.WriteString(": " + head)
	}
	switch {
	case e.Message != "":
		b.WriteString(": " + e.Message)
	case e.Status == 0 && e.cause != nil:
		b.WriteString(": " + e.cause.Error())
	}
	switch {
	case e.RequestID != "":
		fmt.Fprintf(&b, " (request %s, attempts %d)", e.RequestID, e.Attempts)
	case e.Attempts > 0:
		fmt.Fprintf(&b, " (attempts %d)", e.Attempts)
	}
	return b.String()
}

// head is status, code and reason, as far as they are known.
func (e *Error) head() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprint(e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	} else if text := http.StatusText(e.Status); text != "" {
		parts = append(parts, text)
	}
	if reason, ok := e.Details["reason"].(string); ok {
		parts = append(parts, "("+reason+")")
	}
	return strings.Join(parts, " ")
}

// Unwrap gives the cause of a failure that is not the server's: that of a transport, a cancelled context, a reply or
// parameters that are not JSON.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the Err constant of e's code. An answer without a code, as a proxy gives it, counts by its
// status when that is 401, 429 or 503 (decided here).
func (e *Error) Is(target error) bool {
	want, ok := target.(code)
	if !ok {
		return false
	}
	if e.Code != "" {
		return e.Code == string(want)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return want == ErrUnauthorized
	case http.StatusTooManyRequests:
		return want == ErrRateLimited
	case http.StatusServiceUnavailable:
		return want == ErrUnavailable
	}
	return false
}

// decode reads the API's error envelope and reports whether data is one.
func (e *Error) decode(data []byte) bool {
	var envelope struct {
		Error   string          `json:"error"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	if json.Unmarshal(data, &envelope) != nil || envelope.Error == "" {
		return false
	}
	e.Code, e.Message = envelope.Error, envelope.Message
	var details struct {
		Issues []Issue `json:"issues"`
	}
	// Details that are no object, or issues of another shape, must not hide the error itself.
	_ = json.Unmarshal(envelope.Details, &e.Details)
	_ = json.Unmarshal(envelope.Details, &details)
	e.Issues = details.Issues
	return true
}

// issues gathers what is wrong with a request before it is sent.
type issues struct {
	list  []Issue
	cause error
}

func (is *issues) add(in, path, code, message string) {
	is.list = append(is.list, Issue{In: in, Path: path, Code: code, Message: message})
}

// object gives v as the JSON object it must be. What is nil, and a nil map, is left out.
func (is *issues) object(path string, v any) any {
	if nilMap(v) {
		return nil
	}
	raw, err := json.Marshal(v)
	if err == nil && raw[0] == '{' {
		return json.RawMessage(raw)
	}
	is.add("body", path, "type", "must be a map or a struct that marshals to a JSON object")
	if is.cause == nil {
		is.cause = err
	}
	return nil
}

// err is nil, or the error of a request that was not sent.
func (is *issues) err(route string) *Error {
	if len(is.list) == 0 {
		return nil
	}
	messages := make([]string, len(is.list))
	for i, issue := range is.list {
		messages[i] = strings.TrimSpace(issue.In+" "+issue.Path) + " " + issue.Message
	}
	return &Error{Code: string(ErrInvalidRequest), Message: "not sent: " + strings.Join(messages, "; "), Issues: is.list, route: route, cause: is.cause}
}
