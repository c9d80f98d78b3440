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
	if strings.IndexByte(object, '\\') >= 0 || strings.IndexByte(name, '"') >= 0 {
		return "", false, false
	}
	at := strings.Index(object, name)
	if at < 0 {
		return "", false, true
	}
	end := at + len(name)
	if at < 2 || object[at-1] != '"' || object[at-2] != '{' && object[at-2] != ',' ||
		!strings.HasPrefix(object[end:], `":`) || strings.IndexByte(object[1:at], '{') >= 0 {
		return "", false, false
	}
	rest := skipSpace(object[end+len(`":`):])
	return rest[:valueEnd(rest)], true, true
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
