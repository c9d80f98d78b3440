package product

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// ListBrandKits lists the Brand Kits, newest first.
func (s handlers) ListBrandKits(
	ctx context.Context, request api.ListBrandKitsRequestObject,
) (api.ListBrandKitsResponseObject, error) {
	page, err := pageOf("brandKits", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.ListBrandKits(page)
		reply := api.BrandKitPage{BrandKits: make([]api.BrandKit, len(found.Items))}
		reply.NextCursor, reply.PreviousCursor = cursors("brandKits", found)
		for i := range found.Items {
			reply.BrandKits[i] = wireBrandKit(&found.Items[i])
		}
		return reply, err
	})
}

// CreateBrandKit creates a Brand Kit.
func (s handlers) CreateBrandKit(
	ctx context.Context, request api.CreateBrandKitRequestObject,
) (api.CreateBrandKitResponseObject, error) {
	edit := world.BrandKitEdit{Name: &request.Body.Name, WebsiteURL: request.Body.WebsiteUrl}
	return s.changeBrandKit(ctx, func(tx *world.Tx) (*world.BrandKit, error) { return tx.CreateBrandKit(edit) })
}

// RetrieveBrandKit returns a Brand Kit.
func (s handlers) RetrieveBrandKit(
	ctx context.Context, request api.RetrieveBrandKitRequestObject,
) (api.RetrieveBrandKitResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		kit, err := tx.BrandKitWith(request.Id)
		if err != nil {
			return nil, err
		}
		return wireBrandKit(kit), nil
	})
}

// UpdateBrandKit changes the members that are given.
func (s handlers) UpdateBrandKit(
	ctx context.Context, request api.UpdateBrandKitRequestObject,
) (api.UpdateBrandKitResponseObject, error) {
	body := request.Body
	edit := world.BrandKitEdit{
		Name:            body.Name,
		WebsiteURL:      given(body.WebsiteUrl),
		Logo:            given(body.Logo),
		Fonts:           body.Fonts,
		SenderProfileID: given(body.SenderProfileId),
	}
	if body.Colors.IsSpecified() {
		colors, _ := body.Colors.Get() // null is no colors
		edit.Colors = &world.BrandColors{
			Primary:    orEmpty(colors.Primary),
			Secondary:  orEmpty(colors.Secondary),
			Accent:     orEmpty(colors.Accent),
			Background: orEmpty(colors.Background),
			Text:       orEmpty(colors.Text),
		}
	}
	return s.changeBrandKit(ctx, func(tx *world.Tx) (*world.BrandKit, error) {
		return tx.UpdateBrandKit(request.Id, edit)
	})
}

// DeleteBrandKit deletes a Brand Kit that nothing uses.
func (s handlers) DeleteBrandKit(
	ctx context.Context, request api.DeleteBrandKitRequestObject,
) (api.DeleteBrandKitResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) { return nil, tx.RemoveBrandKit(request.Id) })
}

// SetDefaultBrandKit makes a Brand Kit the Organization's default.
func (s handlers) SetDefaultBrandKit(
	ctx context.Context, request api.SetDefaultBrandKitRequestObject,
) (api.SetDefaultBrandKitResponseObject, error) {
	return s.changeBrandKit(ctx, func(tx *world.Tx) (*world.BrandKit, error) {
		return tx.MakeBrandKitDefault(request.Id)
	})
}

// ClearBrandKit removes the look of a Brand Kit.
func (s handlers) ClearBrandKit(
	ctx context.Context, request api.ClearBrandKitRequestObject,
) (api.ClearBrandKitResponseObject, error) {
	return s.changeBrandKit(ctx, func(tx *world.Tx) (*world.BrandKit, error) { return tx.ClearBrandKit(request.Id) })
}

// ExtractBrandKit begins an extraction.
func (s handlers) ExtractBrandKit(
	ctx context.Context, request api.ExtractBrandKitRequestObject,
) (api.ExtractBrandKitResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		begun, err := tx.ExtractBrandKit(request.Id)
		return wireExtraction(begun), err
	})
}

// RetrieveBrandKitExtractionProgress returns how far the latest extraction has come.
func (s handlers) RetrieveBrandKitExtractionProgress(
	ctx context.Context, request api.RetrieveBrandKitExtractionProgressRequestObject,
) (api.RetrieveBrandKitExtractionProgressResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		kit, err := tx.BrandKitWith(request.BrandId)
		if err != nil {
			return nil, err
		}
		if kit.Extraction == nil {
			return wireExtraction(world.Extraction{}), nil
		}
		return wireExtraction(*kit.Extraction), nil
	})
}

func (r reply) VisitListBrandKitsResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitCreateBrandKitResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitRetrieveBrandKitResponse(w http.ResponseWriter) error   { return r.write(w) }
func (r reply) VisitUpdateBrandKitResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitDeleteBrandKitResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitSetDefaultBrandKitResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitClearBrandKitResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitExtractBrandKitResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitRetrieveBrandKitExtractionProgressResponse(w http.ResponseWriter) error {
	return r.write(w)
}

// changeBrandKit carries out an act and returns the changed Brand Kit.
func (s handlers) changeBrandKit(ctx context.Context, act func(tx *world.Tx) (*world.BrandKit, error)) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		kit, err := act(tx)
		if err != nil {
			return nil, err
		}
		return wireBrandKit(kit), nil
	})
}

// orEmpty returns a string in a request, "" if it is null or not there.
func orEmpty(value nullable.Nullable[string]) string {
	text, _ := value.Get()
	return text
}

func wireBrandKit(kit *world.BrandKit) api.BrandKit {
	shown := api.BrandKit{
		Id:              kit.ID,
		Name:            kit.Name,
		IsDefault:       kit.Default,
		WebsiteUrl:      nullIfEmpty(kit.WebsiteURL),
		Logo:            nullIfEmpty(kit.Logo),
		Colors:          nullable.NewNullNullable[api.BrandKitColors](),
		Fonts:           append(api.FontNames{}, kit.Fonts...),
		SenderProfileId: nullIfEmpty(kit.SenderProfileID),
		CreatedAt:       world.Stamp(kit.CreatedAt),
		UpdatedAt:       world.Stamp(kit.UpdatedAt),
	}
	if kit.Colors != nil {
		shown.Colors.Set(api.BrandKitColors{
			Primary:    nullIfEmpty(kit.Colors.Primary),
			Secondary:  nullIfEmpty(kit.Colors.Secondary),
			Accent:     nullIfEmpty(kit.Colors.Accent),
			Background: nullIfEmpty(kit.Colors.Background),
			Text:       nullIfEmpty(kit.Colors.Text),
		})
	}
	return shown
}

func wireExtraction(extraction world.Extraction) api.BrandKitExtractionProgress {
	shown := api.BrandKitExtractionProgress{
		CurrentStep:    nullIfEmpty(extraction.Step()),
		CompletedSteps: int64(extraction.Completed),
		TotalSteps:     int64(extraction.TotalSteps()),
		IsComplete:     extraction.IsComplete(),
		IsFailed:       extraction.IsFailed(),
	}
	if extraction.Error != "" {
		shown.Error = &extraction.Error
	}
	return shown
}
