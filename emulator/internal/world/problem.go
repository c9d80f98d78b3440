package world

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Problem is the one error type inside: a code of the contract, a message that repeats nothing of the request, details.
type Problem struct {
	Code    string
	Message string
	Details map[string]any
}

func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// NotFound is the 404 of something that is not there.
func NotFound(resource, id string) *Problem {
	return &Problem{CodeNotFound, "There is no such " + resource + ".", map[string]any{"resource": resource, "id": id}}
}

// unacceptable is a 422: well-formed, but not acceptable for the reason named.
func unacceptable(reason, message string) *Problem {
	return &Problem{CodeUnacceptable, message, map[string]any{"reason": reason}}
}

func conflict(message string) *Problem { return &Problem{Code: CodeConflict, Message: message} }

// AsProblem is the problem that an error is; what is none is internal and tells nothing. A database that
// is unavailable comes first: it may have kept another problem from being undone.
func AsProblem(err error) *Problem {
	if u, ok := errors.AsType[*store.Unavailable](err); ok {
		return &Problem{Code: CodeUnavailable, Message: "The emulator cannot use its database: " + u.Reason + "."}
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return &Problem{Code: CodeInternal, Message: "The emulator failed; its log says why."}
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
func refused(code, message string, details map[string]any) *Problem {
	return &Problem{code, message, details}
}
