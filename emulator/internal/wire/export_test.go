package wire

import (
	"maps"
	"slices"
)

// QuickDecode and SlowDecode read a JSON text in the two ways.
func QuickDecode(text string) (any, bool) { return quickDecode(text) }

// SlowDecode returns the value, and whether nothing is wrong.
func SlowDecode(text string) (any, bool) {
	v, issues := slowDecode([]byte(text))
	return v, len(issues) == 0
}

// RequestSchemas returns the names of the schemas that requests reach.
func RequestSchemas() []string { return slices.Sorted(maps.Keys(load().requests.named)) }

// Fits checks a value quickly.
func Fits(name string, v any) bool { return load().requests.named[name].shape.fits(v) }

// Validates checks a value with the validator.
func Validates(name string, v any) bool {
	return load().requests.named[name].validator().Validate(v) == nil
}
