package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of Profiles.

const (
	rowsOnPage    = 50
	profilesReach = 10_000 // Profiles that one page of a search reads
	directHits    = 5
	longestTerm   = 300 // bytes of what a user searches for
)

// named is something with a page of its own.
type named struct{ Name, Path string }

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
	Segments    []selectable
	Groups      []selectable
	Choices     []selectable
	Suppression []selectable
	Template    string // an id for an example
}

// selectable is an entry of a list from which the user selects one.
type selectable struct {
	Value, Name string
	Selected    bool
}

// entriesOf returns entries from their values and names in turn.
func entriesOf(selected string, pairs ...string) (list []selectable) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, selectable{pairs[i], pairs[i+1], pairs[i] == selected})
	}
	return list
}

const anySuppression = "any"

func listPeople(v *visit) error {
	from, ok := profilePlace(v.r.URL.Query().Get("before"))
	if !ok {
		return noSuchPlace(v)
	}
	view := peopleView{profileSearch: profileSearchOf(v.r.URL.Query()), Reach: profilesReach}
	if err := v.act(func(tx *world.Tx) error { return view.read(tx, v, from) }); err != nil {
		return err
	}
	status := http.StatusOK
	if view.Refused != "" {
		status = http.StatusBadRequest
	}
	return v.show(status, "people.html", "People", &view)
}

// noSuchPlace refuses a place in a list that no page has.
func noSuchPlace(v *visit) error {
	return v.show(http.StatusBadRequest, "problem.html", "There is no such place in the list",
		"No page of the list begins at the “before” of this address. Open the list again.")
}

func profileSearchOf(query url.Values) profileSearch {
	term := func(name string) string { return gateway.Clip(strings.TrimSpace(query.Get(name)), longestTerm) }
	return profileSearch{
		Text:    term("q"),
		Segment: term("segment"), Group: term("group"), Choice: term("choice"), Suppressed: term("suppressed"),
	}
}

// profilePlace reads the place at which a page of Profiles begins. It returns nil for the newest.
func profilePlace(cursor string) (from *world.Place, ok bool) {
	if cursor == "" {
		return nil, true
	}
	place, ok := gateway.PlaceOf("people", cursor)
	if !ok || len(place) != 2 {
		return nil, false
	}
	at, err := strconv.ParseInt(place[0], 10, 64)
	return &world.Place{At: time.UnixMilli(at), ID: place[1]}, err == nil
}

func (view *peopleView) read(tx *world.Tx, v *visit, from *world.Place) error {
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
	found, err := tx.ScanProfiles(world.Page{From: from, Limit: rowsOnPage}, profilesReach, query)
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

	cursor := ""
	if next := found.Next; next != nil {
		cursor = gateway.Cursor("people", strconv.FormatInt(next.At.UnixMilli(), 10), next.ID)
		view.Stopped = len(view.Rows) < rowsOnPage
	}
	view.Pager = pagesOf(v, cursor)
	view.None = len(view.Rows) == 0 && from == nil && !view.Any()
	if (profileSearch{Text: view.Text}) != view.profileSearch || view.Text == "" || from != nil {
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
	known := view.Segment == ""
	for i := range segments {
		one := &segments[i]
		if view.Segment == one.Key {
			view.Segment = one.ID
		}
		known = known || view.Segment == one.ID
		name := format.Name(one.Name)
		view.Segments = append(view.Segments, selectable{one.ID, name, view.Segment == one.ID})
	}
	if !known {
		view.Refused = "There is no such Segment."
	}

	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return err
	}
	known = view.Group == ""
	for _, one := range groups {
		if view.Group == one.Key {
			view.Group = one.ID
		}
		known = known || view.Group == one.ID
		name := format.Name(one.Name)
		view.Groups = append(view.Groups, selectable{one.ID, name, view.Group == one.ID})
	}
	if !known {
		view.Refused = "There is no such SubscriptionGroup."
	}

	if view.Group == "" {
		view.Choice = "" // the form always sends it
	} else {
		view.Choice = cmp.Or(view.Choice, world.Subscribed)
	}
	view.Choices = entriesOf(view.Choice, world.Subscribed, "gets its emails", world.Unsubscribed,
		"gets none of its emails", world.NeverChosen, "has never chosen")
	view.Suppression = entriesOf(view.Suppressed, anySuppression, "suppressed for any reason",
		world.SuppressedBounce, "bounces", world.SuppressedComplaint, "complained",
		world.SuppressedManual, "suppressed by hand")
	switch {
	case view.Choice != "" && !offered(view.Choices, view.Choice):
		view.Refused = "A Profile is Subscribed, Unsubscribed or has never chosen."
	case view.Suppressed != "" && !offered(view.Suppression, view.Suppressed):
		view.Refused = "An address is suppressed for bounce, complaint, manual or any reason."
	}
	templates, err := tx.KeysOf("template", 1)
	if len(templates) > 0 {
		view.Template = templates[0]
	}
	return err
}

func offered(list []selectable, value string) bool {
	for _, one := range list {
		if one.Value == value {
			return true
		}
	}
	return false
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
