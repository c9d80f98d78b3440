package cond

import "time"

// Result is the truth now, and the earliest later instant at which it may
// change by time alone. A zero Until means never. Until is conservative: it may
// be early, never late.
type Result struct {
	True  bool
	Until time.Time
}

// earliest combines two Until values, of which the zero one is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
