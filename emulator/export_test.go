package emulator

import "time"

// WithBodyTime sets how long a body may stand still.
func WithBodyTime(d time.Duration) Option { return func(o *options) { o.bodyTime = d } }

// Occupy keeps the world busy, as a long call does, until the function that it returns is called.
func (e *Emulator) Occupy() (free func()) {
	e.mu.Lock()
	return e.mu.Unlock
}
