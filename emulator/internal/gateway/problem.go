// Package gateway has what all requests have in common: which hosts are allowed, how long a body may take, the form of
// a refusal, and the journal of the API's calls. It depends on HTTP and the contract's envelope, and not on the world.
package gateway

import (
	"encoding/json"
	"fmt"
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

// codes is the one table of codes and their HTTP statuses. The first code of a status is the one that an error with
// this status has by default.
var codes = []struct {
	code   string
	status int
}{
	{"invalid_request", 400},
	{"unauthorized", 401},
	{"insufficient_scope", 403},
	{"send_not_allowed", 403},
	{"foreign_host", 403},
	{"not_found", 404},
	{"method_not_allowed", 405},
	{"request_timeout", 408}, // this one, bad_gateway and gateway_timeout come from faults only
	{"invalid_state", 409},
	{"idempotency_key_reuse", 409},
	{"idempotency_in_progress", 409},
	{"concurrent_redeem", 409},
	{"identity_conflict", 409},
	{"prepared_send_expired", 410},
	{"payload_too_large", 413},
	{"unsupported_media_type", 415},
	{"validation_failed", 422},
	{CodeRateLimited, 429},
	{"internal_error", 500},
	{"not_implemented", 501},
	{"bad_gateway", 502},
	{"unavailable", 503},
	{"gateway_timeout", 504},
}

// CodeRateLimited is the code of a call that exceeds a rate limit.
const CodeRateLimited = "rate_limited"

// StatusOf returns the HTTP status of a code, or 500 for an unknown code, which is a bug.
func StatusOf(code string) int {
	for _, row := range codes {
		if row.code == code {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// CodeOf returns the default code of a status: its own, or that of its class.
func CodeOf(status int) string {
	for _, row := range codes {
		if row.status == status {
			return row.code
		}
	}
	if status < http.StatusInternalServerError {
		return "invalid_request"
	}
	return "internal_error"
}

// Codes returns all codes, sorted.
func Codes() []string {
	all := make([]string, len(codes))
	for i, row := range codes {
		all[i] = row.code
	}
	slices.Sort(all)
	return all
}

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

// WriteProblemAs answers with a problem under a status that need not be that of its code.
func WriteProblemAs(w http.ResponseWriter, status int, p *Problem) {
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
	header, values := w.Header(), []string{"application/json", strconv.Itoa(len(body))} // one allocation
	header["Content-Type"], header["Content-Length"] = values[:1:1], values[1:]
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
