package cond

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// State is the tree that pointers read. Its roots are data, event, profile, steps
// and system. Values are what [Decode] returns; int, int64, uint64 and float64 are
// numbers too.
type State map[string]any

// Pointer is a parsed RFC 6901 pointer: the unescaped reference tokens.
type Pointer []string

var (
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
)

var errPointerEscape = errors.New("write a ~ as ~0, and a / inside a name as ~1")

// ParsePointer parses an RFC 6901 pointer. The leading slash is optional. The
// empty string points at the whole document.
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

// String returns the pointer with a leading slash and escaped names.
func (pointer Pointer) String() string {
	var text strings.Builder
	for _, token := range pointer {
		text.WriteByte('/')
		text.WriteString(pointerEscaper.Replace(token))
	}
	return text.String()
}

// Below returns the JSON pointer to a member of the object at a pointer.
func Below(at, name string) string { return at + "/" + pointerEscaper.Replace(name) }

// Nth returns the JSON pointer to an item of the list at a pointer.
func Nth(at string, i int) string { return at + "/" + strconv.Itoa(i) }

// Lookup returns the value at a pointer, and whether it exists. It never fails: a
// path through a scalar, an index that is not an integer or out of range, and an
// unknown name are all missing, (nil, false). A null that exists is (nil, true).
func (state State) Lookup(pointer Pointer) (any, bool) {
	if len(pointer) == 0 {
		return map[string]any(state), true
	}
	value, ok := state[pointer[0]]
	for _, token := range pointer[1:] {
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

// index parses an array index of RFC 6901: digits without a leading zero.
func index(token string) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' {
		return 0, false
	}
	for _, char := range []byte(token) {
		if !isDigit(char) {
			return 0, false
		}
	}
	i, err := strconv.Atoi(token)
	return i, err == nil
}

func isDigit(char byte) bool { return char >= '0' && char <= '9' }
