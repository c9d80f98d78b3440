package wire

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// The places an Issue can be in.
const (
	InPath   = "path"
	InQuery  = "query"
	InHeader = "header"
	InBody   = "body"
)

// The kinds of Issue.
const (
	CodeRequired     = "required"
	CodeType         = "type"
	CodeFormat       = "format"
	CodePattern      = "pattern"
	CodeEnum         = "enum"
	CodeMin          = "min"
	CodeMax          = "max"
	CodeTooShort     = "too_short"
	CodeTooLong      = "too_long"
	CodeTooFew       = "too_few"
	CodeTooMany      = "too_many"
	CodeUnknownField = "unknown_field"
	CodeConflict     = "conflict"
	CodeMalformed    = "malformed"
)

// Issue is one thing wrong with a request. Path is a JSON pointer to the member, present or missing; of a parameter it is
// "/" and its name. Message never repeats a value from the request.
type Issue struct {
	In      string `json:"in"`
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// DecodeIssue tells what is wrong with a body that fits its schema but not its Go type: an integer written with a fraction
// or an exponent, which JSON Schema takes for an integer and Go does not.
func DecodeIssue(err error) Issue {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		path := ""
		if typeErr.Field != "" {
			path = "/" + strings.ReplaceAll(typeErr.Field, ".", "/")
		}
		return Issue{InBody, path, CodeType, "must be an integer without fraction and exponent"}
	}
	return Issue{InBody, "", CodeMalformed, "could not be read"}
}

// Sort brings issues into the order of replies: path, query, header, body, each by pointer, then code.
func Sort(issues []Issue) {
	order := []string{InPath, InQuery, InHeader, InBody}
	slices.SortStableFunc(issues, func(a, b Issue) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.In), slices.Index(order, b.In)),
			comparePointers(a.Path, b.Path),
			cmp.Compare(a.Code, b.Code),
		)
	})
}

// comparePointers sorts /items/2 before /items/10.
func comparePointers(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "/"), strings.Split(b, "/"), func(x, y string) int {
		i, errX := strconv.Atoi(x)
		j, errY := strconv.Atoi(y)
		switch {
		case errX == nil && errY == nil:
			return cmp.Or(cmp.Compare(i, j), strings.Compare(x, y))
		case errX == nil:
			return -1
		case errY == nil:
			return 1
		}
		return strings.Compare(x, y)
	})
}

func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

func pointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(escape(token))
	}
	return b.String()
}
