// Package clock is the emulator's one clock. It is the only package that reads the machine's time.
package clock

import (
	"context"
	"time"
)

// Clock shows the time of a world.
//
// A running clock shows the machine's time plus what it was advanced by. A frozen clock stays at its start and moves
// only when it is advanced. A live clock also calls wake when the next task is due. Times have millisecond resolution,
// like everything that is stored.
type Clock struct {
	frozen bool
	at     time.Time     // of a frozen clock
	offset time.Duration // of a running one
	live   bool
	timer  *time.Timer
	inside bool // the timer was made in a testing/synctest bubble
}

// New returns a clock that shows start, or the machine's time if start is zero. A clock with a start is frozen if it is
// not live.
func New(start time.Time, live bool) *Clock {
	clk := &Clock{frozen: !start.IsZero() && !live, live: live}
	switch {
	case clk.frozen:
		clk.at = start.UTC().Truncate(time.Millisecond)
	case !start.IsZero():
		clk.offset = time.Until(start)
	}
	return clk
}

// started is when the process started, in seconds.
var started = time.Now().Unix()

// InBubble reports whether its caller runs in a testing/synctest bubble. No function of the standard library tells. But
// testing/synctest documents that the time of a bubble starts at midnight UTC 2000-01-01, so in a bubble the time is
// long before the process started. A bubble that has come as far as the process no longer counts as one. The times are
// compared in seconds since 1970, because their monotonic readings may have nothing to do with each other.
func InBubble() bool {
	const day = 24 * 60 * 60 // the machine's time may be set back by a little
	return time.Now().Unix() < started-day
}

// MachineTime returns the machine's time, for the deadlines of connections. These do not depend on the world's clock.
func MachineTime() time.Time { return time.Now() }

// Wait waits for d of the machine's time, or of the time of a testing/synctest bubble. If the context ends first, it
// returns the context's error.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Now returns the time.
func (clk *Clock) Now() time.Time {
	if clk.frozen {
		return clk.at
	}
	return time.Now().Add(clk.offset).UTC().Truncate(time.Millisecond)
}

// Set moves the clock to a time that is not before now.
func (clk *Clock) Set(to time.Time) {
	if clk.frozen {
		clk.at = to
		return
	}
	clk.offset = time.Until(to)
}

// Arm makes a live clock call wake at the time next. A zero next means that nothing is due.
func (clk *Clock) Arm(next time.Time, wake func()) {
	if !clk.live {
		return
	}
	clk.Stop()
	if !next.IsZero() {
		now := time.Now()
		clk.timer, clk.inside = time.AfterFunc(max(0, next.Sub(now.Add(clk.offset))), wake), inBubble(now)
	}
}

// Stop ends what Arm has started. The timer of a bubble cannot be stopped from outside: the runtime would end the
// process. It may call wake once more, which runs nothing that is not due.
func (clk *Clock) Stop() {
	if clk.timer != nil && (!clk.inside || inBubble(time.Now())) {
		clk.timer.Stop()
	}
}

// inBubble reports whether a time was read in a testing/synctest bubble, where times have no monotonic part.
func inBubble(now time.Time) bool {
	return now == now.Round(0) //nolint:staticcheck // Equal does not compare the monotonic part
}

// Alarm returns a channel that receives when a running clock reaches the time next, and a function to call when the
// caller does not wait any more. If next is zero, or the clock is frozen or live, it never receives.
func (clk *Clock) Alarm(next time.Time) (due <-chan time.Time, stop func()) {
	if next.IsZero() || clk.Mode() != Running {
		return nil, func() {}
	}
	timer := time.NewTimer(next.Sub(time.Now().Add(clk.offset)))
	return timer.C, func() { timer.Stop() }
}

// The modes of a clock. A running clock is the default of Go tests: time passes, and due work waits for the next call.
const (
	Live    = "live"
	Manual  = "manual"
	Running = "running"
)

// Mode returns how the clock moves.
func (clk *Clock) Mode() string {
	switch {
	case clk.live:
		return Live
	case clk.frozen:
		return Manual
	}
	return Running
}
