package world

import (
	"context"
	"time"
)

// Reset makes the world anew in one transaction, so that a seed that does not fit, or a process that dies, leaves the old
// one.
func (w *World) Reset(ctx context.Context) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return err
	}
	clock, last, next, newID, secret, keys, org := w.clock, w.last, w.next, w.newID, w.secret, w.keys, w.org
	w.clock, w.last = newClock(&w.config), time.Time{}
	if err := w.renewLocked(); err != nil {
		w.clock, w.last, w.next, w.newID, w.secret, w.keys, w.org = clock, last, next, newID, secret, keys, org
		return err
	}
	w.publishKeysLocked()
	clock.stop()
	w.config.Renewed(w.nowLocked())
	return w.drainLocked(context.Background())
}

func (w *World) renewLocked() error {
	tx, err := w.beginLocked(w.clock.now(), "")
	if err != nil {
		return err
	}
	w.forgetLocked()
	if err := tx.remake(); err != nil {
		return tx.rollback(err)
	}
	return tx.commit()
}

func (tx *Tx) remake() (err error) {
	if err := tx.Clear(); err != nil {
		return err
	}
	if tx.w.newID, err = tx.identity(); err != nil {
		return err
	}
	tx.NewID = tx.w.newID
	tx.w.org, err = tx.w.config.Populate(tx)
	return err
}
