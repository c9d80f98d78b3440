package web

import (
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

// confirmation is a confirmation in a list.
type confirmation struct {
	ID, State string
	Carrier   string // Broadcast or NewsletterIssue
	Name      string
	Eligible  int // how many got the email when it was made
	CreatedAt time.Time
	ExpiresAt time.Time
	DecidedAt time.Time // zero until it is decided
}

func confirmationOf(view *world.ConfirmationView) confirmation {
	c := confirmation{
		ID:        view.ID,
		State:     view.State,
		Carrier:   world.CarrierNouns[view.Carrier.Type],
		Name:      titleOf(view.Carrier),
		Eligible:  view.Eligible,
		CreatedAt: view.CreatedAt,
		ExpiresAt: view.ExpiresAt,
	}
	if view.Redemption != nil {
		c.DecidedAt, _ = time.Parse(time.RFC3339, view.Redemption.RedeemedAt) // valid: world.Stamp wrote it
	}
	return c
}

// openConfirmations returns the confirmations that can still be approved or rejected. The one that expires first comes
// first.
func openConfirmations(tx *world.Tx) (waiting []confirmation, err error) {
	open, err := tx.Unanswered()
	for _, view := range open {
		waiting = append(waiting, confirmationOf(view))
	}
	return waiting, err
}

// confirmationPage contains everything that the user sees before they approve or reject an audience send, or what they
// can do once that is not possible any more.
type confirmationPage struct {
	confirmation
	carrierKind
	View    *world.ConfirmationView
	Mailing *mailing // nil unless the confirmation is open
	Results *results // of an approved one
	Now     time.Time
	Frozen  bool // time stands still
}

// Left returns the time that is left to decide.
func (c confirmationPage) Left() time.Duration { return max(c.ExpiresAt.Sub(c.Now), 0) }

// CarrierPath is the path of the carrier's page.
func (c confirmationPage) CarrierPath() string { return c.Path + "/" + c.View.Carrier.ID }

// Approvable reports whether a person may approve it.
func (c confirmationPage) Approvable() bool { return c.Mailing != nil && c.Mailing.Ready() }

// Batch is how many emails are sent at once.
func (confirmationPage) Batch() int { return world.FanOutSize }

func confirmationPath(id string) string { return "/dashboard/confirmations/" + id }

func showConfirmation(v *visit) error {
	var c confirmationPage
	err := v.act(func(tx *world.Tx) error {
		view, err := tx.ViewConfirmation(v.r.PathValue("id"))
		if err != nil {
			return err
		}
		c = confirmationPage{
			confirmation: confirmationOf(view),
			carrierKind:  kindOf(view.Carrier.Type),
			View:         view,
			Now:          tx.Now,
			Frozen:       tx.Frozen(),
		}
		switch view.State {
		case world.ConfirmationOpen:
			c.Mailing, err = mailingOf(v, tx, view.Carrier, confirmationPath(view.ID))
		case world.ConfirmationApproved:
			c.Results, err = resultsOf(tx, view.Carrier)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show(200, "confirmation.html", c.Name, c)
}

// confirmationContent serves the email itself, for the frame.
func confirmationContent(v *visit) error {
	return content(v, func(tx *world.Tx) (*world.Carrier, error) {
		view, err := tx.ViewConfirmation(v.r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return view.Carrier, nil
	})
}

// decide approves or rejects a confirmation and redirects to its page, which then shows the result. The first decision
// counts; a later one changes nothing.
func decide(v *visit) error {
	outcomes := map[string]string{"approve": world.ConfirmationApproved, "reject": world.ConfirmationRejected}
	outcome, ok := outcomes[v.r.PathValue("decision")]
	if !ok {
		return v.missing()
	}
	id, refused := v.r.PathValue("id"), ""
	err := v.act(func(tx *world.Tx) error {
		view, err := tx.ViewConfirmation(id)
		if err != nil {
			return err
		}
		if outcome == world.ConfirmationApproved && view.State == world.ConfirmationOpen {
			if refused, err = unapproved(tx, view.Carrier, v.r.PostForm["ack"]); refused != "" || err != nil {
				return err
			}
		}
		done, err := tx.Redeem(id, outcome)
		if done != nil && view.State != world.ConfirmationOpen && view.State != outcome {
			refused = "Your answer changed nothing: the confirmation was " + view.State + " before."
		}
		if message, other := refusal(err); message != "" {
			refused, err = message, other
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case refused != "":
		return v.refuse(confirmationPath(id), refused)
	}
	return v.leave(confirmationPath(id), notice{})
}

// unapproved returns why a person cannot approve what a carrier would send now, "" if they can. acks are the warnings
// that the form acknowledges. One that has appeared since the form was loaded is not among them.
func unapproved(tx *world.Tx, carrier *world.Carrier, acks []string) (reason string, err error) {
	preflight, err := tx.Preflight(carrier)
	if err != nil {
		return "", err
	}
	if !preflight.Ready() {
		return "Nothing was sent: the preflight has blockers now: " + strings.Join(preflight.Codes(), ", ") + ".", nil
	}
	var open []string
	for _, w := range warningsOf(preflight) {
		if !slices.Contains(acks, w.Ack()) {
			open = append(open, w.Name())
		}
	}
	if len(open) == 0 {
		return "", nil
	}
	return "Nothing was sent. Acknowledge each warning first: " + strings.Join(open, ", ") + ".", nil
}
