package world

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/ids"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// An image is the world of one instant as a database file. It is what a process that is killed at this instant would
// leave in a file, and what the process has only in memory. So a conversation with the SMTP server is in no image:
// where the image is opened, it was interrupted.

// memory is what a world has only in memory.
type memory struct {
	IDs   string `json:"ids,omitempty"` // the state of the sequence of ids; "" if they are random
	Seed  uint64 `json:"seed"`          // of random choices
	Task  int    `json:"task"`          // the number of the newest task
	Keys  uint64 `json:"keys"`          // how many idempotency keys were made up
	Doors string `json:"doors"`         // what Config.Kept returned
}

// Image returns an image of the world of this instant, which must not be changed. It runs no due task.
func (w *World) Image(ctx context.Context) (image []byte, err error) {
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return nil, err
	}
	if err := w.storeLateLocked(); err != nil {
		return nil, err
	}
	tx, err := w.beginLocked(w.nowLocked(), "")
	if err != nil {
		return nil, err
	}
	if err := tx.keepMemory(); err != nil {
		return nil, tx.rollback(err)
	}
	if !w.config.inMemory() { // an image of a file has what is not committed, and the file stays as it is
		image, err = w.db.Image()
		return image, tx.rollback(err)
	}
	if err := tx.commit(); err != nil {
		return nil, err
	}
	return w.db.Image()
}

// Moment is what an image for a fork does not contain: the time, and what a world has only in memory.
type Moment struct {
	at     time.Time
	memory memory
}

// Fork runs what is due, like an act, and returns an image of the world with its Moment. Until something is written,
// all forks of a world in memory share one image, even while its clock runs.
func Fork(ctx context.Context, w *World) (image []byte, moment *Moment, err error) {
	err = w.Act(ctx, First, func(tx *Tx) error {
		kept, err := tx.memory()
		if err != nil {
			return err
		}
		moment = &Moment{at: tx.Now, memory: kept}
		image, err = w.db.Image()
		return err
	})
	return image, moment, err
}

// memory returns what the world has only in memory.
func (tx *Tx) memory() (kept memory, err error) {
	kept = memory{Seed: tx.w.seed, Keys: tx.w.made.Count(), Doors: tx.w.config.Kept()}
	if kept.Task, err = tx.LastTask(); err == nil && tx.w.ids != nil {
		kept.IDs, err = tx.w.ids.State()
	}
	return kept, err
}

// keepMemory stores what is only in memory, for an image.
func (tx *Tx) keepMemory() error {
	kept, err := tx.memory()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := tx.changeMeta(metaNow, Stamp(tx.Now)); err != nil {
		return err
	}
	return tx.changeMeta(metaMemory, string(raw))
}

// changeMeta stores a value unless it is stored already. To store it once more would leave another image.
func (tx *Tx) changeMeta(key, value string) error {
	if before, err := tx.Meta(key); err != nil || before == value {
		return err
	}
	return tx.SetMeta(key, value)
}

// keptMemory returns what an image has of the memory of a world. It is zero if the world was not made from an image.
func (tx *Tx) keptMemory() (kept memory, err error) {
	switch w := tx.w; {
	case w.moment != nil:
		return w.moment.memory, nil
	case w.origin.like != nil:
		return w.origin.like.memory, nil
	}
	raw, err := tx.Meta(metaMemory)
	if err != nil || raw == "" {
		return kept, err
	}
	if err := json.Unmarshal([]byte(raw), &kept); err != nil {
		return kept, fmt.Errorf("what the image kept of the memory is invalid: %w", err)
	}
	return kept, nil
}

// loadSequence continues the sequence of ids, or begins it.
func (tx *Tx) loadSequence(kept memory) (err error) {
	w := tx.w
	w.seed, w.drawn, w.kept = w.config.SeedNumber, kept.Keys, kept.Doors
	if kept != (memory{}) {
		w.seed = kept.Seed
	}
	switch {
	case !w.config.inMemory():
		w.newID = func() string { return uuid.Must(uuid.NewV7()).String() } // in order, like those of a Sequence
		return nil
	case kept.IDs == "":
		w.ids = ids.New(w.seed)
	default:
		if w.ids, err = ids.Continue(kept.IDs); err != nil {
			return err
		}
	}
	if w.fromImage || w.origin.like != nil {
		tx.SetLastTask(kept.Task)
	}
	w.newID = w.ids.Next
	return nil
}

// ImageError is the error of an image that no world can be made from.
type ImageError = store.ImageError

// WriteImage writes an image to a new file, which appears with all of its content or not at all.
func WriteImage(path string, image []byte) error { return store.WriteImage(path, image) }

// ReadImage returns the image of the world in a file.
func ReadImage(path string) ([]byte, error) { return store.ReadImage(path) }
