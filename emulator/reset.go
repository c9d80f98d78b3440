package emulator

import (
	"context"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Reset goes back to the seed: the world is as New would make it, with the same ids in memory, the clock at its start and
// an empty journal. What Seed and NewAPIKey added is gone. In a file, too, everything is deleted. A seed file that does
// not fit any more fails the test of Start, or panics, and leaves the world as it was.
func (e *Emulator) Reset() {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.must("reset", e.reset(context.Background()))
}

// reset makes the world anew in one transaction, so that a seed that does not fit, or a process that dies, leaves the old
// one.
func (e *Emulator) reset(ctx context.Context) error {
	if err := e.lock(ctx); err != nil {
		return err
	}
	defer e.mu.Unlock()
	if err := e.ready(); err != nil {
		return err
	}
	seeds, err := e.optionSeeds()
	if err != nil {
		return err
	}
	clock, last, next, newID, secret, keys, org := e.clock, e.last, e.next, e.newID, e.secret, e.keys, e.org
	e.clock, e.last = newClock(&e.options), time.Time{}
	if err := e.renew(seeds); err != nil {
		e.clock, e.last, e.next, e.newID, e.secret, e.keys, e.org = clock, last, next, newID, secret, keys, org
		return err
	}
	e.admitCallers()
	clock.stop()
	e.journal.clear(e.now())
	return e.drain(context.Background())
}

func (e *Emulator) renew(seeds []Seed) error {
	tx, err := e.db.Begin(e.clock.now(), "", nil)
	if err != nil {
		return err
	}
	e.forget()
	if err := e.remake(tx, seeds); err != nil {
		return e.rollback(tx, err)
	}
	return e.commit(tx)
}

func (e *Emulator) remake(tx *store.Tx, seeds []Seed) (err error) {
	if err := tx.Clear(); err != nil {
		return err
	}
	if e.newID, err = e.identity(tx); err != nil {
		return err
	}
	tx.NewID = e.newID
	e.org, err = e.populate(tx, seeds)
	return err
}
