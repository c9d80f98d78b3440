// Package idle waits until nothing is under way.
package idle

import (
	"context"
	"sync"
)

// Counter counts what is under way. Its channels are made once and never closed, so a Counter may be used both inside
// and outside of a testing/synctest bubble. Inside the bubble that it was made in, Wait blocks durably.
type Counter struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // has an element while n is 0
	busy chan struct{} // has an element while n is not 0
}

// New returns a Counter that is at zero.
func New() *Counter {
	counter := &Counter{zero: make(chan struct{}, 1), busy: make(chan struct{}, 1)}
	counter.zero <- struct{}{}
	return counter
}

// Begin counts one more.
func (counter *Counter) Begin() {
	counter.mu.Lock()
	defer counter.mu.Unlock()
	if counter.n == 0 {
		<-counter.zero // a waiter that has taken the element puts it back at once
		counter.busy <- struct{}{}
	}
	counter.n++
}

// End counts one less.
func (counter *Counter) End() {
	counter.mu.Lock()
	defer counter.mu.Unlock()
	if counter.n--; counter.n == 0 {
		<-counter.busy
		counter.zero <- struct{}{}
	}
}

// Busy reports whether anything is under way.
func (counter *Counter) Busy() bool {
	counter.mu.Lock()
	defer counter.mu.Unlock()
	return counter.n > 0
}

// Wait waits until nothing is under way. If the context ends first, Wait returns its error.
func (counter *Counter) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-counter.zero:
		counter.zero <- struct{}{}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
