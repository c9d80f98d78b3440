package cond

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Missing is the value of a pointer that leads nowhere, for [Op.Test]. It
// equals nothing, itself included.
type Missing struct{}

// Decode reads one JSON value that is the whole input. Numbers stay
// json.Number, so that none loses digits.
func Decode(raw []byte) (any, error) {
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

// Truthy tells whether JavaScript would take the value as true: everything but
// false, null, zero, the empty string and what is no value at all.
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

// Text prints a value where text is wanted: numbers in shortest form (1.50 is
// 1.5, 1e3 is 1000, no digit is lost), booleans as words, arrays joined by
// ", ". It is ("", false) for null and for objects, which have no text; inside
// an array they are left out, and an array of nothing else has no text either.
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
		return joined(v)
	}
	if d, ok := number(v); ok {
		return d.String(), true
	}
	return "", false
}

func joined(list []any) (string, bool) {
	parts := make([]string, 0, len(list))
	for _, item := range list {
		if text, ok := Text(item); ok {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", "), len(parts) > 0 || len(list) == 0
}

// Equal is the typed, deep equality of conditions: 1 equals 1.0 and not "1".
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
	x, ok := number(a)
	if !ok {
		return false
	}
	y, ok := number(b)
	return ok && x.compare(y) == 0
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

// Order compares two numbers or numeric strings (-1, 0, 1); it is (0, false)
// when either is neither.
func Order(a, b any) (int, bool) {
	x, ok := numeric(a)
	if !ok {
		return 0, false
	}
	y, ok := numeric(b)
	if !ok {
		return 0, false
	}
	return x.compare(y), true
}
