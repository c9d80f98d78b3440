package web

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the results of a carrier: its counts, and the charts of them.

// results are the results of a carrier so far.
type results struct {
	world.Results
	Who, Emails, Facts graph.Chart
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

	r.Who = graph.Chart{ID: "who", Title: "The audience", Bars: []graph.Bar{
		{Label: "eligible", Code: "eligible", Value: found.Eligible},
	}}
	for _, skipped := range skips(found.Skipped) {
		r.Who.Bars = append(r.Who.Bars,
			graph.Bar{Label: why(skipped.Reason), Code: skipped.Reason, Value: skipped.Count})
	}
	r.Who.Sum = sum("Audience", found.Audience, r.Who.Bars)

	r.Emails = graph.Chart{ID: "emails", Title: "What became of the emails", Bars: []graph.Bar{
		{Label: "queued", Code: "queued", Value: found.Queued},
		{Label: "processing", Code: "processing", Value: found.Processing},
		{Label: "sent", Code: "sent", Value: found.Sent},
		{Label: "failed", Code: "failed", Value: found.Failed},
		{Label: "skipped at send", Code: "skippedAtSend", Value: found.SkippedAtSend},
		{Label: "cancelled", Code: "cancelled", Value: found.Cancelled},
	}}
	r.Emails.Sum = sum("Eligible", found.Eligible, r.Emails.Bars)

	return r, nil
}

// addFacts adds what happened to the emails, which takes much longer than to count them.
func (r *results) addFacts(tx *world.Tx, carrier *world.Carrier) (err error) {
	if r.Results.Facts, err = tx.FactCounts(carrier.ID); err != nil {
		return err
	}
	r.Facts = graph.Chart{ID: "facts", Title: "What happened to the sent emails"}
	for _, fact := range []string{
		world.FactDelivered, world.FactBounced, world.FactComplained,
		world.FactOpened, world.FactClicked, world.FactUnsubscribed,
	} {
		r.Facts.Bars = append(r.Facts.Bars, graph.Bar{Label: fact, Code: fact, Value: r.Results.Facts[fact].Unique})
	}
	return nil
}

// Total returns how often a fact happened; its bar counts emails.
func (r *results) Total(fact string) int { return r.Results.Facts[fact].Total }

// sum returns the sentence in which bars add up to a whole.
func sum(name string, whole int, bars []graph.Bar) string {
	var parts []string
	for _, b := range bars {
		parts = append(parts, format.Count(b.Value)+" "+cmp.Or(b.Code, b.Label))
	}
	return fmt.Sprintf("%s %s = %s", name, format.Count(whole), strings.Join(parts, " + "))
}
