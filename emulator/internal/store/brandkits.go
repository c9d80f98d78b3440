package store

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/brand"
)

// BrandKit is what the emails of a brand look like. Found is what an extraction finds on its website, nil if no seed
// says it. Extraction is how far the latest one has come, nil if there is none.
type BrandKit struct {
	ID, Key, Name               string
	Default                     bool
	WebsiteURL, SenderProfileID string
	brand.Look
	Found                *brand.Look
	Extraction           *brand.Extraction
	CreatedAt, UpdatedAt time.Time
}

// CheckWebsiteURL returns what is wrong with the address of the website, "" if nothing is.
func (kit *BrandKit) CheckWebsiteURL() string { return brand.CheckURL(kit.WebsiteURL) }

var brandKits = define("brand_kits", (*BrandKit).columns, "org")

func (kit *BrandKit) columns(r *row) {
	r.column("id", &kit.ID)
	r.column("created_at", &kit.CreatedAt)
	r.column("is_default", &kit.Default)
	r.nullable("extraction", &kit.Extraction)
	r.mutable()
	r.column("key", &kit.Key)
	r.column("name", &kit.Name)
	r.nullable("website_url", &kit.WebsiteURL)
	r.nullable("logo", &kit.Logo)
	r.nullable("colors", &kit.Colors)
	r.nullable("fonts", &kit.Fonts)
	r.nullable("sender_profile_id", &kit.SenderProfileID)
	r.nullable("found", &kit.Found)
	r.column("updated_at", &kit.UpdatedAt)
}

// BrandKit returns the Brand Kit with this key or id, or nil if there is none.
func (tx *Tx) BrandKit(ref string) (*BrandKit, error) { return brandKits.named(tx, ref) }

// ListBrandKits returns a page of the Organization's Brand Kits.
func (tx *Tx) ListBrandKits(page Page) (Listed[BrandKit], error) {
	return listed(tx, page, brandKits.view(),
		func(kit *BrandKit) Place { return Place{kit.CreatedAt, kit.ID} },
		Filter{"WHERE org = ?", []any{tx.Org}})
}

// PutBrandKit inserts a Brand Kit, or updates one but for its extraction and whether it is the default. It does not
// touch an equal one. The first Brand Kit of the Organization becomes the default.
func (tx *Tx) PutBrandKit(kit BrandKit) error {
	others, err := value[int64](tx.db, "SELECT count(*) FROM brand_kits WHERE org = ?", tx.Org)
	if err != nil {
		return err
	}
	kit.CreatedAt, kit.UpdatedAt, kit.Default = tx.Now, tx.Now, others == 0
	return brandKits.upsertChanged(tx, &kit, tx.Org)
}

// SetDefaultBrandKit makes a Brand Kit the only default.
func (tx *Tx) SetDefaultBrandKit(id string) error {
	return tx.exec("UPDATE brand_kits SET is_default = (id = ?1), updated_at = ?2 "+
		"WHERE org = ?3 AND is_default <> (id = ?1)", id, tx.Now, tx.Org)
}

// PutExtraction stores how far the extraction of a Brand Kit has come, nil for none.
func (tx *Tx) PutExtraction(id string, extraction *brand.Extraction) error {
	var stored any
	if extraction != nil {
		stored = encode(extraction)
	}
	return tx.exec("UPDATE brand_kits SET extraction = ? WHERE id = ? AND org = ?", stored, id, tx.Org)
}

// DeleteBrandKit deletes a Brand Kit. If it was the default, the oldest other one becomes the default.
func (tx *Tx) DeleteBrandKit(kit *BrandKit) error {
	if err := tx.exec("DELETE FROM brand_kits WHERE id = ? AND org = ?", kit.ID, tx.Org); err != nil || !kit.Default {
		return err
	}
	oldest, err := value[string](tx.db, "SELECT id FROM brand_kits WHERE org = ? ORDER BY created_at, id LIMIT 1",
		tx.Org)
	if err != nil || oldest == "" {
		return err
	}
	return tx.SetDefaultBrandKit(oldest)
}

// TemplatesOfBrandKit returns the first Templates that use a Brand Kit, by key.
func (tx *Tx) TemplatesOfBrandKit(id string, limit int) ([]Template, error) {
	return templates.all(tx, "WHERE org = ? AND brand_kit_id = ? ORDER BY key LIMIT ?", tx.Org, id, limit)
}
