package cond

import "time"

// Result is the outcome now, and the earliest later instant at which time alone
// may change it. A zero Until means never. Until may be too early, but never too
// late.
type Result struct {
	True  bool
	Until time.Time
}

// earliest returns the earlier of two Until values. A zero one means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
