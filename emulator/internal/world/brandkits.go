package world

import (
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/brand"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Brand Kits. Documented: the progress of an extraction. Decided here: everything else. An extraction reads no website.
// It takes its time on the clock, and a seed says what it finds.

const extractionStep = time.Second // how long a step of an extraction takes

// The statuses in which a Brand Kit refuses an act.
const (
	brandKitExtracting = "extracting"
	brandKitInUse      = "in_use"
)

// The names of the parts of a Brand Kit for packages that do not use package brand.
type (
	// BrandColors are the colors of a brand.
	BrandColors = brand.Colors
	// BrandLook is what a brand looks like.
	BrandLook = brand.Look
	// Extraction is how far an extraction has come.
	Extraction = brand.Extraction
)

// BrandKitWith finds a Brand Kit by its id.
func (tx *Tx) BrandKitWith(id string) (*store.BrandKit, error) {
	kit, err := tx.BrandKit(strings.ToLower(id))
	if err == nil && (kit == nil || kit.ID != strings.ToLower(id)) {
		return nil, NotFound("BrandKit", id)
	}
	return kit, err
}

// BrandKitEdit is a change of a Brand Kit. nil leaves a member as it is, and the zero value clears it.
type BrandKitEdit struct {
	Name, WebsiteURL, Logo, SenderProfileID *string

	Colors *brand.Colors
	Fonts  *[]string
}

// CreateBrandKit makes a Brand Kit.
func (tx *Tx) CreateBrandKit(edit BrandKitEdit) (*store.BrandKit, error) {
	id := tx.NewID()
	return tx.editBrandKit(&store.BrandKit{ID: id, Key: id}, edit)
}

// UpdateBrandKit changes a Brand Kit.
func (tx *Tx) UpdateBrandKit(id string, edit BrandKitEdit) (*store.BrandKit, error) {
	kit, err := tx.BrandKitWith(id)
	if err != nil {
		return nil, err
	}
	return tx.editBrandKit(kit, edit)
}

func (tx *Tx) editBrandKit(kit *store.BrandKit, edit BrandKitEdit) (*store.BrandKit, error) {
	if err := tx.checkEditReferences(TemplateEdit{SenderProfileID: edit.SenderProfileID}); err != nil {
		return nil, err
	}
	assign(&kit.Name, edit.Name)
	assign(&kit.WebsiteURL, edit.WebsiteURL)
	assign(&kit.Logo, edit.Logo)
	assignID(&kit.SenderProfileID, edit.SenderProfileID)
	if edit.Colors != nil {
		kit.Colors = edit.Colors.OrNil()
	}
	if edit.Fonts != nil {
		kit.Fonts = *edit.Fonts
	}
	if err := tx.SaveBrandKit(*kit); err != nil {
		return nil, err
	}
	return tx.BrandKitWith(kit.ID)
}

// SaveBrandKit inserts or replaces a Brand Kit, but for its extraction. A running extraction of another website ends.
// The first Brand Kit becomes the default.
func (tx *Tx) SaveBrandKit(kit store.BrandKit) error {
	saved, err := tx.BrandKit(kit.ID)
	if err != nil {
		return err
	}
	if saved != nil && saved.WebsiteURL != kit.WebsiteURL && extracting(saved) {
		if err := tx.forgetExtraction(saved); err != nil {
			return err
		}
	}
	if err := tx.PutBrandKit(kit); err != nil || !kit.Default {
		return err
	}
	return tx.SetDefaultBrandKit(kit.ID)
}

// RemoveBrandKit deletes a Brand Kit that no Template uses.
func (tx *Tx) RemoveBrandKit(id string) error {
	kit, err := tx.BrandKitWith(id)
	if err != nil {
		return err
	}
	using, err := tx.TemplatesOfBrandKit(kit.ID, 1)
	if err != nil {
		return err
	}
	if len(using) > 0 {
		return refused(CodeInvalidState, "A Template still uses the Brand Kit.",
			map[string]any{"status": brandKitInUse})
	}
	if err := tx.forgetExtraction(kit); err != nil {
		return err
	}
	return tx.DeleteBrandKit(kit)
}

// MakeBrandKitDefault makes a Brand Kit the default of the Organization.
func (tx *Tx) MakeBrandKitDefault(id string) (*store.BrandKit, error) {
	kit, err := tx.BrandKitWith(id)
	if err != nil {
		return nil, err
	}
	if err := tx.SetDefaultBrandKit(kit.ID); err != nil {
		return nil, err
	}
	return tx.BrandKitWith(kit.ID)
}

// ClearBrandKit removes the look of a Brand Kit, and its extraction.
func (tx *Tx) ClearBrandKit(id string) (*store.BrandKit, error) {
	kit, err := tx.BrandKitWith(id)
	if err != nil {
		return nil, err
	}
	if err := tx.forgetExtraction(kit); err != nil {
		return nil, err
	}
	none := ""
	return tx.editBrandKit(kit, BrandKitEdit{Logo: &none, Colors: &brand.Colors{}, Fonts: &[]string{}})
}

// extracting reports whether an extraction is running.
func extracting(kit *store.BrandKit) bool {
	return kit.Extraction != nil && kit.Extraction.IsRunning()
}

// forgetExtraction ends the extraction of a Brand Kit if one is running, and forgets it.
func (tx *Tx) forgetExtraction(kit *store.BrandKit) error {
	if kit.Extraction == nil {
		return nil
	}
	if err := tx.DropTasks(TaskExtractBrandKit, kit.ID); err != nil {
		return err
	}
	return tx.PutExtraction(kit.ID, nil)
}

// ExtractBrandKit begins an extraction, and returns how far it is.
func (tx *Tx) ExtractBrandKit(id string) (Extraction, error) {
	kit, err := tx.BrandKitWith(id)
	switch {
	case err != nil:
		return Extraction{}, err
	case kit.WebsiteURL == "" && kit.Found == nil: // a seed's extraction needs no website
		return Extraction{}, unacceptable(reasonWebsiteURLRequired, "The Brand Kit has no websiteUrl.")
	case extracting(kit):
		return Extraction{}, refused(CodeInvalidState, "An extraction of the Brand Kit is running.",
			map[string]any{"status": brandKitExtracting})
	}
	begun := brand.Begin()
	return begun, tx.goOnExtracting(kit.ID, begun)
}

// goOnExtracting stores how far an extraction is, and schedules the end of its step if it is running.
func (tx *Tx) goOnExtracting(id string, extraction Extraction) error {
	if extraction.IsRunning() {
		if _, err := tx.AddTask(tx.Now.Add(extractionStep), TaskExtractBrandKit, id, ""); err != nil {
			return err
		}
	}
	return tx.PutExtraction(id, &extraction)
}

// extractStep ends a step of an extraction. The last one saves what a seed says that the website has. What it does not
// say stays as it is.
func (tx *Tx) extractStep(task store.Task) error {
	kit, err := tx.BrandKit(task.Ref)
	if err != nil || kit == nil || !extracting(kit) {
		return err
	}
	next := kit.Extraction.Next(kit.Found != nil)
	if next.IsComplete() {
		found := BrandKitEdit{Colors: kit.Found.Colors}
		if kit.Found.Logo != "" {
			found.Logo = &kit.Found.Logo
		}
		if kit.Found.Fonts != nil {
			found.Fonts = &kit.Found.Fonts
		}
		if _, err := tx.editBrandKit(kit, found); err != nil {
			return err
		}
	}
	return tx.goOnExtracting(kit.ID, next)
}
