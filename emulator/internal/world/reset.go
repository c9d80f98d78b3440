package world

import (
	"context"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
)

// Reset rebuilds the world in one transaction. If a seed is refused, or the process dies, the old world stays.
func (w *World) Reset(ctx context.Context) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return err
	}

	before, last, next, newID, secret, keys, org := w.clock, w.last, w.next, w.newID, w.secret, w.keys, w.org
	w.clock, w.last = clock.New(w.config.Start, w.config.Live), time.Time{}
	if err := w.renewLocked(); err != nil {
		w.clock, w.last, w.next, w.newID, w.secret, w.keys, w.org = before, last, next, newID, secret, keys, org
		return err
	}

	w.relay.Renew()
	w.late = nil
	w.publishKeysLocked()
	before.Stop()
	w.config.Renewed(w.nowLocked())
	w.waiters.WakeAll()
	return w.drainLocked(context.Background())
}

func (w *World) renewLocked() error {
	w.forgetLocked()
	return w.commitLocked(w.clock.Now(), "", (*Tx).rebuild)
}

func (tx *Tx) rebuild() (err error) {
	if err := tx.Clear(); err != nil {
		return err
	}
	if tx.w.newID, err = tx.loadIdentity(); err != nil {
		return err
	}
	tx.NewID = tx.w.newID
	tx.w.org, err = tx.w.config.Populate(tx)
	return err
}
