package cond

import (
	"slices"
	"strings"
	"time"
)

// ignoringTime returns a test that ignores the time.
func ignoringTime(holds func(x, v any) bool) func(x, v any, now time.Time) Result {
	return func(x, v any, _ time.Time) Result { return Result{True: holds(x, v)} }
}

// ordered returns a test of the order of two numbers.
func ordered(holds func(order int) bool) func(x, v any, now time.Time) Result {
	return func(x, v any, _ time.Time) Result {
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

func before(x, v any) bool {
	a, b, ok := bothTimes(x, v)
	return ok && a.Before(b)
}

func after(x, v any) bool {
	a, b, ok := bothTimes(x, v)
	return ok && a.After(b)
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

func bothTimes(x, v any) (time.Time, time.Time, bool) {
	a, ok := ParseTime(x)
	if !ok {
		return time.Time{}, time.Time{}, false
	}
	b, ok := ParseTime(v)
	return a, b, ok
}

func within(x, v any, now time.Time) Result {
	at, ok := ParseTime(x)
	if !ok {
		return Result{}
	}
	width, ok := parseWidth(v)
	if !ok {
		return Result{}
	}
	return windowOf(now, width).test(at)
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
