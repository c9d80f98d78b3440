package world

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// actLocked runs the due tasks. Then it runs act, and the tasks that act made due, in one transaction. If the context
// ends before act begins, act does not run. The caller holds the lock.
func (w *World) actLocked(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.readyLocked(); err != nil {
		return err
	}
	now := w.nowLocked()
	if _, err := w.runDueLocked(ctx, now); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errGaveUp
	}

	tx, err := w.beginLocked(now, org)
	if err != nil {
		return err
	}
	if err := tx.carryOut(act); err != nil {
		return err
	}
	return w.drainLocked(ctx)
}

// carryOut runs an act and the tasks that it made due, and commits. If the act does not return, because it panicked or
// failed the test, it is rolled back.
func (tx *Tx) carryOut(act func(tx *Tx) error) error {
	returned := false
	defer func() {
		if !returned {
			_ = tx.rollback(nil)
		}
	}()

	err := act(tx)
	if err == nil {
		err = tx.UnscheduleChanged()
	}
	if err == nil {
		err = tx.runDueInAct()
	}
	returned = true

	if err != nil {
		return tx.rollback(err)
	}
	return tx.commit()
}

// Act waits for the call's turn, runs the due tasks, and then runs act for an Organization; First stands for the first
// one. The tasks that act makes due run before Act returns. If the context ends before act begins, act does not run.
func (w *World) Act(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return w.actLocked(ctx, cmp.Or(org, w.org), act)
}

// Fingerprint returns an HMAC of a text under the world's secret. It identifies the text without storing it.
func (tx *Tx) Fingerprint(canonical []byte) []byte {
	mac := macOf(tx.w)
	mac.Reset()
	mac.Write(canonical)
	return mac.Sum(nil)
}

// macOf returns the HMAC under the world's secret. Its state is whatever its last user left. The caller holds the lock.
func macOf(w *World) hash.Hash {
	if w.mac == nil {
		w.mac = hmac.New(sha256.New, w.secret)
	}
	return w.mac
}

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

// AfterCommit calls do after the act has committed, and not at all if it is rolled back.
func (tx *Tx) AfterCommit(do func() error) { tx.w.after = append(tx.w.after, do) }

// Try runs a part of an act. If the part fails, its writes are undone and Try returns the error; the act may go on.
func (tx *Tx) Try(part func() error) error {
	err := tx.Nested(part)
	if err != nil {
		tx.w.discardLocked()
	}
	return err
}
