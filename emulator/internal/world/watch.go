package world

import "context"

// Watch is told of the emails that were sent. Its functions run under the lock, in a transaction that is rolled back.
// They must only read. The emails are those whose place in the outbox is greater than after.
type Watch struct {
	Sent func(tx *Tx, after int) error // after each commit in which emails were sent
	Ends func(tx *Tx, after int) error // before the world is replaced; the emails are all that it has sent
}

// watched is how far the outbox was when the world began, and when Sent was called last. The number tells the worlds of
// a World apart: after a Reset, other emails have the same ids.
type watched struct{ first, last, number int }

// Number returns the number of the world. Each Reset makes another world.
func (tx *Tx) Number() int { return tx.w.watched.number }

// loadWatched begins to watch a world that is new to this process.
func (tx *Tx) loadWatched() error {
	if tx.w.config.Watch == nil {
		return nil
	}
	place, err := tx.LastPlace()
	tx.w.begun++
	tx.w.watched = watched{place, place, tx.w.begun}
	return err
}

// tellSentLocked calls Sent if emails were sent since the last time.
func (w *World) tellSentLocked() {
	if w.config.Watch == nil {
		return
	}
	w.watchLocked(func(tx *Tx) error {
		place, err := tx.LastPlace()
		if err != nil || place <= w.watched.last {
			return err
		}
		if err := w.config.Watch.Sent(tx, w.watched.last); err != nil {
			return err
		}
		w.watched.last = place
		return nil
	})
}

// tellEndsLocked calls Ends.
func (w *World) tellEndsLocked() {
	if w.config.Watch != nil {
		w.watchLocked(func(tx *Tx) error { return w.config.Watch.Ends(tx, w.watched.first) })
	}
}

// watchLocked runs a function of Watch. It fails no call: an error is logged.
func (w *World) watchLocked(look func(tx *Tx) error) {
	tx, err := w.beginLocked(w.nowLocked(), w.org)
	if err == nil {
		err = look(tx)
		_ = tx.Rollback()
	}
	if err != nil {
		w.log.Error("the emails that were sent could not be read", "error", err)
	}
}

// End runs what is due, and calls Ends for the last time.
func (w *World) End() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.readyLocked(); err != nil {
		return err
	}
	_, err := w.runDueLocked(context.Background(), w.nowLocked())
	w.tellEndsLocked()
	return err
}
