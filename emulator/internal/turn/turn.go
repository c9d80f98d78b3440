// Package turn is the lock of a world.
package turn

import "context"

// Turn is a lock. A caller waits for it no longer than its context lasts. That is why it is a channel and not a
// sync.Mutex; also, goroutines that wait for a channel in a testing/synctest bubble count as blocked.
type Turn chan struct{}

// New returns a free lock.
func New() Turn { return make(Turn, 1) }

// Lock waits for the lock and takes it.
func (lock Turn) Lock() { lock <- struct{}{} }

// TryLock takes the lock if it is free, and reports whether it did.
func (lock Turn) TryLock() bool {
	select {
	case lock <- struct{}{}:
		return true
	default:
		return false
	}
}

// LockContext takes the lock. If the context ends first, it returns the context's error and does not hold the lock.
func (lock Turn) LockContext(ctx context.Context) error {
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
func (lock Turn) Unlock() { <-lock }
