package web

import (
	"net/http"

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

// listedTemplate is a Template in the list.
type listedTemplate struct {
	world.Template
	From    world.Mailbox
	NotFrom error
}

// templateRows is a page of the list.
type templateRows struct {
	Rows     []listedTemplate
	Statuses []string
	Pager    pager
}

func templateList(v *visit) error {
	query := v.r.URL.Query()
	list := templateRows{Statuses: []string{world.Active, world.Archived}}
	err := v.act(func(tx *world.Tx) error {
		found, err := tx.TemplatesAfter(query.Get("before"), query.Get("status"), query.Get("q"), rowsOnPage+1)
		if err != nil {
			return err
		}
		for i := range found[:min(len(found), rowsOnPage)] {
			from, notFrom, err := tx.TemplateSender(&found[i])
			if err != nil {
				return err
			}
			list.Rows = append(list.Rows, listedTemplate{found[i], from, notFrom})
		}
		next := ""
		if len(found) > rowsOnPage {
			next = found[rowsOnPage-1].Key
		}
		list.Pager = pagesInOrder(v, next)
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "templates.html", "Templates", list)
}

// templateOf returns the Template that the path names. If it names a key, it redirects to the id and returns nil.
func templateOf(v *visit, tx *world.Tx) (*world.Template, error) {
	id, err := idOf(tx, "template", v.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	t, err := tx.TemplateWith(id)
	if err != nil || t.ID == v.r.PathValue("id") {
		return t, err
	}
	return nil, v.moved("/dashboard/templates/" + t.ID)
}
