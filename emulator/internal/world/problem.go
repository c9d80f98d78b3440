package world

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Problem is the one error type of the world: a code of the contract, a message that repeats nothing of the request,
// and details.
type Problem struct {
	Code    string
	Message string
	Details map[string]any
}

func (problem *Problem) Error() string { return problem.Code + ": " + problem.Message }

// NotFound returns the 404 of a resource that does not exist.
func NotFound(resource, id string) *Problem {
	return &Problem{CodeNotFound, "There is no such " + resource + ".", map[string]any{"resource": resource, "id": id}}
}

// unacceptable returns a 422: the request is well-formed, but not acceptable for this reason.
func unacceptable(reason, message string) *Problem {
	return &Problem{CodeUnacceptable, message, map[string]any{"reason": reason}}
}

func conflict(message string) *Problem { return &Problem{Code: CodeConflict, Message: message} }

// AsProblem returns an error as a Problem. An error without a Problem becomes an internal one, whose message reveals
// nothing. A database that is unavailable comes first, because it may have kept another problem from being undone.
func AsProblem(err error) *Problem {
	if unavailable, ok := errors.AsType[*store.Unavailable](err); ok {
		message := "The emulator cannot use its database: " + unavailable.Reason + "."
		return &Problem{Code: CodeUnavailable, Message: message}
	}
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem
	}
	return &Problem{Code: CodeInternal, Message: "The emulator has an internal error; its log has the cause."}
}

// findingsBelow returns findings with a pointer put before their paths.
func findingsBelow(at string, findings []cond.Finding) []cond.Finding {
	moved := make([]cond.Finding, len(findings))
	for i, finding := range findings {
		moved[i] = cond.Finding{Path: at + finding.Path, Message: finding.Message}
	}
	return moved
}

// refused returns a problem with details.
func refused(code, message string, details map[string]any) *Problem {
	return &Problem{code, message, details}
}
