package emulator

import (
	"context"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// WithBodyTime sets how long a body may take without progress.
func WithBodyTime(d time.Duration) Option { return func(o *options) { o.bodyTime = d } }

// Occupy keeps the world busy, as a long call does, until the returned function is called.
func (e *Emulator) Occupy() (free func()) {
	busy, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = e.w.Act(context.Background(), world.First, func(*world.Tx) error {
			close(busy)
			<-stop
			return nil
		})
	}()
	<-busy
	return func() { close(stop); <-done }
}
