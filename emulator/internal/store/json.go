package store

import (
	"encoding/json"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// These functions read one member of a stored JSON document and do not decode the rest, because comparisons do this
// for every row. They do not check the documents: encoding/json wrote them, so they are valid JSON.

// member returns the value of an object's member, as it is written.
func member(object, name string) (raw string, ok bool) {
	rest := skipSpace(object)
	if rest == "" || rest[0] != '{' {
		return "", false
	}
	for {
		rest = skipSpace(rest[1:]) // the brace or a comma
		if rest == "" || rest[0] != '"' {
			return "", false
		}
		end := stringEnd(rest)
		found := isName(rest[:end], name)
		rest = skipSpace(skipSpace(rest[end:])[1:]) // the colon
		end = valueEnd(rest)
		if found {
			return rest[:end], true
		}
		if rest = skipSpace(rest[end:]); rest == "" || rest[0] != ',' {
			return "", false
		}
	}
}

func isName(quoted, name string) bool {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1:len(quoted)-1] == name
	}
	var s string
	return json.Unmarshal([]byte(quoted), &s) == nil && s == name
}

func skipSpace(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\n' || s[0] == '\t' || s[0] == '\r') {
		s = s[1:]
	}
	return s
}

// stringEnd returns the end of the string that s starts with.
func stringEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// valueEnd returns the end of the value that s starts with.
func valueEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i += stringEnd(s[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']', ',':
			if depth == 0 {
				return i // the end of a number, true, false or null
			}
			if s[i] != ',' {
				depth--
			}
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(s)
}

// decodeValue is cond.Decode, but faster for scalars, which most properties are.
func decodeValue(raw string) (any, error) {
	raw = strings.TrimRight(raw, " \n\t\r")
	switch {
	case raw == "null":
		return nil, nil
	case raw == "true" || raw == "false":
		return raw == "true", nil
	case raw[0] == '"' && strings.IndexByte(raw, '\\') < 0:
		return raw[1 : len(raw)-1], nil
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return json.Number(raw), nil
	}
	return cond.Decode([]byte(raw))
}
