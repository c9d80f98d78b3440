package world

import "time"

// clock is the emulator's one clock, and this file the only one that asks the machine for the time.
//
// A running clock is the machine's plus what was advanced; a frozen one stands at its start and moves only by advance.
// A live one also calls wake when the next task falls due. Instants have millisecond resolution, as everything stored has.
type clock struct {
	frozen bool
	at     time.Time     // of a frozen clock
	offset time.Duration // of a running one
	live   bool
	timer  *time.Timer
}

func newClock(o *Config) *clock {
	c := &clock{frozen: !o.Start.IsZero() && !o.Live, live: o.Live}
	switch {
	case c.frozen:
		c.at = o.Start.UTC().Truncate(time.Millisecond)
	case !o.Start.IsZero():
		c.offset = time.Until(o.Start)
	}
	return c
}

// MachineTime is for the deadlines of connections. They pass in the machine's time, whatever the world's clock says.
func MachineTime() time.Time { return time.Now() }

func (c *clock) now() time.Time {
	if c.frozen {
		return c.at
	}
	return time.Now().Add(c.offset).UTC().Truncate(time.Millisecond)
}

// set moves the clock to an instant at or after now.
func (c *clock) set(t time.Time) {
	if c.frozen {
		c.at = t
		return
	}
	c.offset = time.Until(t)
}

// arm makes a live clock call wake at the next due time; a zero next means that nothing is due.
func (c *clock) arm(next time.Time, wake func()) {
	if !c.live {
		return
	}
	c.stop()
	if !next.IsZero() {
		c.timer = time.AfterFunc(max(0, next.Sub(time.Now().Add(c.offset))), wake)
	}
}

func (c *clock) stop() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// The modes of a clock. A running one is the default of Go tests: time passes, and due work waits for the next call.
const (
	clockLive    = "live"
	clockManual  = "manual"
	clockRunning = "running"
)

// mode says how the clock moves.
func (c *clock) mode() string {
	switch {
	case c.live:
		return clockLive
	case c.frozen:
		return clockManual
	}
	return clockRunning
}
