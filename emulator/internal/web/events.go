package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of UserEvents.

func eventPages() map[string]page {
	return map[string]page{
		"GET /dashboard/events":           listEvents,
		"GET /dashboard/events/{id}":      showEvent,
		"GET /dashboard/events/{id}/data": showEventData,
	}
}

const (
	eventsReach    = 50_000 // UserEvents that one page of a search reads
	namesReach     = 10_000 // the newest UserEvents whose names are offered
	namesOffered   = 100
	outcomesInList = 3
)

// eventSearch is what the form of the list asks for. Profile is an id, an email or an externalId.
type eventSearch struct{ Name, Profile, Reference string }

// Any reports whether the search asks for anything.
func (search eventSearch) Any() bool { return search != eventSearch{} }

// eventRow is one UserEvent in the list.
type eventRow struct {
	ID, Name, Data string
	Profile        reference
	At             time.Time
	Outcomes       string
}

// eventsView is the list.
type eventsView struct {
	eventSearch
	Refused string // what is wrong with the search
	Rows    []eventRow
	None    bool // there is no UserEvent at all
	Stopped bool // the page read as many UserEvents as it may
	Reach   int
	Pager   pager
	Names   []string
	Example string // an email for an example
}

func listEvents(v *visit) error {
	query := v.r.URL.Query()
	before, ok := numberIn(query, "before")
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	view := eventsView{eventSearch: eventSearchOf(query), Reach: eventsReach}
	if err := v.act(func(tx *world.Tx) error { return view.read(tx, v, before) }); err != nil {
		return err
	}
	return v.show(http.StatusOK, "events.html", "UserEvents", &view)
}

func eventSearchOf(query url.Values) eventSearch {
	return eventSearch{
		Name: term(query, "name"), Profile: term(query, "profile"), Reference: term(query, "reference"),
	}
}

func (view *eventsView) read(tx *world.Tx, v *visit, before int) error {
	filter := world.EventFilter{Name: view.Name, ReferenceID: view.Reference, Limit: rowsOnPage}
	if view.Profile != "" {
		p, err := profileNamed(tx, view.Profile)
		if err != nil {
			return err
		}
		switch {
		case p != nil:
			filter.ProfileID = p.ID
		case uuid.Validate(view.Profile) == nil: // it may have been deleted
			filter.ProfileID = strings.ToLower(view.Profile)
		default:
			view.Refused = "No Profile has this email, externalId or id."
		}
	}
	if err := view.offer(tx); err != nil || view.Refused != "" {
		return err
	}

	found, next, err := tx.ScanEvents(filter, before, eventsReach)
	if err != nil {
		return err
	}
	for i := range found {
		row, err := eventRowOf(tx, &found[i])
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
	}
	view.Stopped = next > 0 && len(view.Rows) < rowsOnPage
	view.Pager = pagesOf(v, numbered(next))
	view.None = len(view.Rows) == 0 && before == 0 && !view.Any()
	return nil
}

// offer fills the list of names: those of the newest UserEvents, and those that Journeys start with.
func (view *eventsView) offer(tx *world.Tx) error {
	names, err := tx.RecentEventNames(namesReach, namesOffered)
	entering, failed := tx.EntryEvents(namesOffered)
	names = append(names, entering...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if format.Name(name) == name {
			view.Names = append(view.Names, name)
		}
	}
	emails, missing := tx.Emails(1)
	view.Example = strings.Join(append(emails, "alex@example.com")[:1], "")
	return errors.Join(err, failed, missing)
}

func eventRowOf(tx *world.Tx, event *world.UserEvent) (row eventRow, err error) {
	row = eventRow{
		ID:   event.ID,
		Name: format.Name(event.Event),
		Data: format.Value(format.JSON(event.Data, "")),
		At:   event.ReceivedAt,
	}
	if row.Profile, err = profileRef(tx, event.ProfileID); err != nil {
		return row, err
	}
	outcomes, err := tx.FirstOutcomes(event.ID, outcomesInList+1)
	if err != nil {
		return row, err
	}
	var texts []string
	for _, one := range outcomes[:min(len(outcomes), outcomesInList)] {
		key, err := tx.JourneyKey(one.JourneyID)
		if err != nil {
			return row, err
		}
		text := format.Name(key) + ": " + one.Outcome
		if one.Reason != "" {
			text += ", " + one.Reason
		}
		texts = append(texts, text)
	}
	if len(outcomes) > outcomesInList {
		texts = append(texts, "and more")
	}
	if row.Outcomes = strings.Join(texts, "; "); tell.IsSeeded(event) {
		row.Outcomes = "from a seed"
	}
	return row, nil
}

// profileRef names a Profile by its email.
func profileRef(tx *world.Tx, id string) (reference, error) {
	p, err := tx.Profile(id)
	if p == nil {
		return reference{"a deleted Profile", personPath(id)}, err
	}
	return reference{p.Email, personPath(id)}, nil
}
