package world

import "time"

// clock is the emulator's one clock. This file is the only one that reads the machine's time.
//
// A running clock shows the machine's time plus what it was advanced by. A frozen clock stays at its start and moves
// only when it is advanced. A live clock also calls wake when the next task is due. Times have millisecond resolution,
// like everything that is stored.
type clock struct {
	frozen bool
	at     time.Time     // of a frozen clock
	offset time.Duration // of a running one
	live   bool
	timer  *time.Timer
}

func newClock(config *Config) *clock {
	made := &clock{frozen: !config.Start.IsZero() && !config.Live, live: config.Live}
	switch {
	case made.frozen:
		made.at = config.Start.UTC().Truncate(time.Millisecond)
	case !config.Start.IsZero():
		made.offset = time.Until(config.Start)
	}
	return made
}

// MachineTime returns the machine's time, for the deadlines of connections. These do not depend on the world's clock.
func MachineTime() time.Time { return time.Now() }

func (clk *clock) now() time.Time {
	if clk.frozen {
		return clk.at
	}
	return time.Now().Add(clk.offset).UTC().Truncate(time.Millisecond)
}

// set moves the clock to a time that is not before now.
func (clk *clock) set(to time.Time) {
	if clk.frozen {
		clk.at = to
		return
	}
	clk.offset = time.Until(to)
}

// arm makes a live clock call wake at the time next. A zero next means that nothing is due.
func (clk *clock) arm(next time.Time, wake func()) {
	if !clk.live {
		return
	}
	clk.stop()
	if !next.IsZero() {
		clk.timer = time.AfterFunc(max(0, next.Sub(time.Now().Add(clk.offset))), wake)
	}
}

func (clk *clock) stop() {
	if clk.timer != nil {
		clk.timer.Stop()
	}
}

// The modes of a clock. A running clock is the default of Go tests: time passes, and due work waits for the next call.
const (
	clockLive    = "live"
	clockManual  = "manual"
	clockRunning = "running"
)

// mode returns how the clock moves.
func (clk *clock) mode() string {
	switch {
	case clk.live:
		return clockLive
	case clk.frozen:
		return clockManual
	}
	return clockRunning
}
