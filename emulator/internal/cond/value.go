package cond

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
)

// Missing stands for the value at a pointer that leads to no value, for [Op.Test].
// It equals nothing, not even itself.
type Missing struct{}

// Decode decodes one JSON value, which must be the whole input. Numbers are of type
// json.Number, so that none loses digits.
func Decode(raw []byte) (any, error) {
	if utf8.Valid(raw) {
		if value, ok := quickjson.Decode(string(raw)); ok {
			return value, nil
		}
	}
	return decodeAny(raw)
}

// decodeAny is Decode for JSON of any form.
func decodeAny(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("not JSON: the input is empty")
		}
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if rest := bytes.TrimSpace(raw[decoder.InputOffset():]); len(rest) > 0 {
		return nil, errors.New("not JSON: more input after the value")
	}
	return value, nil
}

// Truthy reports whether JavaScript would treat the value as true. That is
// everything except false, null, zero, the empty string and anything that is not a
// JSON value.
func Truthy(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v != ""
	case []any, map[string]any:
		return true
	}
	d, ok := number(v)
	return ok && !d.zero()
}

// Text returns a value as text: numbers in shortest form (1.50 is 1.5, 1e3 is 1000,
// no digit is lost), booleans as true or false, arrays joined by ", ". Null and
// objects have no text: Text returns ("", false). Inside an array they are left out. An
// array that contains only such values has no text either.
func Text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	case []any:
		return joinTexts(v)
	}
	if d, ok := number(v); ok {
		return d.String(), true
	}
	return "", false
}

func joinTexts(list []any) (string, bool) {
	parts := make([]string, 0, len(list))
	for _, item := range list {
		if text, ok := Text(item); ok {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", "), len(parts) > 0 || len(list) == 0
}

// Equal reports whether two values are equal in conditions. Equality is typed and
// deep: 1 equals 1.0, but not "1".
func Equal(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case string:
		b, ok := b.(string)
		return ok && a == b
	case []any:
		b, ok := b.([]any)
		return ok && equalLists(a, b)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalObjects(a, b)
	}
	left, ok := number(a)
	if !ok {
		return false
	}
	right, ok := number(b)
	return ok && left.compare(right) == 0
}

func equalLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalObjects(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		other, ok := b[name]
		if !ok || !Equal(value, other) {
			return false
		}
	}
	return true
}

// Order compares two numbers or numeric strings. It returns -1, 0 or 1, or
// (0, false) if either value is neither of them.
func Order(a, b any) (int, bool) {
	if left, ok := shortInteger(a); ok {
		if right, ok := shortInteger(b); ok {
			return cmp.Compare(left, right), true
		}
	}
	left, ok := numeric(a)
	if !ok {
		return 0, false
	}
	right, ok := numeric(b)
	if !ok {
		return 0, false
	}
	return left.compare(right), true
}
