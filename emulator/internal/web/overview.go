package web

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the first page.

func overviewPages() map[string]page {
	return map[string]page{
		"GET /dashboard":     overview,
		"GET /dashboard/{$}": overview,
	}
}

// overview shows what waits for a person.
func overview(v *visit) error {
	title := ""
	var waiting []confirmation
	err := v.act(func(tx *world.Tx) error {
		org, err := tx.Organization()
		if err != nil {
			return err
		}
		if org != nil {
			title = org.Name
		}
		waiting, err = openConfirmations(tx)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "overview.html", title, waiting)
}
