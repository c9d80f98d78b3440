package emulator

import "github.com/segmentflow/segmentflow-go/emulator/internal/store"

// Results. Documented: exact stats. Decided here: two equations that hold at every moment,
//
//	audience = eligible + Σ skipped
//	eligible = queued + processing + sent + failed + skippedAtSend + cancelled
//
// in which audience, eligible and skipped are those of the snapshot, and everything is 0 before there is one. Who has no
// EmailSend yet is queued, or once the carrier was cancelled, cancelled.

// results are what became of a carrier so far. The first three are those of the snapshot.
type results struct {
	audience, eligible int
	skipped            map[string]int

	queued, processing, sent, failed, skippedAtSend, cancelled int

	facts map[string]store.Happened // what happened to its mail, by the fact
}

// sendCounts are what is known of a carrier's sends, without what happened to their mail.
func (tx *Tx) sendCounts(c *carrier) (r results, err error) {
	if c.Audience == nil {
		return r, nil
	}
	counts, err := tx.SendCounts(c.ID)
	if err != nil {
		return r, err
	}
	r.audience, r.eligible, r.skipped = c.Audience.Total, c.Audience.Eligible, c.Audience.Skipped
	r.processing, r.sent = counts[store.SendProcessing], counts[store.SendSent]
	r.failed, r.skippedAtSend = counts[store.SendFailed], counts[store.SendSkipped]
	waiting := r.eligible - r.processing - r.sent - r.failed - r.skippedAtSend
	if c.CancelledAt.IsZero() {
		r.queued = waiting
	} else {
		r.cancelled = waiting
	}
	return r, nil
}

// carrierResults are what became of a carrier so far.
func (tx *Tx) carrierResults(c *carrier) (results, error) {
	r, err := tx.sendCounts(c)
	if err != nil {
		return r, err
	}
	r.facts, err = tx.FactCounts(c.ID)
	return r, err
}
