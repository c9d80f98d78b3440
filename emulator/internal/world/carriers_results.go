package world

import "github.com/segmentflow/segmentflow-go/emulator/internal/store"

// Results. Documented: exact stats. Decided here: two equations that hold at every moment,
//
//	audience = eligible + Σ skipped
//	eligible = queued + processing + sent + failed + skippedAtSend + cancelled
//
// in which audience, eligible and skipped are those of the snapshot, and everything is 0 before there is one. A
// recipient who has no EmailSend yet counts as queued, and as cancelled once the carrier was cancelled.

// Results are the results of a carrier so far. The first three are those of the snapshot.
type Results struct {
	Audience, Eligible int
	Skipped            map[string]int

	Queued, Processing, Sent, Failed, SkippedAtSend, Cancelled int

	Facts map[string]store.FactCount // what happened to its emails, by the fact
}

// CarrierSends returns the results of a carrier without Facts.
func (tx *Tx) CarrierSends(carrier *Carrier) (results Results, err error) {
	if carrier.Audience == nil {
		return results, nil
	}
	counts, err := tx.SendCounts(carrier.ID)
	if err != nil {
		return results, err
	}
	results = Results{
		Audience:      carrier.Audience.Total,
		Eligible:      carrier.Audience.Eligible,
		Skipped:       carrier.Audience.Skipped,
		Processing:    counts[store.SendProcessing],
		Sent:          counts[store.SendSent],
		Failed:        counts[store.SendFailed],
		SkippedAtSend: counts[store.SendSkipped],
	}
	waiting := results.Eligible - results.Processing - results.Sent - results.Failed - results.SkippedAtSend
	if carrier.CancelledAt.IsZero() {
		results.Queued = waiting
	} else {
		results.Cancelled = waiting
	}
	return results, nil
}

// CarrierResults returns the results of a carrier so far.
func (tx *Tx) CarrierResults(carrier *Carrier) (Results, error) {
	results, err := tx.CarrierSends(carrier)
	if err != nil {
		return results, err
	}
	results.Facts, err = tx.FactCounts(carrier.ID)
	return results, err
}
