package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/timeline"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the page of one Profile.

func peoplePages() map[string]page {
	return map[string]page{
		"GET /dashboard/people":                     listPeople,
		"GET /dashboard/people/{id}":                onPerson(showPerson),
		"GET /dashboard/people/{id}/properties":     onPerson(showProperties),
		"GET /dashboard/people/{id}/delete":         onPerson(askToDelete),
		"POST /dashboard/people/{id}/delete":        onPerson(deletePerson),
		"POST /dashboard/people/{id}/subscriptions": onPerson(chooseGroup),
		"POST /dashboard/people/{id}/suppression":   onPerson(suppress),
	}
}

const (
	propertiesShown = 100
	runsShown       = 10
)

// onPerson calls a page with the id of the Profile that the path names, and redirects from an email or an externalId to
// the id.
func onPerson(show func(v *visit, id string) error) page {
	return func(v *visit) error {
		ref, id, deleted := v.r.PathValue("id"), "", false
		err := v.act(func(tx *world.Tx) error {
			p, err := profileNamed(tx, ref)
			if err != nil {
				return err
			}
			if p != nil {
				id = p.ID
				return nil
			}
			org, _, err := tx.KeyOf("profile", strings.ToLower(ref))
			if deleted = org == tx.Org; err == nil && !deleted {
				return world.NotFound("Profile", ref)
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case deleted:
			return v.show(http.StatusOK, "person_deleted.html", "This Profile has been deleted", strings.ToLower(ref))
		case id == ref || v.r.Method == http.MethodPost:
			return show(v, id)
		}
		return v.moved(personPath(id))
	}
}

func personPath(id string) string { return "/dashboard/people/" + id }

// personView is the page of one Profile.
type personView struct {
	profileRow
	Properties []property
	Hidden     int // the number of properties that are not shown
	Segments   []segmentOf
	Groups     []subscription
	Changes    []moment
	Address    addressView
	Runs       []openRun
	MoreRuns   bool
	Timeline   timelineView
}

// property is a property of a Profile with its lineage.
type property struct {
	Name, Value, Source string
	At                  time.Time
}

// segmentOf is a Segment that a Profile is in.
type segmentOf struct{ ID, Name, Type string }

// subscription is a Profile's subscription to a SubscriptionGroup.
type subscription struct {
	ID, Name, Policy string
	In, Explicit     bool
	At               time.Time
}

// addressView is what is known about the address of a Profile.
type addressView struct {
	Reason       string // why it is suppressed, "" if it is not
	Since        time.Time
	Bounce, Code string
	Simulated    bool // a simulated address, which is always suppressed
}

// openRun is an unfinished run.
type openRun struct {
	ID      string
	Journey reference
	Node    string
	State   string // what it does there
	Until   time.Time
}

func showPerson(v *visit, id string) error {
	from, ok := timeline.PlaceOf(v.r.URL.Query().Get("before"))
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	view := personView{Timeline: timelineOf(v.r.URL.Query())}
	err := v.act(func(tx *world.Tx) error {
		p, err := tx.ProfileWith(id)
		if err != nil {
			return err
		}
		if view.profileRow, err = profileRowOf(tx, p); err != nil {
			return err
		}
		view.ExternalID = p.ExternalID
		if view.Properties, err = propertiesOf(p); err != nil {
			return err
		}
		for _, read := range []func(*world.Tx, *world.Profile) error{
			view.readSegments, view.readGroups, view.readAddress, view.readRuns,
		} {
			if err := read(tx, p); err != nil {
				return err
			}
		}
		return view.Timeline.read(tx, v, p, from)
	})
	if err != nil {
		return err
	}
	view.Hidden = max(0, len(view.Properties)-propertiesShown)
	view.Properties = view.Properties[:len(view.Properties)-view.Hidden]
	return v.show(http.StatusOK, "person.html", view.Email, &view)
}

// propertiesOf returns the properties of a Profile by name, as they are stored.
func propertiesOf(p *world.Profile) (list []property, err error) {
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(p.Properties, &values); err != nil {
		return nil, err
	}
	lineage := p.Lineage()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		from := lineage[name]
		one := property{Name: format.Name(name), Source: from.Source}
		one.Value = format.Value(format.JSON(values[name], ""))
		if from.UpdatedAt != 0 {
			one.At = time.UnixMilli(from.UpdatedAt)
		}
		list = append(list, one)
	}
	return list, nil
}

// showProperties serves all properties as JSON.
func showProperties(v *visit, id string) error {
	var raw json.RawMessage
	err := v.act(func(tx *world.Tx) error {
		p, err := tx.ProfileWith(id)
		if err == nil {
			raw = p.Properties
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.plain("application/json", format.JSON(raw, "  ")+"\n")
}

func (view *personView) readSegments(tx *world.Tx, p *world.Profile) error {
	found, err := tx.SegmentsOf([]string{p.ID})
	for _, one := range found[p.ID] {
		view.Segments = append(view.Segments, segmentOf{one.ID, format.Name(one.Name), one.Type})
	}
	return err
}

func (view *personView) readGroups(tx *world.Tx, p *world.Profile) error {
	found, err := tx.Subscriptions(p)
	if err != nil {
		return err
	}
	for _, one := range found {
		view.Groups = append(view.Groups, subscription{
			ID:       one.Group.ID,
			Name:     format.Name(one.Group.Name),
			Policy:   one.Group.Policy,
			In:       one.Status == world.Subscribed,
			Explicit: one.Explicit,
			At:       one.At,
		})
	}
	changes, _, err := timeline.Read(tx, p, timeline.Query{Kind: timeline.Subscription, Limit: runsShown})
	view.Changes = momentsOf(changes)
	return err
}

func (view *personView) readAddress(tx *world.Tx, p *world.Profile) error {
	view.Address.Simulated = world.AlwaysSuppressed(p.Email)
	address, err := tx.Address(p.Email)
	if address == nil {
		return err
	}
	view.Address.Reason, view.Address.Since = address.Suppressed, address.SuppressedAt
	view.Address.Bounce, view.Address.Code = address.Bounce, address.Code
	return err
}

func (view *personView) readRuns(tx *world.Tx, p *world.Profile) error {
	found, err := tx.RunsOpen(p.ID, runsShown+1)
	if err != nil {
		return err
	}
	if view.MoreRuns = len(found) > runsShown; view.MoreRuns {
		found = found[:runsShown]
	}
	for i := range found {
		run := &found[i]
		journey, err := journeyRef(tx, run.JourneyID)
		if err != nil {
			return err
		}
		one := openRun{ID: run.ID, Journey: journey, Node: run.Node, State: "goes on now"}
		switch {
		case !run.Held.IsZero():
			one.State = "is held, because the Journey is paused"
		case !run.Waiting.IsZero():
			one.State, one.Until = "waits, and goes on", run.Waiting
		}
		view.Runs = append(view.Runs, one)
	}
	return nil
}

// journeyRef names a Journey by its key.
func journeyRef(tx *world.Tx, id string) (reference, error) {
	key, err := tx.JourneyKey(id)
	return reference{format.Name(key), "/dashboard/journeys/" + id}, err
}
