package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of Profiles.

const (
	profilesReach = 10_000 // Profiles that one page of a search reads
	directHits    = 5
)

// profileSearch is what the form of the list asks for.
type profileSearch struct{ Text, Segment, Group, Choice, Suppressed string }

// Any reports whether the search asks for anything.
func (search profileSearch) Any() bool { return search != profileSearch{} }

// profileRow is one Profile in the list.
type profileRow struct {
	ID, Email, ExternalID, Phone string
	Sources                      []string
	Suppressed                   string
	Created, Updated             time.Time
}

// peopleView is the list.
type peopleView struct {
	profileSearch
	Refused     string       // what is wrong with the search
	Direct      []profileRow // what an index finds, wherever it is in the list
	Rows        []profileRow
	None        bool // there is no Profile at all
	Stopped     bool // the page read as many Profiles as it may
	Reach       int
	Pager       pager
	Segments    []option
	Groups      []option
	Choices     []option
	Suppression []option
	Template    string // an id for an example
}

const anySuppression = "any"

func listPeople(v *visit) error {
	page, ok := placeIn(v.r.URL.Query(), "people")
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	view := peopleView{profileSearch: profileSearchOf(v.r.URL.Query()), Reach: profilesReach}
	if err := v.act(func(tx *world.Tx) error { return view.read(tx, v, page) }); err != nil {
		return err
	}
	status := http.StatusOK
	if view.Refused != "" {
		status = http.StatusBadRequest
	}
	return v.show(status, "people.html", "People", &view)
}

func profileSearchOf(query url.Values) profileSearch {
	return profileSearch{
		Text:       term(query, "q"),
		Segment:    term(query, "segment"),
		Group:      term(query, "group"),
		Choice:     term(query, "choice"),
		Suppressed: term(query, "suppressed"),
	}
}

func (view *peopleView) read(tx *world.Tx, v *visit, page world.Page) error {
	if err := view.offer(tx); err != nil || view.Refused != "" {
		return err
	}
	query := world.ProfileQuery{Named: view.Text, Group: view.Group, Choice: view.Choice}
	if view.Segment != "" {
		query.Segments = []string{view.Segment}
	}
	switch view.Suppressed {
	case "":
	case anySuppression:
		query.Suppressed = []string{world.SuppressedBounce, world.SuppressedComplaint, world.SuppressedManual}
	default:
		query.Suppressed = []string{view.Suppressed}
	}
	found, err := tx.ScanProfiles(page, profilesReach, query)
	if err != nil {
		return err
	}
	for i := range found.Items {
		row, err := profileRowOf(tx, &found.Items[i])
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
	}

	view.Stopped = found.Next != nil && len(view.Rows) < rowsOnPage
	view.Pager = pagesOf(v, cursorOf("people", found.Next))
	view.None = len(view.Rows) == 0 && page.From == nil && !view.Any()
	if (profileSearch{Text: view.Text}) != view.profileSearch || view.Text == "" || page.From != nil {
		return nil
	}
	return view.findDirectly(tx)
}

// findDirectly finds Profiles by all of an id or externalId, or by the beginning of an email.
func (view *peopleView) findDirectly(tx *world.Tx) error {
	found, err := tx.ProfilesBeginning(strings.ToLower(view.Text), directHits)
	if err != nil {
		return err
	}
	exact, err := profileNamed(tx, view.Text)
	if exact != nil && !slices.ContainsFunc(found, func(p world.Profile) bool { return p.ID == exact.ID }) {
		found = slices.Insert(found, 0, *exact)
	}
	for i := range found {
		row, failed := profileRowOf(tx, &found[i])
		err = cmp.Or(err, failed)
		view.Direct = append(view.Direct, row)
	}
	return err
}

// offer fills the lists of the form, and refuses a search for what is not in them.
func (view *peopleView) offer(tx *world.Tx) error {
	segments, err := tx.Segments()
	if err != nil {
		return err
	}
	for i := range segments {
		one := &segments[i]
		view.Segments = append(view.Segments, optionOf(&view.Segment, one.ID, one.Key, one.Name))
	}
	if view.Segment != "" && !anyChosen(view.Segments) {
		view.Refused = "There is no such Segment."
	}

	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return err
	}
	for _, one := range groups {
		view.Groups = append(view.Groups, optionOf(&view.Group, one.ID, one.Key, one.Name))
	}
	if view.Group != "" && !anyChosen(view.Groups) {
		view.Refused = "There is no such SubscriptionGroup."
	}

	if view.Group == "" {
		view.Choice = "" // the form always sends it
	} else {
		view.Choice = cmp.Or(view.Choice, world.Subscribed)
	}
	view.Choices = options(view.Choice, world.Subscribed, "gets its emails", world.Unsubscribed,
		"gets none of its emails", world.NeverChosen, "has never chosen")
	view.Suppression = options(view.Suppressed, anySuppression, "suppressed for any reason",
		world.SuppressedBounce, "bounces", world.SuppressedComplaint, "complained",
		world.SuppressedManual, "suppressed by hand")
	switch {
	case view.Choice != "" && !anyChosen(view.Choices):
		view.Refused = "A Profile is Subscribed, Unsubscribed or has never chosen."
	case view.Suppressed != "" && !anyChosen(view.Suppression):
		view.Refused = "An address is suppressed for bounce, complaint, manual or any reason."
	}
	view.Template, err = exampleTemplate(tx)
	return err
}

// optionOf returns the option of a thing. What is chosen may be its key, which becomes its id.
func optionOf(chosen *string, id, key, name string) option {
	if *chosen == key {
		*chosen = id
	}
	return option{id, format.Name(name), *chosen == id}
}

func profileRowOf(tx *world.Tx, p *world.Profile) (profileRow, error) {
	row := profileRow{
		ID:         p.ID,
		Email:      p.Email,
		ExternalID: format.Name(p.ExternalID),
		Phone:      p.Phone,
		Sources:    p.Sources,
		Created:    p.CreatedAt,
		Updated:    p.UpdatedAt,
	}
	address, err := tx.Address(p.Email)
	if address != nil {
		row.Suppressed = address.Suppressed
	}
	return row, err
}
