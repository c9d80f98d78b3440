package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	mailsOnPage = 50
	mailsReach  = 50_000 // EmailSends that one page looks at
	termLength  = 300    // bytes of a search term
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

// reference is what a page names, and the path of its page, "" if it has none.
type reference struct{ Name, Path string }

// mailsView is the list.
type mailsView struct {
	mailSearch
	Rows      []mailRow
	Refused   string   // what is wrong with the search
	Near      []string // addresses like the one that was searched
	None      bool     // there is no EmailSend at all
	Looked    int      // how many EmailSends were looked at before the search stopped, 0 if it did not stop
	Pager     pager
	Keys      []string // of Templates
	Carriers  []option
	Statuses  []option
	TemplateA string // the id of a Template, for an example
}

// option is a choice of a form.
type option struct {
	Value, Text string
	Chosen      bool
}

func options(chosen string, pairs ...string) (all []option) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, option{pairs[i], pairs[i+1], pairs[i] == chosen})
	}
	return all
}

func listMail(v *visit) error {
	before, ok := numberIn(v.r.URL.Query(), "before")
	if !ok {
		return v.show(http.StatusBadRequest, "problem.html", "There is no such place in the list",
			"The address of this page has a “before” that no page of the list has. Begin at the newest.")
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
	term := func(name string) string { return gateway.Clip(strings.TrimSpace(query.Get(name)), termLength) }
	return mailSearch{
		To: term("to"), Subject: term("subject"), Template: term("template"),
		Carrier: term("carrier"), CarrierID: term("carrierId"), Status: term("status"),
	}
}

// numberIn returns a number of the query, 0 if there is none. ok is false for what is not a positive number.
func numberIn(query url.Values, name string) (number int, ok bool) {
	if !query.Has(name) {
		return 0, true
	}
	number, err := strconv.Atoi(query.Get(name))
	return number, err == nil && number > 0
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

	filter.Before, filter.Limit, filter.Reach = before, mailsOnPage, mailsReach
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
	if older > 0 {
		view.Pager = pagesOf(v, strconv.Itoa(older))
	} else {
		view.Pager = pagesOf(v, "")
	}
	if older > 0 && len(found) < mailsOnPage {
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
	if view.None && len(view.Keys) > 0 {
		template, err := tx.TemplateNamed(view.Keys[0])
		if err != nil {
			return err
		}
		view.TemplateA = template.ID
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
