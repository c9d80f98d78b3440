package world

import "github.com/segmentflow/segmentflow-go/emulator/internal/store"

// Results. Documented: exact stats. Decided here: two equations that hold at every moment,
//
//	audience = eligible + Σ skipped
//	eligible = queued + processing + sent + failed + skippedAtSend + cancelled
//
// in which audience, eligible and skipped are those of the snapshot, and everything is 0 before there is one. Who has no
// EmailSend yet is queued, or once the carrier was cancelled, cancelled.

// Results are what became of a carrier so far. The first three are those of the snapshot.
type Results struct {
	Audience, Eligible int
	Skipped            map[string]int

	Queued, Processing, Sent, Failed, SkippedAtSend, Cancelled int

	Facts map[string]store.FactCount // what happened to its mail, by the fact
}

// CarrierSends are what is known of a carrier's sends, without what happened to their mail.
func (tx *Tx) CarrierSends(c *Carrier) (r Results, err error) {
	if c.Audience == nil {
		return r, nil
	}
	counts, err := tx.SendCounts(c.ID)
	if err != nil {
		return r, err
	}
	r.Audience, r.Eligible, r.Skipped = c.Audience.Total, c.Audience.Eligible, c.Audience.Skipped
	r.Processing, r.Sent = counts[store.SendProcessing], counts[store.SendSent]
	r.Failed, r.SkippedAtSend = counts[store.SendFailed], counts[store.SendSkipped]
	waiting := r.Eligible - r.Processing - r.Sent - r.Failed - r.SkippedAtSend
	if c.CancelledAt.IsZero() {
		r.Queued = waiting
	} else {
		r.Cancelled = waiting
	}
	return r, nil
}

// CarrierResults are what became of a carrier so far.
func (tx *Tx) CarrierResults(c *Carrier) (Results, error) {
	r, err := tx.CarrierSends(c)
	if err != nil {
		return r, err
	}
	r.Facts, err = tx.FactCounts(c.ID)
	return r, err
}
