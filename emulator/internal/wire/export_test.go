package wire

// QuickDecode and SlowDecode read a JSON text in the two ways.
func QuickDecode(text string) (any, bool) { return quickDecode(text) }

// SlowDecode returns the value, and whether nothing is wrong.
func SlowDecode(text string) (any, bool) {
	v, issues := slowDecode([]byte(text))
	return v, len(issues) == 0
}
