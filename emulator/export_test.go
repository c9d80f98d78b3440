package emulator

import (
	"context"
	"errors"
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

// Membership returns whether a Profile is known to be in a Segment that a Journey listens to, and whether it is in it
// by a count of everything.
func (e *Emulator) Membership(segment, email string) (known, counted bool, err error) {
	err = e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
		p, err := tx.ProfileByEmail(email)
		if err != nil || p == nil {
			return err
		}
		membership, err := tx.Membership(segment, p.ID)
		if err != nil {
			return err
		}
		known = membership.Member
		counted, err = tx.InSegment(p.ID, segment)
		return err
	})
	return known, counted, err
}

// Undo makes an act that tracks an event and is undone.
func (e *Emulator) Undo(event, email string, n int) error {
	return e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
		_, err := tx.TrackEvent(world.TrackedEvent{Event: event, Who: world.Identity{Email: email},
			Data: map[string]any{"n": n}})
		return errors.Join(errors.New("undone"), err)
	})
}
