package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of EmailSends, whatever became of them.

func mailPages() map[string]page {
	return map[string]page{
		"GET /dashboard/mail":               listMail,
		"GET /dashboard/mail/{id}":          showMail,
		"GET /dashboard/mail/{id}/{part}":   mailPart,
		"POST /dashboard/mail/{id}/outcome": mailOutcome,
	}
}

const (
	mailsReach  = 25_000 // EmailSends that one page looks at
	keysOffered = 200
	namesRead   = 500 // the newest EmailSends, among which similar addresses are searched
)

// mailSearch is what the form of the list asks for. Carrier is a type.
type mailSearch struct{ To, Subject, Template, Carrier, CarrierID, Status string }

// Any reports whether the search asks for anything.
func (search mailSearch) Any() bool { return search != mailSearch{} }

// mailRow is one EmailSend in the list.
type mailRow struct {
	ID, To, Subject  string
	Template         reference
	Carrier          reference
	Status, Why, Tag string
	At               time.Time
}

// mailsView is the list.
type mailsView struct {
	mailSearch
	Rows     []mailRow
	Refused  string   // what is wrong with the search
	Near     []string // addresses like the one that was searched
	None     bool     // there is no EmailSend at all
	Looked   int      // how many EmailSends were looked at before the search stopped, 0 if it did not stop
	Pager    pager
	Keys     []string // of Templates
	Carriers []option
	Statuses []option
	Example  string // the id of a Template
}

func listMail(v *visit) error {
	before, ok := numberIn(v.r.URL.Query(), "before")
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	search := mailSearchOf(v.r.URL.Query())
	view := mailsView{
		mailSearch: search,
		Carriers: options(search.Carrier, world.CarrierEmail, "Email", world.CarrierJourney, "Journey",
			world.CarrierBroadcast, "Broadcast", world.CarrierNewsletterIssue, "NewsletterIssue",
			world.CarrierTest, "Test"),
		Statuses: options(search.Status, world.SendSent, world.SendSent, world.SendSkipped, world.SendSkipped,
			world.SendFailed, world.SendFailed, world.SendQueued, world.SendQueued,
			world.SendProcessing, world.SendProcessing),
	}
	err := v.act(func(tx *world.Tx) error { return view.read(tx, v, before) })
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "mails.html", "Mail", view)
}

func mailSearchOf(query url.Values) mailSearch {
	return mailSearch{
		To:        term(query, "to"),
		Subject:   term(query, "subject"),
		Template:  term(query, "template"),
		Carrier:   term(query, "carrier"),
		CarrierID: term(query, "carrierId"),
		Status:    term(query, "status"),
	}
}

// read fills the list.
func (view *mailsView) read(tx *world.Tx, v *visit, before int) (err error) {
	if view.Keys, err = tx.KeysOf("template", keysOffered); err != nil {
		return err
	}
	filter, err := view.filter(tx)
	if unknown, ok := errors.AsType[*tell.UnknownName](err); ok {
		view.Refused = sentence(unknown.Error())
		return nil
	}
	if err != nil {
		return err
	}

	filter.Before, filter.Limit, filter.Reach = before, rowsOnPage, mailsReach
	found, older, err := tx.SearchSends(filter)
	if err != nil {
		return err
	}
	names := carrierNames{tx: tx, known: map[string]reference{}}
	for i := range found {
		row, err := mailRowOf(names, &found[i])
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
	}
	view.Pager = pagesOf(v, numbered(older))
	if older > 0 && len(found) < rowsOnPage {
		view.Looked = mailsReach
	}
	if len(found) > 0 || older > 0 {
		return nil
	}
	return view.explainEmpty(tx)
}

// filter converts the search. It returns an UnknownName for a name that nothing has.
func (view *mailsView) filter(tx *world.Tx) (filter world.SendSearch, err error) {
	if err := tell.CheckSendStatus(view.Status); err != nil {
		return filter, err
	}
	named, err := tell.Query{
		Template: view.Template, CarrierType: view.Carrier, CarrierID: view.CarrierID,
	}.Filter(tx)
	return world.SendSearch{
		To: strings.ToLower(view.To), Subject: strings.ToLower(view.Subject), Status: view.Status,
		TemplateID: named.TemplateID, CarrierType: named.CarrierType, CarrierID: named.CarrierID,
	}, err
}

// explainEmpty finds out what an empty list can say.
func (view *mailsView) explainEmpty(tx *world.Tx) error {
	newest, err := tx.LastSends("", namesRead)
	if err != nil {
		return err
	}
	view.None = len(newest) == 0
	if view.Example, err = exampleTemplate(tx); err != nil {
		return err
	}
	if view.To == "" || view.None {
		return nil
	}
	var addresses []string
	for _, send := range newest {
		if send.To != "" && !slices.Contains(addresses, send.To) {
			addresses = append(addresses, send.To)
		}
	}
	view.Near = tell.Near(view.To, addresses)
	return nil
}

func mailRowOf(names carrierNames, send *world.EmailSend) (row mailRow, err error) {
	row = mailRow{
		ID:      send.ID,
		To:      send.To,
		Subject: gateway.Clip(send.Subject, termLength),
		Status:  send.Status,
		Why:     whyEnded(send.FailureMessage),
		Tag:     statusTag(send.Status),
		At:      send.CreatedAt,
	}
	if row.Template, err = mailTemplate(names.tx, send.TemplateID); err != nil {
		return row, err
	}
	row.Carrier, err = names.of(send)
	return row, err
}

func mailTemplate(tx *world.Tx, id string) (reference, error) {
	template, err := tx.TemplateNamed(id)
	if err != nil || template == nil {
		return reference{Name: "a Template that was deleted"}, err
	}
	return reference{gateway.Clip(template.Key, termLength), "/dashboard/templates/" + id}, nil
}
