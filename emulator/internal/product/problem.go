package product

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
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

// issuesNoted is how many issues of a refusal the journal keeps.
const issuesNoted = 5

// groundsOf returns what the journal keeps of the details of a refusal: names of the contract, and places in the
// request.
func groundsOf(details map[string]any) gateway.Grounds {
	var words []string
	for _, member := range []string{"reason", "skip", "status", "resource", "required", "blockers"} {
		switch value := details[member].(type) {
		case string:
			words = append(words, value)
		case []string:
			words = append(words, value...)
		case []api.PreflightFinding:
			for _, blocker := range value {
				words = append(words, blocker.Code)
			}
		}
	}
	grounds := gateway.Grounds{Reason: strings.Join(words, ", ")}
	issues, _ := details["issues"].([]wire.Issue)
	for i, issue := range issues {
		if i == issuesNoted {
			grounds.Issues = append(grounds.Issues, fmt.Sprintf("and %d more", len(issues)-i))
			break
		}
		grounds.Issues = append(grounds.Issues, cond.Shorten(issue.Path, 100)+" "+issue.Code)
	}
	return grounds
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
