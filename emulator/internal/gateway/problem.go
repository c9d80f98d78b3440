// Package gateway has what all requests have in common: which hosts are allowed, how long a body may take, the form of
// a refusal, and the journal of the API's calls. It depends on HTTP and the contract's envelope, and not on the world.
package gateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// Problem refuses a request: a code of the contract, a message that repeats nothing of the request, and details.
type Problem struct {
	Code    string
	Message string
	Details map[string]any
}

func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// statuses is the one table from codes to HTTP statuses.
var statuses = map[string]int{
	"invalid_request":         400,
	"unauthorized":            401,
	"insufficient_scope":      403,
	"send_not_allowed":        403,
	"foreign_host":            403,
	"not_found":               404,
	"method_not_allowed":      405,
	"idempotency_key_reuse":   409,
	"idempotency_in_progress": 409,
	"concurrent_redeem":       409,
	"identity_conflict":       409,
	"invalid_state":           409,
	"prepared_send_expired":   410,
	"payload_too_large":       413,
	"unsupported_media_type":  415,
	"validation_failed":       422,
	"rate_limited":            429,
	"internal_error":          500,
	"not_implemented":         501,
	"unavailable":             503,
}

// StatusOf returns the HTTP status of a code, or 500 for an unknown code, which is a bug.
func StatusOf(code string) int { return cmp.Or(statuses[code], http.StatusInternalServerError) }

// Codes returns all codes, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(statuses)) }

// RetryAfter is how many seconds a caller should wait after a 503.
const RetryAfter = "1"

// ErrNotImplemented refuses what the contract has but the emulator does not.
var ErrNotImplemented = &Problem{
	Code:    "not_implemented",
	Message: "The emulator does not implement this operation yet.",
}

// The places an Issue can be in, and its kinds: those that the gateway and the control plane use.
const (
	InQuery  = "query"
	InBody   = "body"
	InHeader = "header"

	CodeRequired     = "required"
	CodeType         = "type"
	CodeFormat       = "format"
	CodeEnum         = "enum"
	CodeMin          = "min"
	CodeMax          = "max"
	CodeTooLong      = "too_long"
	CodeTooMany      = "too_many"
	CodeUnknownField = "unknown_field"
	CodeConflict     = "conflict"
	CodeMalformed    = "malformed"
)

// Issue is one thing wrong with a request to the control plane, or with a body that did not arrive. Path is a JSON
// pointer to the member. For a parameter it is "/" and its name.
type Issue struct {
	In      string `json:"in"`
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Invalid refuses a request for its issues.
func Invalid[I any](issues ...I) *Problem {
	noun := "issues"
	if len(issues) == 1 {
		noun = "issue"
	}
	return &Problem{
		Code:    "invalid_request",
		Message: fmt.Sprintf("The request has %d %s.", len(issues), noun),
		Details: map[string]any{"issues": issues},
	}
}

// WriteProblem answers with a problem.
func WriteProblem(w http.ResponseWriter, p *Problem) {
	status := StatusOf(p.Code)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", RetryAfter)
	}
	WriteJSON(w, status, p.envelope())
}

func (p *Problem) envelope() map[string]any {
	body := map[string]any{"error": p.Code, "message": p.Message}
	if p.Details != nil {
		body["details"] = p.Details
	}
	return body
}

// WriteJSON answers with a value.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = 500, []byte(`{"error":"internal_error","message":"The reply could not be encoded."}`)
	}
	WriteRaw(w, status, raw)
}

// WriteRaw answers with JSON.
func WriteRaw(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
