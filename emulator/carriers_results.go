package emulator

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
)

// Results. Documented: exact stats. Decided here: two equations that hold at every moment,
//
//	audience = eligible + Σ skipped
//	eligible = queued + processing + sent + failed + skippedAtSend + cancelled
//
// in which audience, eligible and skipped are those of the snapshot, and everything is 0 before there is one. Who has no
// EmailSend yet is queued, or once the carrier was cancelled, cancelled.

// sendDetail is what is known of a carrier's sends, without what happened to their mail.
func sendDetail(tx *Tx, c *carrier) (api.ResultDetail, error) {
	d := api.ResultDetail{Skipped: api.SkipCounts{}}
	if c.Audience == nil {
		return d, nil
	}
	counts, err := tx.SendCounts(c.ID)
	if err != nil {
		return d, err
	}
	audience := wireAudience(*c.Audience)
	d.Audience, d.Eligible, d.Skipped = audience.Total, audience.Eligible, audience.Skipped
	d.Processing, d.Sent = int64(counts["Processing"]), int64(counts["Sent"])
	d.Failed, d.SkippedAtSend = int64(counts["Failed"]), int64(counts["Skipped"])
	waiting := d.Eligible - d.Processing - d.Sent - d.Failed - d.SkippedAtSend
	if c.CancelledAt.IsZero() {
		d.Queued = waiting
	} else {
		d.Cancelled = waiting
	}
	return d, nil
}

// carrierResults are what became of a carrier so far.
func carrierResults(tx *Tx, c *carrier) (any, error) {
	d, err := sendDetail(tx, c)
	if err != nil {
		return nil, err
	}
	happened, err := tx.FactCounts(c.ID)
	if err != nil {
		return nil, err
	}
	unique := func(fact string) int64 { return int64(happened[fact].Unique) }
	engaged := func(fact string) api.Engagement {
		return api.Engagement{Unique: unique(fact), Total: int64(happened[fact].Total)}
	}
	d.Delivered, d.Bounced, d.Complained, d.Unsubscribed = unique("delivered"), unique("bounced"), unique("complained"), unique("unsubscribed")
	d.Opened, d.Clicked = engaged("opened"), engaged("clicked")
	return api.Results{Status: api.CarrierStatus(c.Status), Stats: api.CarrierStats{Queued: d.Queued, Sent: d.Sent, Failed: d.Failed}, Detail: d}, nil
}
