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

// Issue is one error in a request. Path is a JSON pointer to the member, present or missing. For a parameter it
// is "/" and its name. Message never repeats a value from the request.
type Issue struct {
	In      string `json:"in"`
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// DecodeIssue returns what is wrong with a body that fits its schema but not its Go type. This is an integer with a
// fraction or an exponent: JSON Schema accepts it as an integer, and Go does not.
func DecodeIssue(err error) Issue {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		path := ""
		if typeErr.Field != "" {
			path = "/" + strings.ReplaceAll(typeErr.Field, ".", "/")
		}
		return Issue{InBody, path, CodeType, "must be an integer without a fraction or an exponent"}
	}
	return Issue{InBody, "", CodeMalformed, "could not be read"}
}

// Sort sorts issues as replies list them: path, query, header, body, each by pointer, then by code.
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

// escape returns a token as a JSON pointer spells it.
func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

func pointer(tokens []string) string {
	var text strings.Builder
	for _, token := range tokens {
		text.WriteByte('/')
		text.WriteString(escape(token))
	}
	return text.String()
}
