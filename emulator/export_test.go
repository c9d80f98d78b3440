package emulator

import (
	"context"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// WithBodyTime sets how long a body may take without progress.
func WithBodyTime(d time.Duration) Option { return func(o *options) { o.bodyTime = d } }

// Occupy keeps the world busy, as a long call does, until the returned function is called for the first time.
func (e *Emulator) Occupy() (free func()) {
	busy, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = e.world.Act(context.Background(), world.First, func(*world.Tx) error {
			close(busy)
			<-stop
			return nil
		})
	}()
	<-busy
	return sync.OnceFunc(func() { close(stop); <-done })
}
