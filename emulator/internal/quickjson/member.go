package quickjson

import (
	"encoding/json"
	"strings"
)

// Member returns the value of an object's member, as it is written. It does not decode the rest of the text, because
// comparisons do this for every row. It does not check the text either, which must be valid JSON.
func Member(object, name string) (raw string, ok bool) {
	if raw, ok, sure := plainMember(object, name); sure {
		return raw, ok
	}
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

// plainMember is Member for most objects: nothing is escaped, and no object comes before the member. It reports whether
// it is sure.
func plainMember(object, name string) (raw string, ok, sure bool) {
	if object == "" || object[0] != '{' || strings.IndexByte(object, '\\') >= 0 || !isPlainName(name) {
		return "", false, false
	}
	at := 0
	for next := 0; next >= 0; next = strings.IndexByte(object[at:], ',') {
		at += next + 1 // after the brace or a comma
		rest, found := afterName(skipSpace(object[at:]), name)
		switch {
		case !found:
			continue
		case strings.IndexByte(object[1:at], '{') >= 0:
			return "", false, false
		}
		return rest[:valueEnd(rest)], true, true
	}
	return "", false, true
}

// isPlainName reports whether a name has no quote and cannot follow one, so that a text after a comma and between
// quotes is a name.
func isPlainName(name string) bool {
	return strings.IndexByte(name, '"') < 0 && (name == "" || strings.IndexByte(" \t\r\n:,]}", name[0]) < 0)
}

// afterName returns the value that follows a name and a colon, and the rest, if s starts with them.
func afterName(s, name string) (value string, found bool) {
	end := len(name) + 1
	if len(s) <= end || s[0] != '"' || s[end] != '"' || s[1:end] != name {
		return "", false
	}
	s = skipSpace(s[end+1:])
	if s == "" || s[0] != ':' {
		return "", false
	}
	return skipSpace(s[1:]), true
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
