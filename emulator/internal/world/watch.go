package world

// Watch is told of the emails that were sent. Its functions run under the lock and must only read. The emails are those
// whose place in the outbox is greater than after.
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

// tellSent calls Sent if emails were sent since the last time. The transaction has been committed; Sent reads in
// another one. No error fails the call: it is logged.
func (tx *Tx) tellSent() {
	w := tx.w
	if w.config.Watch == nil {
		return
	}
	reading, err := w.beginLocked(w.nowLocked(), w.org)
	if err == nil {
		err = reading.passSent()
		_ = reading.Rollback()
	}
	if err != nil {
		w.log.Error("the emails that were sent could not be read", "error", err)
	}
}

func (tx *Tx) passSent() error {
	watched := &tx.w.watched
	place, err := tx.LastPlace()
	if err != nil || place <= watched.last {
		return err
	}
	if err := tx.w.config.Watch.Sent(tx, watched.last); err != nil {
		return err
	}
	watched.last = place
	return nil
}

// TellEnds calls Ends.
func (tx *Tx) TellEnds() error {
	if tx.w.config.Watch == nil {
		return nil
	}
	return tx.w.config.Watch.Ends(tx, tx.w.watched.first)
}
