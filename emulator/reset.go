package emulator

import (
	"context"
	"time"
)

// reset makes the world anew in one transaction, so that a seed that does not fit, or a process that dies, leaves the old
// one.
func (w *world) reset(ctx context.Context) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return err
	}
	clock, last, next, newID, secret, keys, org := w.clock, w.last, w.next, w.newID, w.secret, w.keys, w.org
	w.clock, w.last = newClock(&w.config), time.Time{}
	if err := w.renew(); err != nil {
		w.clock, w.last, w.next, w.newID, w.secret, w.keys, w.org = clock, last, next, newID, secret, keys, org
		return err
	}
	w.admitCallers()
	clock.stop()
	w.config.Renewed(w.now())
	return w.drain(context.Background())
}

func (w *world) renew() error {
	tx, err := w.begin(w.clock.now(), "")
	if err != nil {
		return err
	}
	w.forget()
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
