package wire

import "github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"

// QuickDecode and SlowDecode read a JSON text in the two ways.
func QuickDecode(text string) (any, bool) { return quickjson.Decode(text) }

// SlowDecode returns the value, and whether nothing is wrong.
func SlowDecode(text string) (any, bool) {
	v, issues := slowDecode([]byte(text))
	return v, len(issues) == 0
}

// PlainOf returns the quick test of the pattern of a schema, and the pattern without it.
func PlainOf(name string) (plain, slow func(string) bool) {
	s := load().schema(name)
	p := *s.Pattern
	plain, p.plain = p.plain, nil
	return plain, p.matches
}
