package cond

import "time"

// window is the time from since to now, in milliseconds. Both ends are included.
// An unbounded window has no beginning.
type window struct {
	since, now time.Time
	width      time.Duration
	unbounded  bool
}

func windowOf(now time.Time, width time.Duration) window {
	now, width = wholeMillis(now), width.Truncate(time.Millisecond)
	return window{since: now.Add(-width), now: now, width: width}
}

// unboundedWindow returns the window without a beginning.
func unboundedWindow(now time.Time) window { return window{now: wholeMillis(now), unbounded: true} }

// test returns whether an instant is inside the window, and when that changes. An
// instant enters when now reaches it. It leaves one millisecond after the last
// millisecond in which it is inside.
func (w window) test(at time.Time) Result {
	at = wholeMillis(at)
	switch {
	case at.After(w.now):
		return Result{Until: zeroIfTooLate(at)}
	case w.unbounded:
		return Result{True: true}
	case at.Before(w.since):
		return Result{}
	}
	return Result{True: true, Until: zeroIfTooLate(at.Add(w.width + time.Millisecond))}
}

func wholeMillis(t time.Time) time.Time { return t.Truncate(time.Millisecond) }

// LastInstant is the last instant that a timestamp can express: RFC 3339 ends with the
// year 9999. The clock goes no further.
var LastInstant = time.Date(9999, time.December, 31, 23, 59, 59, int(999*time.Millisecond), time.UTC)

// NotAfterLast returns an instant, or LastInstant if that is earlier.
func NotAfterLast(t time.Time) time.Time {
	if t.After(LastInstant) {
		return LastInstant
	}
	return t
}

// zeroIfTooLate returns the zero time for an instant that is never reached.
func zeroIfTooLate(t time.Time) time.Time {
	if t.After(LastInstant) {
		return time.Time{}
	}
	return t.UTC()
}
