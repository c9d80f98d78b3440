package product

import (
	"errors"
	"maps"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// problemOf returns an error as the API reports it.
func problemOf(err error) *gateway.Problem {
	problem := world.AsProblem(err)
	if refusal, ok := errors.AsType[*gateway.Problem](err); ok && problem.Code != world.CodeUnavailable {
		return refusal
	}

	details := maps.Clone(problem.Details)
	if findings, ok := details["issues"].([]cond.Finding); ok {
		if problem.Code == world.CodeInvalidRequest {
			return gateway.Invalid(issuesOf(findings, wire.CodeFormat)...)
		}
		details["issues"] = issuesOf(findings, wire.CodeMalformed)
	}
	if blockers, ok := details["blockers"].([]world.PreflightFinding); ok {
		details["blockers"] = wireFindings(blockers)
	}
	return &gateway.Problem{Code: problem.Code, Message: problem.Message, Details: details}
}

// issuesOf returns findings about a body as issues with one code.
func issuesOf(findings []cond.Finding, code string) []wire.Issue {
	issues := make([]wire.Issue, len(findings))
	for i, finding := range findings {
		issues[i] = wire.Issue{
			In:      wire.InBody,
			Path:    finding.Path,
			Code:    code,
			Message: finding.Message,
		}
	}
	return issues
}
