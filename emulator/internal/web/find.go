package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file leads from any id, address or key to the page of what has it.

func findPages() map[string]page {
	return map[string]page{
		"GET /dashboard/find":      findNamed,
		"GET /dashboard/find/{id}": findID,
	}
}

// places are where the pages of things are, by kind. The page of the world has some kinds in tables. Other kinds have
// no place.
var places = map[string]string{
	"EmailSend":         "/dashboard/mail/",
	"Message":           "/dashboard/mail/",
	"JourneyRun":        "/dashboard/runs/",
	"UserEvent":         "/dashboard/events/",
	"Broadcast":         "/dashboard/broadcasts/",
	"NewsletterIssue":   "/dashboard/issues/",
	"Confirmation":      "/dashboard/confirmations/",
	"BrandKit":          brandKitsPath + "/",
	"Asset":             assetsPath + "/",
	"Domain":            "/dashboard/world#",
	"Template":          "/dashboard/templates/",
	"Segment":           "/dashboard/segments/",
	"Journey":           "/dashboard/journeys/",
	"Newsletter":        "/dashboard/newsletters/",
	"Profile":           "/dashboard/people/",
	"SenderProfile":     "/dashboard/world#",
	"SubscriptionGroup": "/dashboard/world#",
	"Webhook":           "/dashboard/webhooks/",
	kindCall:            "/dashboard/requests/",
}

const kindCall = "API call"

// placeOf returns the path of a thing's page, "" if it has none.
func placeOf(kind, id string) string {
	if places[kind] == "" || id == "" {
		return ""
	}
	return places[kind] + url.PathEscape(id)
}

// idOf returns the id of what a seed calls by this key, or the text itself if nothing has it for a key.
func idOf(tx *world.Tx, kind, ref string) (string, error) {
	id, err := tx.IDOf(kind, ref)
	return cmp.Or(id, ref), err
}

// use is something that uses what a page shows, with the path of its own page.
type use struct {
	tell.Use
	Path string
}

func usesOf(found []tell.Use) (list []use) {
	for _, one := range found {
		list = append(list, use{one, placeOf(one.Kind, one.ID)})
	}
	return list
}

// hit is a thing that was found. Path is "" if it has no page.
type hit struct{ Kind, ID, Text, Path string }

// search is what the page of a search shows.
type search struct {
	Name string
	Hits []hit
	Near []string
	Long bool // the name is not shown in full
}

func findID(v *visit) error { return findAny(v, v.r.PathValue("id")) }

func findNamed(v *visit) error { return findAny(v, v.r.URL.Query().Get("q")) }

// findAny leads to the page of what a name stands for. If it stands for several things, or for none that has a page, it
// lists them.
func findAny(v *visit, name string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		return v.show(http.StatusOK, "find.html", "Find", search{})
	}
	var hits []hit
	var near []string
	err := v.act(func(tx *world.Tx) (err error) {
		if hits, err = v.hits(tx, name); err != nil || len(hits) > 0 {
			return err
		}
		if id := anID().FindString(name); id != "" && id != name { // a link or a line of a log was pasted
			if hits, err = v.hits(tx, id); err != nil || len(hits) > 0 {
				return err
			}
		}
		near, err = tell.NearTo(tx, name)
		return err
	})
	if err != nil {
		return err
	}
	if len(hits) == 1 && hits[0].Path != "" {
		http.Redirect(v.w, v.r, hits[0].Path, http.StatusSeeOther)
		return nil
	}
	status, title := http.StatusOK, "Found"
	if len(hits) == 0 {
		status, title = http.StatusNotFound, "Nothing found"
	}
	const shown = 200
	return v.show(status, "find.html", title, search{gateway.Clip(name, shown), hits, near, len(name) > shown})
}

// hits returns what a name stands for: things of the world, then calls of the API in the journal.
func (v *visit) hits(tx *world.Tx, name string) (hits []hit, err error) {
	things, err := tell.Find(tx, name)
	for _, thing := range things {
		found := hit{thing.Kind, thing.ID, thing.Text, placeOf(thing.Kind, thing.ID)}
		if thing.Kind == "Profile" && thing.Text == tell.Deleted {
			found.Path = ""
		}
		hits = append(hits, found)
	}
	for _, entry := range v.Journal.Newest(gateway.JournalSize) {
		byItem := func(item gateway.Rejected) bool { return item.Key == name }
		if entry.ID == name || entry.IdempotencyKey == name || slices.ContainsFunc(entry.Rejected, byItem) {
			hits = append(hits, hit{kindCall, entry.ID, called{Entry: entry}.Name(), placeOf(kindCall, entry.ID)})
		}
	}
	return hits, err
}
