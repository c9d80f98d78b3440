package control

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// This file reads the bodies about faults and rate limits.

// reader reads the value of a member. If it cannot, it returns the code of the issue and a message.
type reader func(value any) (code, message string)

// faultMembers are the members of a fault, which are its Go fields.
func faultMembers(fault *faults.Fault) map[string]reader {
	return map[string]reader{
		"operation":   text(&fault.Operation),
		"skip":        whole(&fault.Skip),
		"times":       whole(&fault.Times),
		"to":          text(&fault.To),
		"key":         text(&fault.Key),
		"delay":       duration(&fault.Delay),
		"status":      whole(&fault.Status),
		"code":        text(&fault.Code),
		"message":     text(&fault.Message),
		"details":     typed(&fault.Details, "an object"),
		"retryAfter":  duration(&fault.RetryAfter),
		"body":        text(&fault.Body),
		"contentType": text(&fault.ContentType),
		"truncate":    flag(&fault.Truncate),
		"drop":        flag(&fault.Drop),
		"afterCommit": flag(&fault.AfterCommit),
	}
}

// typed reads a value of one type.
func typed[T any](to *T, what string) reader {
	return func(value any) (code, message string) {
		given, ok := value.(T)
		if !ok {
			return gateway.CodeType, "must be " + what
		}
		*to = given
		return "", ""
	}
}

func text(to *string) reader { return typed(to, "a string") }

func flag(to *bool) reader { return typed(to, "true or false") }

func whole(to *int) reader {
	return func(value any) (code, message string) {
		number, _ := value.(json.Number)
		given, err := strconv.Atoi(number.String())
		if err != nil {
			return gateway.CodeType, "must be an integer"
		}
		*to = given
		return "", ""
	}
}

func duration(to *time.Duration) reader {
	return func(value any) (code, message string) {
		given, ok := value.(string)
		if !ok {
			return gateway.CodeType, "must be a string"
		}
		parsed, err := cond.ParseSpan(given)
		if err != nil {
			return gateway.CodeFormat, "must be a duration such as 500ms, 1h30m or PT2S"
		}
		*to = parsed
		return "", ""
	}
}

// readMembers reads the members of an object at a place. A member without a reader is an issue.
func readMembers(body map[string]any, at string, members map[string]reader) (issues []gateway.Issue) {
	for name, value := range body {
		place := cond.Below(at, name)
		if members[name] == nil {
			fields := strings.Join(slices.Sorted(maps.Keys(members)), ", ")
			issues = append(issues, inBody(place, gateway.CodeUnknownField, "is not a field; the fields are "+fields))
			continue
		}
		if code, message := members[name](value); code != "" {
			issues = append(issues, inBody(place, code, message))
		}
	}
	return issues
}

// objectOf returns the JSON object in a body. hint says what the body must be.
func objectOf(r *http.Request, hint string) (map[string]any, error) {
	raw, err := gateway.BodyOf(r, maxControlBody)
	if err != nil {
		return nil, err
	}
	raw = bytes.TrimSpace(raw)
	body, err := cond.DecodeObject(raw)
	if err != nil || body == nil || len(raw) == 0 {
		return nil, gateway.Invalid(inBody("", gateway.CodeMalformed, hint))
	}
	return body, nil
}

// listOf returns the one list in a body.
func listOf(r *http.Request, name string) (list []any, issues []gateway.Issue, err error) {
	body, err := objectOf(r, `must be a JSON object such as {"`+name+`": []}`)
	if err != nil {
		return nil, nil, err
	}
	if _, given := body[name]; !given {
		issues = append(issues, inBody("/"+name, gateway.CodeRequired, "is required; [] removes all"))
	}
	issues = append(issues, readMembers(body, "", map[string]reader{name: typed(&list, "a list")})...)
	return list, issues, nil
}

// readFault reads the members of a fault at a place, and checks it.
func (p *Plane) readFault(body map[string]any, at string, fault *faults.Fault, more map[string]reader) []gateway.Issue {
	members := faultMembers(fault)
	maps.Copy(members, more)
	if issues := readMembers(body, at, members); len(issues) > 0 {
		return issues
	}
	return issuesOf(p.Faults.Check(fault), at)
}

// codeOf has the code of an issue for each kind of mistake.
var codeOf = map[faults.Kind]string{
	faults.Missing:     gateway.CodeRequired,
	faults.Conflicting: gateway.CodeConflict,
	faults.Unknown:     gateway.CodeEnum,
	faults.TooSmall:    gateway.CodeMin,
	faults.TooLarge:    gateway.CodeMax,
	faults.Malformed:   gateway.CodeMalformed,
}

// issuesOf returns mistakes at a place as issues.
func issuesOf(mistakes faults.Mistakes, at string) []gateway.Issue {
	issues := make([]gateway.Issue, len(mistakes))
	for i, mistake := range mistakes {
		path := at
		if mistake.Field != "" {
			path += "/" + mistake.Member()
		}
		issues[i] = inBody(path, codeOf[mistake.Kind], mistake.Text)
	}
	return issues
}

// inOrder sorts issues by place.
func inOrder(issues []gateway.Issue) []gateway.Issue {
	slices.SortStableFunc(issues, func(a, b gateway.Issue) int { return strings.Compare(a.Path, b.Path) })
	return issues
}
