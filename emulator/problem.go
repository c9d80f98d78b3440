package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// problem is the one error type inside: a code of the contract, a message that repeats nothing of the request, details.
type problem struct {
	code    string
	message string
	details map[string]any
}

func (p *problem) Error() string { return p.code + ": " + p.message }

// statuses is the one table from codes to the wire; a code that is not in it is a bug and reads as internal.
var statuses = map[string]int{
	"invalid_request": 400, "unauthorized": 401, "insufficient_scope": 403, "send_not_allowed": 403, "foreign_host": 403,
	"not_found": 404, "method_not_allowed": 405, "idempotency_key_reuse": 409, "idempotency_in_progress": 409,
	"concurrent_redeem": 409, "identity_conflict": 409, "invalid_state": 409, "prepared_send_expired": 410, "payload_too_large": 413, "unsupported_media_type": 415,
	"validation_failed": 422, "internal_error": 500, "not_implemented": 501, "unavailable": 503,
}

var errNotImplemented = &problem{code: "not_implemented", message: "The emulator does not carry out this operation yet."}

func notFound(resource, id string) *problem {
	return &problem{"not_found", "There is no such " + resource + ".", map[string]any{"resource": resource, "id": id}}
}

// unacceptable is a 422: well-formed, but not acceptable for the reason named.
func unacceptable(reason, message string) *problem {
	return &problem{"validation_failed", message, map[string]any{"reason": reason}}
}

func invalid(issues []wire.Issue) *problem {
	noun := "issues"
	if len(issues) == 1 {
		noun = "issue"
	}
	return &problem{"invalid_request", fmt.Sprintf("The request has %d %s.", len(issues), noun), map[string]any{"issues": issues}}
}

func conflict(message string) *problem { return &problem{code: "identity_conflict", message: message} }

// retryAfter is how many seconds a caller shall wait after a 503.
const retryAfter = "1"

// asProblem turns any error into one for the wire; what is not a problem is internal and tells nothing. A database that
// is unavailable comes first: it may have kept another problem from being undone.
func asProblem(err error) *problem {
	if u, ok := errors.AsType[*store.Unavailable](err); ok {
		return &problem{code: "unavailable", message: "The emulator cannot use its database: " + u.Reason + "."}
	}
	if p, ok := errors.AsType[*problem](err); ok && statuses[p.code] != 0 {
		return p
	}
	return &problem{code: "internal_error", message: "The emulator failed; its log says why."}
}

func writeProblem(w http.ResponseWriter, err error) {
	p := asProblem(err)
	body := map[string]any{"error": p.code, "message": p.message}
	if p.details != nil {
		body["details"] = p.details
	}
	if statuses[p.code] == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	writeJSON(w, statuses[p.code], body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = 500, []byte(`{"error":"internal_error","message":"The reply could not be encoded."}`)
	}
	writeRaw(w, status, raw)
}

func writeRaw(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// findingsBelow are findings below a pointer.
func findingsBelow(at string, findings []cond.Finding) []cond.Finding {
	moved := make([]cond.Finding, len(findings))
	for i, f := range findings {
		moved[i] = cond.Finding{Path: at + f.Path, Message: f.Message}
	}
	return moved
}

// refused is a problem with details.
func refused(code, message string, details map[string]any) *problem {
	return &problem{code, message, details}
}
