package emulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
)

// transact runs what is due, then act and what it made due in one transaction. If the context ends before act begins,
// act is not done. The caller holds the lock.
func (w *world) transact(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.ready(); err != nil {
		return err
	}
	now := w.now()
	if _, err := w.runDue(ctx, now); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errGaveUp
	}
	tx, err := w.begin(now, org)
	if err != nil {
		return err
	}
	if err := w.carryOut(tx, act); err != nil {
		return err
	}
	return w.drain(ctx)
}

// carryOut carries out an act and what it made due, and commits. An act that does not return, since it panicked or failed
// the test, has not happened.
func (w *world) carryOut(tx *Tx, act func(tx *Tx) error) error {
	returned := false
	defer func() {
		if !returned {
			_ = w.rollback(tx, nil)
		}
	}()
	err := act(tx)
	if err == nil {
		err = tx.holdSchedules()
	}
	if err == nil {
		err = tx.runAlong()
	}
	returned = true
	if err != nil {
		return w.rollback(tx, err)
	}
	return w.commit(tx)
}

// view runs what is due, then act, once it is the call's turn. If the context ends first, nothing is done.
func (w *world) view(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return w.transact(ctx, org, act)
}

// viewFirst is view of the first Organization.
func (w *world) viewFirst(ctx context.Context, act func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return w.transact(ctx, w.org, act)
}

// fingerprint stands for a text without holding any of it in clear: an HMAC under the world's secret.
func (tx *Tx) fingerprint(canonical []byte) []byte {
	mac := hmac.New(sha256.New, tx.w.secret)
	mac.Write(canonical)
	return mac.Sum(nil)
}
