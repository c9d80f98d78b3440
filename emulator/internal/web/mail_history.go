package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file tells what happened to an email.

// happening is something that happened to an email. URL is what was clicked.
type happening struct {
	Now, At      time.Time
	What, Detail string
	URL          linkTarget
}

// history is what happened to an email, oldest first. Earlier is how many moments are left out before the last ones.
type history struct {
	Accepted happening
	Earlier  int
	Moments  []happening
	Next     time.Time // when the SMTP server is tried again
}

func historyOf(tx *world.Tx, l *letter, facts []world.Fact) (h history, err error) {
	h.Accepted = happening{At: l.CreatedAt, What: "Accepted by the API"}
	if l.CarrierType != world.CarrierEmail {
		h.Accepted.What = "Made"
	}
	handover, err := tx.Handover(l.EmailSend)
	if err != nil {
		return h, err
	}
	if handover != nil {
		h.Next = handover.Next
		for i, try := range handover.Tries {
			h.Moments = append(h.Moments, happening{
				At: try.At, What: fmt.Sprintf("Try %d at the SMTP server", i+1), Detail: try.Reply,
			})
		}
	}
	if l.Status == world.SendSkipped || l.Status == world.SendFailed {
		h.Moments = append(h.Moments, happening{At: l.UpdatedAt, What: l.Status, Detail: whyEnded(l.FailureMessage)})
	}
	for _, fact := range facts {
		happened, err := happeningOf(fact, l.sensitive)
		if err != nil {
			return h, err
		}
		h.Moments = append(h.Moments, happened)
	}
	slices.SortStableFunc(h.Moments, func(a, b happening) int { return a.At.Compare(b.At) })
	h.Earlier = max(0, len(h.Moments)-listShown)
	h.Moments = h.Moments[h.Earlier:]
	h.Accepted.Now = tx.Now
	for i := range h.Moments {
		h.Moments[i].Now = tx.Now
	}
	return h, nil
}

func happeningOf(fact world.Fact, sensitive bool) (happened happening, err error) {
	var detail struct{ Kind, Code, URL, Source string }
	if len(fact.Detail) > 0 {
		err = json.Unmarshal(fact.Detail, &detail)
	}
	happened = happening{At: fact.At, What: factName(fact.Type)}
	switch {
	case fact.Type == world.FactBounced:
		happened.Detail = detail.Kind + " bounce, code " + detail.Code
	case fact.Type == world.FactClicked && sensitive:
		happened.Detail = "the link may contain a sensitive value"
	case fact.Type == world.FactClicked:
		happened.URL = targetOf(detail.URL)
	case detail.Source == world.SourceOneClick:
		happened.Detail = "with the unsubscribe button of the mail program"
	case detail.Source == world.SourceLink:
		happened.Detail = "on a page behind a link in the email"
	}
	return happened, err
}

// factName returns a fact in words.
func factName(fact string) string {
	names := map[string]string{
		world.FactAccepted:     "Sent: the next server accepted it",
		world.FactDelayed:      "Delayed",
		world.FactDelivered:    "Delivered",
		world.FactBounced:      "Bounced",
		world.FactComplained:   "Reported as spam",
		world.FactOpened:       "Opened",
		world.FactClicked:      "Clicked",
		world.FactUnsubscribed: "Unsubscribed",
	}
	if names[fact] == "" {
		return gateway.Clip(fact, termLength)
	}
	return names[fact]
}
