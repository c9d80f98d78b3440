package cond

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// State is the tree that pointers read, its roots being data, event, profile,
// steps and system. Values are what [Decode] returns; int, int64, uint64 and
// float64 are taken as numbers too.
type State map[string]any

// Pointer is a parsed RFC 6901 pointer: the unescaped reference tokens.
type Pointer []string

var (
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
)

var errPointerEscape = errors.New("a ~ in a pointer is written ~0, a / inside a name ~1")

// ParsePointer reads an RFC 6901 pointer whose leading slash may be left out.
// The empty string points at the whole document.
func ParsePointer(s string) (Pointer, error) {
	if s == "" {
		return Pointer{}, nil
	}
	tokens := strings.Split(strings.TrimPrefix(s, "/"), "/")
	for i, token := range tokens {
		unescaped, err := unescape(token)
		if err != nil {
			return nil, fmt.Errorf("%.80q is not a pointer: %w", s, err)
		}
		tokens[i] = unescaped
	}
	return tokens, nil
}

func unescape(token string) (string, error) {
	for rest := token; ; {
		_, after, found := strings.Cut(rest, "~")
		if !found {
			return pointerUnescaper.Replace(token), nil
		}
		if after == "" || after[0] != '0' && after[0] != '1' {
			return "", errPointerEscape
		}
		rest = after
	}
}

// String writes the pointer with its leading slash, names escaped.
func (p Pointer) String() string {
	var b strings.Builder
	for _, token := range p {
		b.WriteByte('/')
		b.WriteString(pointerEscaper.Replace(token))
	}
	return b.String()
}

// Below is a JSON pointer to a member of what stands at another.
func Below(at, name string) string { return at + "/" + pointerEscaper.Replace(name) }

// Nth is a JSON pointer to an item of what stands at another.
func Nth(at string, i int) string { return at + "/" + strconv.Itoa(i) }

// Lookup reads the value at p. It never fails: a path through a scalar, an
// index that is no integer or out of range, an unknown name are all missing,
// (nil, false). A null that is there is (nil, true).
func (s State) Lookup(p Pointer) (any, bool) {
	if len(p) == 0 {
		return map[string]any(s), true
	}
	value, ok := s[p[0]]
	for _, token := range p[1:] {
		if !ok {
			return nil, false
		}
		value, ok = step(value, token)
	}
	return value, ok
}

func step(value any, token string) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		member, ok := value[token]
		return member, ok
	case []any:
		i, ok := index(token)
		if !ok || i >= len(value) {
			return nil, false
		}
		return value[i], true
	}
	return nil, false
}

// index reads an array index as RFC 6901 has it: digits without a leading zero.
func index(token string) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' {
		return 0, false
	}
	for _, c := range []byte(token) {
		if !isDigit(c) {
			return 0, false
		}
	}
	i, err := strconv.Atoi(token)
	return i, err == nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
