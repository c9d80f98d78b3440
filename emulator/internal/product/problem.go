package product

import (
	"errors"
	"maps"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// answerOf is the problem that an error is, in the API's words.
func answerOf(err error) *gateway.Problem {
	p := world.AsProblem(err)
	if refusal, ok := errors.AsType[*gateway.Problem](err); ok && p.Code != world.CodeUnavailable {
		return refusal
	}
	details := maps.Clone(p.Details)
	if findings, ok := details["issues"].([]cond.Finding); ok {
		if p.Code == world.CodeInvalidRequest {
			return gateway.Invalid(issuesOf(findings, wire.CodeFormat)...)
		}
		details["issues"] = issuesOf(findings, wire.CodeMalformed)
	}
	if blockers, ok := details["blockers"].([]world.PreflightFinding); ok {
		details["blockers"] = wireFindings(blockers)
	}
	return &gateway.Problem{Code: p.Code, Message: p.Message, Details: details}
}

// issuesOf reports what is wrong with members of a body.
func issuesOf(findings []cond.Finding, code string) []wire.Issue {
	issues := make([]wire.Issue, len(findings))
	for i, f := range findings {
		issues[i] = wire.Issue{In: wire.InBody, Path: f.Path, Code: code, Message: f.Message}
	}
	return issues
}
