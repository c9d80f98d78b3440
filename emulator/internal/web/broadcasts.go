package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of Broadcasts, and the page of one carrier, which is the same for both kinds.

func broadcastPages() map[string]page {
	return map[string]page{
		"GET /dashboard/broadcasts":              listBroadcasts,
		"GET /dashboard/broadcasts/{id}":         showCarrier,
		"GET /dashboard/broadcasts/{id}/content": carrierContent,
		"POST /dashboard/broadcasts/{id}/{act}":  changeCarrier,
		"GET /dashboard/issues/{id}":             showCarrier,
		"GET /dashboard/issues/{id}/content":     carrierContent,
		"POST /dashboard/issues/{id}/{act}":      changeCarrier,
	}
}

// carrierRow is a carrier in a list.
type carrierRow struct {
	*world.Carrier
	carrierKind
}

// State returns the carrier's status in words.
func (row carrierRow) State() string {
	switch {
	case row.Scheduled():
		return "scheduled"
	case row.Draft():
		return "draft"
	case row.Status == world.CarrierInProgress:
		return "starting"
	case row.Status == world.CarrierTriggered:
		return "being sent"
	case row.Status == world.CarrierArchived && !row.CancelledAt.IsZero():
		return "cancelled"
	}
	return strings.ToLower(row.Status)
}

// Title is the carrier's name, or one for it.
func (row carrierRow) Title() string { return titleOf(row.Carrier) }

// Href is the path of the carrier's page.
func (row carrierRow) Href() string { return row.Path + "/" + row.ID }

// carrierList is a page of a list of carriers.
type carrierList struct {
	Rows    []carrierRow
	Pager   pager
	Options []statusOption
}

// statusOption is one choice of the filter by status.
type statusOption struct {
	Name, Label string
	statuses    []string
}

func statusOptions() []statusOption {
	return []statusOption{
		{"", "All", nil},
		{"waiting", "Draft or scheduled", []string{world.CarrierNotStarted}},
		{"sending", "Being sent", []string{world.CarrierInProgress, world.CarrierTriggered}},
		{"sent", "Sent", []string{world.CarrierSent}},
		{"failed", "Failed", []string{world.CarrierFailed}},
		{"archived", "Archived or cancelled", []string{world.CarrierArchived}},
	}
}

// carriersOf returns a page of carriers that pass the filter of the query. problem says what is wrong with the query.
func carriersOf(v *visit, tx *world.Tx, which world.CarrierFilter) (list carrierList, problem string, err error) {
	page, ok := placeIn(v.r.URL.Query(), which.Type)
	if !ok {
		return list, noSuchPlace, nil
	}
	list.Options = statusOptions()
	asked := v.r.URL.Query().Get("status")
	known := false
	for _, option := range list.Options {
		if option.Name == asked {
			which.Statuses, known = option.statuses, true
		}
	}
	if !known {
		return list, "No status is called “" + gateway.Clip(asked, 100) + "”.", nil
	}

	found, err := tx.Carriers(page, which)
	for _, carrier := range found.Items {
		list.Rows = append(list.Rows, carrierRow{carrier, kindOf(carrier.Type)})
	}
	list.Pager = pagesOf(v, cursorOf(which.Type, found.Next))
	return list, "", err
}

func listBroadcasts(v *visit) error {
	var list carrierList
	problem := ""
	err := v.act(func(tx *world.Tx) (err error) {
		list, problem, err = carriersOf(v, tx, world.CarrierFilter{Type: world.CarrierBroadcast})
		return err
	})
	switch {
	case err != nil:
		return err
	case problem != "":
		return v.badQuery(problem)
	}
	return v.show(http.StatusOK, "broadcasts.html", "Broadcasts", list)
}

// carrierPage is the page of a Broadcast or a NewsletterIssue.
type carrierPage struct {
	carrierRow
	Mailing       *mailing             // nil once the audience is stored, and if it was archived before
	Results       *results             // nil before
	First         string               // the path of the first email that was sent, "" if there is none
	History       []world.CarrierEvent // the newest ones
	Earlier       int                  // how many more there are
	Confirmations []confirmation       // the newest ones
	Older         int                  // how many more there are
	Frozen        bool
	Now           time.Time
}

// Left returns the time until it is sent.
func (c carrierPage) Left() time.Duration { return max(c.ScheduledAt.Sub(c.Now), 0) }

// Cancellable reports whether something is still to be sent that can be cancelled.
func (c carrierPage) Cancellable() bool { return c.Scheduled() || c.Sending() }

// Open returns the confirmation that waits for a decision, nil if there is none.
func (c carrierPage) Open() *confirmation {
	for i := range c.Confirmations {
		if c.Confirmations[i].State == world.ConfirmationOpen {
			return &c.Confirmations[i]
		}
	}
	return nil
}

// showCarrier shows a carrier at the path of its kind.
func showCarrier(v *visit) error {
	var c carrierPage
	err := v.act(func(tx *world.Tx) error {
		found, err := tx.CarrierWith("", v.r.PathValue("id"))
		if err != nil {
			return err
		}
		c = carrierPage{carrierRow: carrierRow{found, kindOf(found.Type)}, Frozen: tx.Frozen(), Now: tx.Now}
		if c.Href() != v.r.URL.Path {
			return nil
		}
		return c.load(v, tx)
	})
	if err != nil {
		return err
	}
	if c.Href() != v.r.URL.Path {
		return v.moved(c.Href())
	}
	return v.show(http.StatusOK, "broadcast.html", c.Title(), c)
}

func (c *carrierPage) load(v *visit, tx *world.Tx) (err error) {
	switch {
	case c.Audience != nil:
		if c.Results, err = resultsOf(tx, c.Carrier); err != nil {
			return err
		}
		if err := c.Results.addFacts(tx, c.Carrier); err != nil {
			return err
		}
		if c.First, err = firstSent(tx, c.Carrier); err != nil {
			return err
		}
	case c.Status != world.CarrierArchived:
		if c.Mailing, err = mailingOf(v, tx, c.Carrier, c.Href()); err != nil {
			return err
		}
	}
	if c.History, err = tx.CarrierHistory(c.Carrier.Carrier); err != nil {
		return err
	}
	c.Earlier = max(len(c.History)-shownHistory, 0)
	c.History = c.History[c.Earlier:]
	return c.loadConfirmations(tx)
}

const (
	shownConfirmations = 10
	shownHistory       = 100
)

func (c *carrierPage) loadConfirmations(tx *world.Tx) error {
	ids, err := tx.ConfirmationsOf(c.ID)
	if err != nil {
		return err
	}
	c.Older = max(len(ids)-shownConfirmations, 0)
	for i := len(ids) - 1; i >= c.Older; i-- {
		view, err := tx.ViewConfirmation(ids[i])
		if err != nil {
			return err
		}
		c.Confirmations = append(c.Confirmations, confirmationOf(view))
	}
	return nil
}

func carrierContent(v *visit) error {
	return content(v, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CarrierWith("", v.r.PathValue("id"))
	})
}

// changeCarrier carries out an act on a carrier: to ask for a confirmation, to cancel, or to send a test. There is none
// that sends the carrier: only the page of a confirmation does.
func changeCarrier(v *visit) error {
	acts := map[string]func(*visit, *world.Tx, *world.Carrier) (path, text string, err error){
		"review": review,
		"cancel": cancel,
		"test":   sendTest,
	}
	act, ok := acts[v.r.PathValue("act")]
	if !ok {
		return v.missing()
	}
	var home, path, text string
	err := v.act(func(tx *world.Tx) error {
		carrier, err := tx.CarrierWith("", v.r.PathValue("id"))
		if err != nil {
			return err
		}
		home = carrierRow{carrier, kindOf(carrier.Type)}.Href()
		path, text, err = act(v, tx, carrier)
		return err
	})
	if message, other := refusal(err); home != "" && message != "" && other == nil {
		return v.refuse(home, message)
	}
	if err != nil {
		return err
	}
	return v.done(path, text)
}

// review asks for a confirmation, and leads to its page.
func review(_ *visit, tx *world.Tx, carrier *world.Carrier) (path, text string, err error) {
	made, err := tx.Prepare(carrier.Type, carrier.ID)
	if err != nil {
		return "", "", err
	}
	return confirmationPath(made.ID), "Nothing has been sent yet. Read what will be sent, then decide below.", nil
}

func cancel(_ *visit, tx *world.Tx, carrier *world.Carrier) (path, text string, err error) {
	home := carrierRow{carrier, kindOf(carrier.Type)}.Href()
	if carrier.Scheduled() {
		text = "The schedule was cancelled. It is a draft again."
	} else {
		text = "Cancelled. What had been sent stays sent; nothing more is sent."
	}
	_, err = tx.CancelCarrier(carrier.Type, carrier.ID)
	return home, text, err
}

// sendTest sends the email to one address.
func sendTest(v *visit, tx *world.Tx, carrier *world.Carrier) (path, text string, err error) {
	home := carrierRow{carrier, kindOf(carrier.Type)}.Href()
	to, err := mail.ParseAddress(strings.TrimSpace(v.r.PostFormValue("to")))
	if err != nil || to.Name != "" {
		return "", "", &world.Problem{
			Code:    world.CodeInvalidRequest,
			Message: "No test was sent: the address must be one email address, such as mira@acme.example.",
		}
	}
	send, err := tx.TestCarrier(carrier.Type, carrier.ID, world.Identity{Email: to.Email})
	if err != nil {
		return "", "", err
	}
	return home, "A test was sent to " + send.To + ".", nil
}
