package cond

import (
	"slices"
	"strings"
	"time"
)

// ignoringTime returns a test that ignores the time.
func ignoringTime(holds func(x, v any) bool) func(x, v any, clock Clock) Result {
	return func(x, v any, _ Clock) Result { return Result{True: holds(x, v)} }
}

// ordered returns a test of the order of two numbers.
func ordered(holds func(order int) bool) func(x, v any, clock Clock) Result {
	return func(x, v any, _ Clock) Result {
		order, ok := Order(x, v)
		return Result{True: ok && holds(order)}
	}
}

func in(x, v any) bool {
	list, _ := v.([]any)
	return hasItem(list, x)
}

func exists(x, v any) bool {
	want, ok := v.(bool)
	return ok && want == (x != nil && x != any(Missing{}))
}

func startsWith(x, v any) bool {
	s, prefix, ok := bothStrings(x, v)
	return ok && strings.HasPrefix(s, prefix)
}

func hasItem(list []any, x any) bool {
	return slices.ContainsFunc(list, func(item any) bool { return Equal(item, x) })
}

func contains(x, v any) bool {
	if list, ok := x.([]any); ok {
		return hasItem(list, v)
	}
	s, part, ok := bothStrings(x, v)
	return ok && strings.Contains(s, part)
}

func bothStrings(x, v any) (string, string, bool) {
	a, ok := x.(string)
	if !ok {
		return "", "", false
	}
	b, ok := v.(string)
	return a, b, ok
}

// dated returns a test of the order of two instants.
func dated(holds func(order int) bool) func(x, v any, clock Clock) Result {
	return func(x, v any, clock Clock) Result {
		a, ok := clock.ParseTime(x)
		if !ok {
			return Result{}
		}
		b, ok := clock.parseOperand(v)
		return Result{True: ok && holds(a.Compare(b))}
	}
}

func within(x, v any, clock Clock) Result {
	at, ok := clock.ParseTime(x)
	if !ok {
		return Result{}
	}
	width, ok := clock.parseWidth(v)
	if !ok {
		return Result{}
	}
	return windowOf(clock.Now, width).test(at)
}

// parseWidth parses the width of a window.
func parseWidth(v any) (time.Duration, bool) {
	s, ok := v.(string)
	if !ok {
		return 0, false
	}
	width, err := ParseDuration(s)
	return width, err == nil
}
