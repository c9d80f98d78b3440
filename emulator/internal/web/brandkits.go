package web

import (
	"cmp"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the Brand Kits. Their addresses are shown and never loaded.

const brandKitsPath = "/dashboard/brand-kits"

func brandKitPages() map[string]page {
	return map[string]page{
		"GET /dashboard/brand-kits":       listBrandKits,
		"GET /dashboard/brand-kits/{id}":  showBrandKit,
		"POST /dashboard/brand-kits/{id}": changeBrandKit,
	}
}

func listBrandKits(v *visit) error {
	const list = "brandKits"
	page, ok := placeIn(v.r.URL.Query(), list)
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	var found world.Listed[world.BrandKit]
	err := v.act(func(tx *world.Tx) (err error) {
		found, err = tx.ListBrandKits(page)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "brandkits.html", "Brand Kits",
		map[string]any{"Rows": found.Items, "Pager": pagesOf(v, cursorOf(list, found.Next))})
}

// brandKitView is a Brand Kit with what it refers to and what uses it.
type brandKitView struct {
	world.BrandKit
	Sender   *world.SenderProfile
	Using    []world.Template
	MoreUses bool
}

func showBrandKit(v *visit) error {
	var view brandKitView
	moved := ""
	err := v.act(func(tx *world.Tx) error {
		id, err := idOf(tx, "brandKit", v.r.PathValue("id"))
		if err != nil {
			return err
		}
		kit, err := tx.BrandKitWith(id)
		if err != nil {
			return err
		}
		if kit.ID != v.r.PathValue("id") {
			moved = brandKitsPath + "/" + kit.ID
			return nil
		}
		view.BrandKit = *kit
		if view.Using, err = tx.TemplatesOfBrandKit(kit.ID, listedUses+1); err != nil || kit.SenderProfileID == "" {
			return err
		}
		view.Sender, err = tx.SenderProfile(kit.SenderProfileID)
		return err
	})
	switch {
	case err != nil:
		return err
	case moved != "":
		return v.moved(moved)
	}
	if view.MoreUses = len(view.Using) > listedUses; view.MoreUses {
		view.Using = view.Using[:listedUses]
	}
	return v.show(http.StatusOK, "brandkit.html", format.Value(cmp.Or(view.Name, view.Key)), view)
}

// changeBrandKit does what a button of the page says.
func changeBrandKit(v *visit) error {
	id, done := v.r.PathValue("id"), ""
	err := v.act(func(tx *world.Tx) (err error) {
		switch v.r.PostFormValue("do") {
		case "default":
			done = "It is the default now."
			_, err = tx.MakeBrandKitDefault(id)
		case "clear":
			done = "Its logo, colors and fonts are removed."
			_, err = tx.ClearBrandKit(id)
		case "extract":
			done = "The extraction has begun."
			_, err = tx.ExtractBrandKit(id)
		default:
			err = invalid("The form must say what to do with the Brand Kit.")
		}
		return err
	})
	path := brandKitsPath + "/" + id
	if err == nil {
		return v.done(path, done)
	}
	if message, other := refusal(err); other == nil {
		return v.refuse(path, message)
	}
	return err
}
