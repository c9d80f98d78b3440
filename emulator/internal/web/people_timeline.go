package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/timeline"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file shows the timeline of a Profile.

// moment is something that happened to a Profile.
type moment struct{ timeline.Moment }

// Path leads to the page of what it happened to.
func (m moment) Path() string {
	switch m.Kind {
	case timeline.Subscription:
		return "/dashboard/people?" + url.Values{"group": {m.ID}, "choice": {m.Tag}}.Encode()
	case timeline.Suppression:
		reason := strings.TrimPrefix(m.Reason, world.SkipSuppressed)
		return "/dashboard/people?suppressed=" + cmp.Or(reason, anySuppression)
	}
	return placeOf(m.Thing, m.ID)
}

// Detail says more about it.
func (m moment) Detail() string {
	said := slices.Clone(m.Says)
	if m.Reason != "" {
		said = slices.Insert(said, 0, whyEnded(m.Reason))
	}
	return strings.Join(said, " · ")
}

func momentsOf(moments []timeline.Moment) (list []moment) {
	for _, one := range moments {
		list = append(list, moment{one})
	}
	return list
}

// timelineView is a page of a timeline.
type timelineView struct {
	Kind    string // the only kind that is shown, "" for all
	Kinds   []option
	Moments []moment
	Pager   pager
}

func timelineOf(query url.Values) timelineView {
	view := timelineView{Kind: query.Get("kind")}
	view.Kinds = options(view.Kind, timeline.Email, "emails", timeline.Event, "UserEvents", timeline.Run, "runs",
		timeline.Segment, "Segments", timeline.Subscription, "subscriptions", timeline.Suppression, "suppression")
	if !anyChosen(view.Kinds) {
		view.Kind = ""
	}
	return view
}

// read fills the page that begins at a place.
func (view *timelineView) read(tx *world.Tx, v *visit, p *world.Profile, from timeline.Place) error {
	found, next, err := timeline.Read(tx, p, timeline.Query{Kind: view.Kind, From: from, Limit: rowsOnPage})
	view.Moments, view.Pager = momentsOf(found), pagesOf(v, next)
	return err
}
