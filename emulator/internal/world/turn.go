package world

import "context"

// turn is a lock for which a caller waits no longer than its context lasts. It is a channel and no sync.Mutex for that
// reason; goroutines that wait for it in a testing/synctest bubble also count as blocked there.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// Lock takes the lock, however long that takes.
func (t turn) Lock() { t <- struct{}{} }

// TryLock takes the lock if nobody has it, and reports whether it did.
func (t turn) TryLock() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

// LockContext takes the lock. If the context ends first, it returns the context's error and does not hold the lock.
func (t turn) LockContext(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if t.TryLock() {
		return nil
	}
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil { // both happened while nobody looked
		t.Unlock()
		return err
	}
	return nil
}

// Unlock gives the lock to the one that has waited longest.
func (t turn) Unlock() { <-t }

var errGaveUp = &Problem{Code: CodeUnavailable,
	Message: "The call ended while it waited for another one. Nothing was done."}

// lock takes the lock of the world for a call, and says when that was. If the call's context ends
// first, it returns errGaveUp and does not hold the lock.
func (w *World) lock(ctx context.Context) error {
	if w.mu.LockContext(ctx) != nil {
		return errGaveUp
	}
	w.config.Began(ctx, w.nowLocked())
	return nil
}
