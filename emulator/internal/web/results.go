package web

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the results of a carrier: its counts, and the charts of them.

// results are the results of a carrier so far.
type results struct {
	world.Results
	Who, Emails, Facts chart
}

// Ended returns how many eligible recipients have got their email, or will get none.
func (r *results) Ended() int { return r.Eligible - r.Queued - r.Processing }

// resultsOf returns the results of a carrier without Facts, nil if its audience is not stored yet.
func resultsOf(tx *world.Tx, carrier *world.Carrier) (*results, error) {
	if carrier.Audience == nil {
		return nil, nil
	}
	found, err := tx.CarrierSends(carrier)
	if err != nil {
		return nil, err
	}
	r := &results{Results: found}

	r.Who = chart{ID: "who", Title: "The audience", Bars: []bar{{"eligible", "eligible", found.Eligible}}}
	for _, skipped := range skips(found.Skipped) {
		r.Who.Bars = append(r.Who.Bars, bar{why(skipped.Reason), skipped.Reason, skipped.Count})
	}
	r.Who.Sum = sum("Audience", found.Audience, r.Who.Bars)

	r.Emails = chart{ID: "emails", Title: "What became of the emails", Bars: []bar{
		{"queued", "queued", found.Queued},
		{"processing", "processing", found.Processing},
		{"sent", "sent", found.Sent},
		{"failed", "failed", found.Failed},
		{"skipped at send", "skippedAtSend", found.SkippedAtSend},
		{"cancelled", "cancelled", found.Cancelled},
	}}
	r.Emails.Sum = sum("Eligible", found.Eligible, r.Emails.Bars)

	return r, nil
}

// addFacts adds what happened to the emails, which takes much longer than to count them.
func (r *results) addFacts(tx *world.Tx, carrier *world.Carrier) (err error) {
	if r.Results.Facts, err = tx.FactCounts(carrier.ID); err != nil {
		return err
	}
	r.Facts = chart{ID: "facts", Title: "What happened to the sent emails"}
	for _, fact := range []string{
		world.FactDelivered, world.FactBounced, world.FactComplained,
		world.FactOpened, world.FactClicked, world.FactUnsubscribed,
	} {
		r.Facts.Bars = append(r.Facts.Bars, bar{fact, fact, r.Results.Facts[fact].Unique})
	}
	return nil
}

// Total returns how often a fact happened; its bar counts emails.
func (r *results) Total(fact string) int { return r.Results.Facts[fact].Total }

// sum returns the sentence in which bars add up to a whole.
func sum(name string, whole int, bars []bar) string {
	var parts []string
	for _, b := range bars {
		parts = append(parts, count(b.Value)+" "+cmp.Or(b.Code, b.Label))
	}
	return fmt.Sprintf("%s %s = %s", name, count(whole), strings.Join(parts, " + "))
}
