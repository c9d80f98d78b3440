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

// The journal keeps the first issues of a refusal. Texts that show many refusals show only the first of these.
const (
	issuesKept  = 100
	issuesNoted = 5
)

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
	issues := issuesIn(details)
	grounds := gateway.Grounds{Reason: strings.Join(words, ", "), All: issues[:min(len(issues), issuesKept)]}
	grounds.More = len(issues) - len(grounds.All)
	for i, issue := range grounds.All {
		if i == issuesNoted {
			grounds.Issues = append(grounds.Issues, fmt.Sprintf("and %d more", len(issues)-i))
			break
		}
		grounds.Issues = append(grounds.Issues, cond.Shorten(issue.Path, 100)+" "+issue.Code)
	}
	if resource, ok := details["resource"].(string); ok {
		id, _ := details["id"].(string)
		grounds.Missing, grounds.MissingID = resource, strings.Clone(gateway.Clip(id, 200)) // not the body
	}
	return grounds
}

// issuesIn returns the issues in the details of a refusal.
func issuesIn(details map[string]any) []gateway.Issue {
	switch issues := details["issues"].(type) {
	case []gateway.Issue: // of a body that did not arrive
		return issues
	case []wire.Issue:
		all := make([]gateway.Issue, len(issues))
		for i, issue := range issues {
			issue.Path = cond.Shorten(issue.Path, 200)
			all[i] = gateway.Issue(issue)
		}
		return all
	}
	return nil
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
