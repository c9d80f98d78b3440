package cond

import "time"

// window is the time from since to now, both ends included, in milliseconds.
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

// always is the window that begins before everything.
func always(now time.Time) window { return window{now: wholeMillis(now), unbounded: true} }

// test says whether an instant is inside, and when that changes: it enters when
// now reaches it and leaves one millisecond after its last one inside.
func (w window) test(at time.Time) Result {
	at = wholeMillis(at)
	switch {
	case at.After(w.now):
		return Result{Until: onClock(at)}
	case w.unbounded:
		return Result{True: true}
	case at.Before(w.since):
		return Result{}
	}
	return Result{True: true, Until: onClock(at.Add(w.width + time.Millisecond))}
}

func wholeMillis(t time.Time) time.Time { return t.Truncate(time.Millisecond) }

// onClock drops instants that no clock shows: RFC 3339 ends with the year 9999.
func onClock(t time.Time) time.Time {
	if t.UTC().Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
