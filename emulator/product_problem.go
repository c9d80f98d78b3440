package emulator

import (
	"maps"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// answerOf is the problem that an error is, in the API's words.
func answerOf(err error) *problem {
	p := asProblem(err)
	details := maps.Clone(p.details)
	if findings, ok := details["issues"].([]cond.Finding); ok {
		if p.code == "invalid_request" {
			return invalid(issuesOf(findings, wire.CodeFormat))
		}
		details["issues"] = issuesOf(findings, wire.CodeMalformed)
	}
	if blockers, ok := details["blockers"].([]preflightFinding); ok {
		details["blockers"] = wireFindings(blockers)
	}
	return &problem{p.code, p.message, details}
}

// issuesOf reports what is wrong with members of a body.
func issuesOf(findings []cond.Finding, code string) []wire.Issue {
	issues := make([]wire.Issue, len(findings))
	for i, f := range findings {
		issues[i] = wire.Issue{In: wire.InBody, Path: f.Path, Code: code, Message: f.Message}
	}
	return issues
}
