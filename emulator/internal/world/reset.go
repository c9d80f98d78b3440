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

	before := w.state
	w.clock, w.last = clock.New(w.config.Start, w.config.Live), time.Time{}
	w.forgetLocked()
	if err := w.commitLocked(w.clock.Now(), "", (*Tx).rebuild); err != nil {
		w.state = before
		return err
	}

	w.relay.Renew()
	w.late = nil
	w.publishKeysLocked()
	before.clock.Stop()
	w.config.Renewed(w.nowLocked(), w.kept)
	return w.drainLocked(context.Background())
}

func (tx *Tx) rebuild() error {
	if err := tx.Clear(); err != nil {
		return err
	}
	if err := tx.loadIdentity(); err != nil {
		return err
	}
	tx.NewID = tx.w.newID
	return tx.populate()
}
