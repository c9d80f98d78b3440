package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Check checks a request against the operation's contract: path and query parameters, headers and the body. It returns
// the decoded body (numbers as json.Number, nil if there is none) and every issue, in the order of Sort. It does not
// read the body from r, but takes it as an argument. pathValue is r.PathValue if http.ServeMux matched the route.
func (op *Operation) Check(r *http.Request, body []byte, pathValue func(string) string) (any, []Issue) {
	var issues []Issue
	var query url.Values
	var err error
	if r.URL.RawQuery != "" {
		query, err = url.ParseQuery(r.URL.RawQuery)
	}
	if err != nil {
		issues = append(issues, Issue{InQuery, "", CodeMalformed, "must be percent-encoded pairs of name and value"})
	}

	checks := op.checks()
	for i := range checks.params {
		p := &checks.params[i]
		switch p.in {
		case InPath:
			issues = append(issues, p.check([]string{pathValue(p.name)})...)
		case InQuery:
			issues = append(issues, p.check(query[p.name])...)
			delete(query, p.name)
		case InHeader:
			issues = append(issues, p.check(r.Header.Values(p.name))...)
		}
	}
	for name := range query {
		issues = append(issues, Issue{
			InQuery, pointer([]string{name}), CodeUnknownField, "is not a parameter of this operation",
		})
	}

	decoded, bodyIssues := op.checkBody(checks.body, body)
	issues = append(issues, bodyIssues...)
	Sort(issues)
	return decoded, slices.Compact(issues)
}

// CheckSchema checks a decoded value against a named schema of the contract, such as BatchItem. The paths of the issues
// are relative to the value. It panics if no request reaches a schema of this name.
func CheckSchema(name string, v any) []Issue {
	schema := load().schema(name)
	if schema == nil {
		panic(fmt.Sprintf("wire: no request uses a schema named %s", name))
	}
	issues := schema.issues(v, InBody)
	Sort(issues)
	return slices.Compact(issues)
}
