package world

import (
	"context"
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Reset makes the world as Open makes a new one. If a seed is refused, or the process dies, the old world stays.
func (w *World) Reset(ctx context.Context) error {
	return w.renew(ctx, w.config.Image, w.config.Known, w.config.Moment, (*Tx).populate)
}

// Restore replaces the world by that of an image. If the image is invalid, or the process dies, the old world stays.
func (w *World) Restore(ctx context.Context, image []byte) error {
	if len(image) == 0 {
		return store.ErrEmptyImage
	}
	return w.renew(ctx, image, false, nil, (*Tx).adopt)
}

// adopt finds the first Organization of a world.
func (tx *Tx) adopt() (err error) {
	tx.w.org, err = tx.FirstOrganization()
	return err
}

// renew replaces the world, and ends what the old one has under way.
func (w *World) renew(
	ctx context.Context, image []byte, known bool, moment *Moment, fill func(*Tx) error,
) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return err
	}

	if w.config.Watch != nil {
		if err := w.commitLocked(w.nowLocked(), w.org, (*Tx).TellEnds); err != nil {
			return err
		}
	}
	before := w.clock
	if err := w.remakeLocked(image, known, moment, fill); err != nil {
		return err
	}
	w.relay.Renew()
	w.hooks.Renew()
	w.late = nil
	w.publishKeysLocked()
	w.made.Start(w.secret, w.drawn)
	before.Stop()
	w.config.Renewed(w.nowLocked(), w.kept)
	w.version.Add(1)
	w.waiters.WakeAll()
	resumed := w.commitLocked(w.nowLocked(), "", (*Tx).resumeQueues)
	return errors.Join(resumed, w.drainLocked(context.Background()))
}

// remakeLocked makes a world from an image, or an empty one if there is none, and fills it. It does so in memory. Then
// a world in a file gets its content in one transaction, and another world is replaced by it.
func (w *World) remakeLocked(image []byte, known bool, moment *Moment, fill func(*Tx) error) error {
	next := state{clock: clock.New(w.config.Start, w.config.Live), fromImage: image != nil, moment: moment}
	if image == nil {
		next.origin = w.config.originAt(next.clock.Now())
	}
	made, err := next.origin.openInMemory(image, known)
	if err != nil {
		return err
	}
	next.db = made
	before := w.state
	w.state = next
	w.forgetLocked()

	if err = w.identifyLocked(fill); err == nil && !w.config.inMemory() {
		err, w.db = before.db.Replace(made), before.db
	}
	switch {
	case err != nil:
		w.state = before
		w.forgetLocked()
		w.publishKeysLocked()
	case w.config.inMemory():
		made = before.db
	}
	return errors.Join(err, made.Close())
}

// openInMemory opens a copy of an image, or a database with this origin if there is no image.
func (from origin) openInMemory(image []byte, known bool) (*store.DB, error) {
	if image == nil {
		return from.open()
	}
	return store.OpenImage(image, known)
}
