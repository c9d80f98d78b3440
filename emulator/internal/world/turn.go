package world

import "context"

// turn is a lock. A caller waits for it no longer than its context lasts. That is why it is a channel and not a
// sync.Mutex; also, goroutines that wait for a channel in a testing/synctest bubble count as blocked.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// Lock waits for the lock and takes it.
func (lock turn) Lock() { lock <- struct{}{} }

// TryLock takes the lock if it is free, and reports whether it did.
func (lock turn) TryLock() bool {
	select {
	case lock <- struct{}{}:
		return true
	default:
		return false
	}
}

// LockContext takes the lock. If the context ends first, it returns the context's error and does not hold the lock.
func (lock turn) LockContext(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if lock.TryLock() {
		return nil
	}

	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil { // both cases were ready, and select chose the lock
		lock.Unlock()
		return err
	}
	return nil
}

// Unlock hands the lock to the caller that has waited longest.
func (lock turn) Unlock() { <-lock }

var errGaveUp = &Problem{Code: CodeUnavailable,
	Message: "The call ended while it waited for another call. It did nothing."}

// lock takes the lock of the world for a call and passes the time to Began. If the call's context ends first, it
// returns errGaveUp and does not hold the lock.
func (w *World) lock(ctx context.Context) error {
	if w.mu.LockContext(ctx) != nil {
		return errGaveUp
	}
	w.config.Began(ctx, w.nowLocked())
	return nil
}
