package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of Templates. The other files of its name have the page of one.

func templatePages() map[string]page {
	return map[string]page{
		"GET /dashboard/templates":                 templateList,
		"GET /dashboard/templates/{id}":            templatePage,
		"POST /dashboard/templates/{id}":           editState,
		"GET /dashboard/templates/{id}/html":       templateHTML,
		"GET /dashboard/templates/{id}/text":       templateText,
		"GET /dashboard/templates/{id}/definition": templateDefinition,
	}
}

const templatesPerPage = 50

// listedTemplate is a Template in the list.
type listedTemplate struct {
	world.Template
	From    world.Mailbox
	NotFrom error
}

// templateRows is a page of the list.
type templateRows struct {
	Rows        []listedTemplate
	Statuses    []string
	First, Next string // paths, "" if there are none
}

func templateList(v *visit) error {
	query := v.r.URL.Query()
	list := templateRows{Statuses: []string{world.Active, world.Archived}}
	err := v.act(func(tx *world.Tx) error {
		found, err := tx.TemplatesAfter(query.Get("before"), query.Get("status"), query.Get("q"), templatesPerPage+1)
		if err != nil {
			return err
		}
		for i := range found[:min(len(found), templatesPerPage)] {
			from, notFrom, err := tx.TemplateSender(&found[i])
			if err != nil {
				return err
			}
			list.Rows = append(list.Rows, listedTemplate{found[i], from, notFrom})
		}
		if len(found) > templatesPerPage {
			list.Next = templatesFrom(query, list.Rows[templatesPerPage-1].Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if query.Has("before") {
		list.First = templatesFrom(query, "")
	}
	return v.show(http.StatusOK, "templates.html", "Templates", list)
}

// templatesFrom returns the path of the page of the list that begins after a key.
func templatesFrom(query url.Values, key string) string {
	kept := url.Values{}
	for _, name := range []string{"q", "status"} {
		if query.Get(name) != "" {
			kept.Set(name, query.Get(name))
		}
	}
	if key != "" {
		kept.Set("before", key)
	}
	if len(kept) == 0 {
		return "/dashboard/templates"
	}
	return "/dashboard/templates?" + kept.Encode()
}

// templateOf returns the Template that the path names. If it names a key, it redirects to the id and returns nil.
func templateOf(v *visit, tx *world.Tx) (*world.Template, error) {
	name := v.r.PathValue("id")
	t, err := tx.TemplateWith(name)
	if err == nil {
		return t, nil
	}
	id, failed := tx.IDOf("template", name)
	if failed != nil || id == "" {
		return nil, cmp.Or(failed, err)
	}
	to := url.URL{Path: "/dashboard/templates/" + id, RawQuery: v.r.URL.RawQuery}
	http.Redirect(v.w, v.r, to.String(), http.StatusSeeOther)
	return nil, nil
}
