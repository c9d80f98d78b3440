package web

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the Assets. Their bytes come from the path that everyone gets them from.

const assetsPath = "/dashboard/assets"

func assetPages() map[string]page {
	return map[string]page{
		"GET /dashboard/assets":      listAssets,
		"GET /dashboard/assets/{id}": showAsset,
	}
}

// shownAsset is an Asset with what pages show besides.
type shownAsset struct {
	world.Asset
	Path, URL string
	Website   *world.Website
}

// IsImage reports whether a browser can show it as one.
func (asset *shownAsset) IsImage() bool { return strings.HasPrefix(asset.ContentType, "image/") }

// Alt returns what to say instead of the image.
func (asset *shownAsset) Alt() string { return cmp.Or(asset.AltText, asset.Filename) }

func assetShown(tx *world.Tx, asset *world.Asset) shownAsset {
	return shownAsset{Asset: *asset, Path: world.AssetPath(asset), URL: tx.AssetURL(asset)}
}

// assetRows is a page of the list.
type assetRows struct {
	Rows                   []shownAsset
	AssetTypes, ImageTypes []string
	Pager                  pager
}

func listAssets(v *visit) error {
	const list = "assets"
	query := v.r.URL.Query()
	page, ok := placeIn(query, list)
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	shown := assetRows{AssetTypes: world.AssetTypes, ImageTypes: world.ImageTypes}
	err := v.act(func(tx *world.Tx) error {
		found, err := tx.ListAssets(page, query.Get("type"), query.Get("image"))
		for i := range found.Items {
			shown.Rows = append(shown.Rows, assetShown(tx, &found.Items[i]))
		}
		shown.Pager = pagesOf(v, cursorOf(list, found.Next))
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "assets.html", "Assets", shown)
}

func showAsset(v *visit) error {
	var view shownAsset
	err := v.act(func(tx *world.Tx) error {
		id, err := idOf(tx, "asset", v.r.PathValue("id"))
		if err != nil {
			return err
		}
		asset, err := tx.AssetWith(id)
		if err != nil {
			return err
		}
		view = assetShown(tx, asset)
		if asset.WebsiteID != "" {
			view.Website, err = tx.Website(asset.WebsiteID)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case view.ID != v.r.PathValue("id"):
		return v.moved(assetsPath + "/" + view.ID)
	}
	return v.show(http.StatusOK, "asset.html", format.Value(view.Filename), &view)
}
