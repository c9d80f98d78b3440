package cond

import (
	"bytes"
	"encoding/json"
)

// This file has the form in which free-form JSON is stored.

// Canonical returns a value as JSON. Members are sorted, and numbers stay as they
// are written.
func Canonical(v any) (json.RawMessage, error) {
	raw, err := marshal(v)
	if err != nil {
		return nil, err
	}
	decoded, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return marshal(decoded)
}

// Comparable returns a decoded JSON value in which equal numbers are written alike:
// 1.0, 1e0 and 1 are all 1. Numbers of any size keep their digits.
func Comparable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, member := range v {
			members[name] = Comparable(member)
		}
		return members
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = Comparable(item)
		}
		return items
	case json.Number:
		// Larger exponents are all read as the same one.
		if d, ok := parseDecimal(string(v)); ok && d.point > -maxExponent/2 && d.point < maxExponent/2 {
			return json.Number(d.String())
		}
	}
	return v
}

// marshal keeps <, > and & as they are. json.Marshal would escape them.
func marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), err
}

// DecodeObject decodes a JSON object. It returns an empty one for empty input.
// Numbers keep their digits.
func DecodeObject(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 || string(raw) == "{}" {
		return map[string]any{}, nil
	}
	v, err := Decode(raw)
	object, _ := v.(map[string]any)
	return object, err
}
