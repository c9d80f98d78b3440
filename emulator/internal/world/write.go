package world

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
)

// actLocked runs what is due, then act and what it made due in one transaction. If the context ends before act begins,
// act is not done. The caller holds the lock.
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

// carryOut carries out an act and what it made due, and commits. An act that does not return, since it panicked or failed
// the test, has not happened.
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
		err = tx.runAlong()
	}
	returned = true
	if err != nil {
		return tx.rollback(err)
	}
	return tx.commit()
}

// Act runs what is due, then act for an Organization, once it is the call's turn. What act makes due runs before Act returns.
// If the context ends before act begins, nothing is done. First is the first one.
func (w *World) Act(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return w.actLocked(ctx, cmp.Or(org, w.org), act)
}

// Fingerprint stands for a text without holding any of it in clear: an HMAC under the world's secret.
func (tx *Tx) Fingerprint(canonical []byte) []byte {
	mac := hmac.New(sha256.New, tx.w.secret)
	mac.Write(canonical)
	return mac.Sum(nil)
}
