package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the page on which a person approves or rejects an audience send.

func confirmationPages() map[string]page {
	return map[string]page{
		"GET /dashboard/confirmations/{id}":             showConfirmation,
		"GET /dashboard/confirmations/{id}/content":     confirmationContent,
		"POST /dashboard/confirmations/{id}/{decision}": decide,
	}
}

// confirmation contains everything that the user sees before they approve or reject an audience send.
type confirmation struct {
	ID, State string
	Carrier   string // Broadcast or NewsletterIssue
	Name      string
	Status    string // of the carrier, one of the API's
	Now       time.Time
	ExpiresAt time.Time
	DecidedAt time.Time // zero until it is decided

	Subject        string
	Sender         sender
	ReplyTo        []string
	Segment        string // its name, "" for the whole SubscriptionGroup
	Group          group
	Total          int // the number of Profiles in the audience
	Eligible       int // how many of them get the email
	Skipped        []skip
	Blocks, Warns  []finding
	SampleFor      string // the address that the content below was rendered for
	HTML, Text     string
	MissingInPlace []string // the bindings that had nothing to print, as "path in element prop"
}

// sender is the sender of the email, and whether its domain may send.
type sender struct {
	Name, Email     string
	Verified, DMARC bool
}

// group is the SubscriptionGroup of the email. Only Profiles that consent to it get the email. Policy is OptIn or
// OptOut.
type group struct{ Name, Policy string }

// skip is how many Profiles of the audience do not get the email for one reason, which is one of the API's skip
// reasons.
type skip struct {
	Reason string
	Count  int
}

// finding is a blocker or a warning of the preflight.
type finding struct{ Code, Message string }

// Waits reports whether the confirmation waits for a decision.
func (c confirmation) Waits() bool { return c.State == world.ConfirmationOpen }

// Left returns the time that is left to decide, in words.
func (c confirmation) Left() string {
	left := c.ExpiresAt.Sub(c.Now)
	switch {
	case left <= 0:
		return "no time"
	case left < time.Minute:
		return "less than a minute"
	}
	return count(int(left/time.Minute)) + " min"
}

// readConfirmation returns the confirmation that the path names, in any state.
func readConfirmation(v *visit) (c confirmation, err error) {
	err = v.act(func(tx *world.Tx) error {
		view, err := tx.ViewConfirmation(v.r.PathValue("id"))
		if err == nil {
			c = confirmationOf(tx, view)
		}
		return err
	})
	return c, err
}

func showConfirmation(v *visit) error {
	c, err := readConfirmation(v)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "confirmation.html", c.Name, c)
}

// confirmationContent serves the email itself, for the frame.
func confirmationContent(v *visit) error {
	c, err := readConfirmation(v)
	if err != nil {
		return err
	}
	if c.HTML == "" {
		return v.missing()
	}
	v.email(c.HTML)
	return nil
}

// decide approves or rejects a confirmation and redirects to its page, which then shows the result. The first decision
// counts; a later one changes nothing.
func decide(v *visit) error {
	outcomes := map[string]string{"approve": world.ConfirmationApproved, "reject": world.ConfirmationRejected}
	outcome, ok := outcomes[v.r.PathValue("decision")]
	if !ok {
		return v.missing()
	}
	id := v.r.PathValue("id")
	err := v.act(func(tx *world.Tx) error {
		if _, err := tx.ViewConfirmation(id); err != nil {
			return err
		}
		_, err := tx.Redeem(id, outcome)
		return err
	})
	page := "/dashboard/confirmations/" + id
	if err == nil {
		http.Redirect(v.w, v.r, page, http.StatusSeeOther)
		return nil
	}
	if message, other := refusal(err); other == nil {
		return v.refuse(page, message)
	}
	return err
}

// confirmationOf converts a confirmation to what the pages show.
func confirmationOf(tx *world.Tx, view *world.ConfirmationView) confirmation {
	c := confirmation{
		ID:        view.ID,
		State:     view.State,
		Carrier:   world.CarrierNouns[view.CarrierType],
		Name:      view.Name,
		Status:    view.Status,
		Now:       tx.Now,
		ExpiresAt: view.ExpiresAt,
		Sender: sender{
			Name:     view.Sender.Name,
			Email:    view.Sender.Email,
			Verified: view.Sender.Verified,
			DMARC:    view.Sender.DMARC,
		},
		ReplyTo:  view.ReplyTo,
		Segment:  view.Segment,
		Group:    group{Name: view.Group, Policy: view.Policy},
		Total:    view.Audience.Total,
		Eligible: view.Audience.Eligible,
	}
	for _, reason := range slices.Sorted(maps.Keys(view.Audience.Skipped)) {
		c.Skipped = append(c.Skipped, skip{Reason: reason, Count: view.Audience.Skipped[reason]})
	}
	for _, found := range view.Blockers {
		c.Blocks = append(c.Blocks, finding{Code: found.Code, Message: found.Message})
	}
	for _, found := range view.Warnings {
		c.Warns = append(c.Warns, finding{Code: found.Code, Message: found.Message})
	}
	if view.Redemption != nil {
		c.DecidedAt, _ = time.Parse(time.RFC3339, view.Redemption.RedeemedAt) // valid: world.Stamp wrote it
	}
	if view.Sample == nil {
		return c
	}

	out := view.Sample.Out
	c.Subject, c.SampleFor, c.HTML, c.Text = out.Subject, view.Sample.Profile.Email, out.HTML, out.Text
	for _, missing := range out.Missing {
		place := strings.TrimSpace(missing.Element + " " + missing.Prop)
		c.MissingInPlace = append(c.MissingInPlace, fmt.Sprintf("%s in %s", missing.Path, place))
	}
	return c
}
