package idle

import (
	"context"
	"sync"
)

// Calls counts calls that are under way. Unlike a Counter, it may be waited for in any testing/synctest bubble: Wait
// blocks durably as long as a call of its own bubble is under way, so that the call gets the bubble's time.
type Calls struct {
	all      *Counter
	end      func() // of all
	inBubble func() bool

	mu      sync.Mutex
	bubbles map[string]*group // those with calls or waiters
}

// group are the calls of one bubble. Only the goroutines of the bubble use its channels.
type group struct {
	calls *Counter
	users int
}

// NewCalls returns Calls of which none is under way. inBubble reports quickly whether its caller runs in a bubble.
func NewCalls(inBubble func() bool) *Calls {
	all := New()
	return &Calls{all: all, end: all.End, inBubble: inBubble, bubbles: map[string]*group{}}
}

// Begin counts one more. The call must be ended by a goroutine of the same bubble.
func (calls *Calls) Begin() (end func()) {
	own, leave := calls.own()
	if own == nil {
		calls.all.Begin()
		return calls.end
	}
	own.Begin()
	calls.all.Begin()
	return func() {
		calls.all.End()
		own.End()
		leave()
	}
}

// Busy reports whether any call is under way.
func (calls *Calls) Busy() bool { return calls.all.Busy() }

// Wait waits until no call is under way. If the context ends first, Wait returns its error.
func (calls *Calls) Wait(ctx context.Context) error {
	own, leave := calls.own()
	defer leave()
	if own == nil {
		return calls.all.Wait(ctx)
	}
	for {
		if err := own.Wait(ctx); err != nil {
			return err
		}
		select { // the calls of others do not need the bubble's time
		case <-calls.all.zero:
			calls.all.zero <- struct{}{}
			return nil
		case <-own.busy:
			own.busy <- struct{}{}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// own returns the Counter of the bubble in which its caller runs, and a function to call when it is no longer used. The
// Counter is nil outside of bubbles.
func (calls *Calls) own() (own *Counter, leave func()) {
	if !calls.inBubble() {
		return nil, func() {}
	}
	name := bubble()
	calls.mu.Lock()
	defer calls.mu.Unlock()
	its := calls.bubbles[name]
	if its == nil {
		its = &group{calls: New()}
		calls.bubbles[name] = its
	}
	its.users++
	return its.calls, func() {
		calls.mu.Lock()
		defer calls.mu.Unlock()
		if its.users--; its.users == 0 {
			delete(calls.bubbles, name)
		}
	}
}
