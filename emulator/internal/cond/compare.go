package cond

import (
	"slices"
	"strings"
	"time"
)

// Test compares two values, either of which may be [Missing]. It is what
// evaluation uses; SQL registers it for what SQL cannot say.
func (o Op) Test(x, v any, now time.Time) Result {
	if o == OpWithin {
		return within(x, v, now)
	}
	return Result{True: o.holds(x, v)}
}

func (o Op) holds(x, v any) bool {
	switch o {
	case OpTruthy:
		return Truthy(x)
	case OpEq:
		return Equal(x, v)
	case OpNeq:
		return !Equal(x, v)
	case OpGt, OpGte, OpLt, OpLte:
		order, ok := Order(x, v)
		return ok && o.bounds(order)
	case OpIn:
		list, _ := v.([]any)
		return member(list, x)
	case OpContains:
		return contains(x, v)
	case OpExists:
		want, ok := v.(bool)
		return ok && want == (x != nil && x != any(Missing{}))
	case OpStartsWith:
		s, prefix, ok := bothStrings(x, v)
		return ok && strings.HasPrefix(s, prefix)
	case OpBefore:
		a, b, ok := bothTimes(x, v)
		return ok && a.Before(b)
	case OpAfter:
		a, b, ok := bothTimes(x, v)
		return ok && a.After(b)
	}
	return false
}

// bounds says whether an order of -1, 0 or 1 satisfies the operator.
func (o Op) bounds(order int) bool {
	switch o {
	case OpGt:
		return order > 0
	case OpGte:
		return order >= 0
	case OpLt:
		return order < 0
	case OpLte:
		return order <= 0
	}
	return order == 0
}

func member(list []any, x any) bool {
	return slices.ContainsFunc(list, func(item any) bool { return Equal(item, x) })
}

func contains(x, v any) bool {
	if list, ok := x.([]any); ok {
		return member(list, v)
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
	width, ok := span(v)
	if !ok {
		return Result{}
	}
	return windowOf(now, width).test(at)
}

// span reads the width of a window.
func span(v any) (time.Duration, bool) {
	s, ok := v.(string)
	if !ok {
		return 0, false
	}
	width, err := ParseDuration(s)
	return width, err == nil
}
