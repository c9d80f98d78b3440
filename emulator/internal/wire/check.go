package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Check holds a request against the operation's contract: path and query parameters, headers and the body. It returns the
// body decoded (numbers as json.Number, nil when there is none) and every issue, in the order of Sort. The body is given
// apart from r, which is not read; pathValue is r.PathValue where http.ServeMux matched the route.
func (op *Operation) Check(r *http.Request, body []byte, pathValue func(string) string) (any, []Issue) {
	var issues []Issue
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		issues = append(issues, Issue{InQuery, "", CodeMalformed, "must be pairs of name and value, percent-encoded"})
	}
	for i := range op.params {
		p := &op.params[i]
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
		issues = append(issues, Issue{InQuery, pointer([]string{name}), CodeUnknownField, "is not a parameter of this operation"})
	}
	decoded, bodyIssues := op.checkBody(body)
	issues = append(issues, bodyIssues...)
	Sort(issues)
	return decoded, slices.Compact(issues)
}

// CheckSchema holds a decoded value against a schema of the contract by name, such as BatchItem, that requests reach. Paths are relative to the
// value. It panics when there is no such schema.
func CheckSchema(name string, v any) []Issue {
	schema, ok := load().requests.compiled[name]
	if !ok {
		panic(fmt.Sprintf("wire: no request reaches a schema %s", name))
	}
	issues := violations(schema.Validate(v), InBody)
	Sort(issues)
	return slices.Compact(issues)
}
