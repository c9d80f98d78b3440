package cond

import (
	"bytes"
	"encoding/json"
)

// Free-form JSON as it is kept.

// Canonical is a value as JSON: members sorted, numbers as they are written.
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

// marshal leaves <, > and & as they are, which json.Marshal does not.
func marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), err
}

// DecodeObject reads a JSON object, an empty one where there is none. Numbers keep their digits.
func DecodeObject(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 || string(raw) == "{}" {
		return map[string]any{}, nil
	}
	v, err := Decode(raw)
	object, _ := v.(map[string]any)
	return object, err
}
