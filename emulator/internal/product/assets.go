package product

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// CreateAssetUploadURL makes a URL that takes the bytes of a file.
func (s handlers) CreateAssetUploadURL(
	ctx context.Context, request api.CreateAssetUploadURLRequestObject,
) (api.CreateAssetUploadURLResponseObject, error) {
	body := request.Body
	spec := world.UploadSpec{
		Filename:    body.Filename,
		ContentType: string(body.ContentType),
		AssetType:   text(body.AssetType),
		WebsiteID:   text(body.WebsiteId),
		Size:        int(body.Size),
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		url, key, err := tx.CreateUpload(spec)
		return api.AssetUploadURL{
			Success:   true,
			UploadUrl: url,
			Key:       key,
			ExpiresIn: int64(world.UploadLife.Seconds()),
		}, err
	})
}

// CreateAsset makes an Asset of an upload.
func (s handlers) CreateAsset(
	ctx context.Context, request api.CreateAssetRequestObject,
) (api.CreateAssetResponseObject, error) {
	body := request.Body
	spec := world.AssetSpec{
		Filename:    body.Filename,
		S3Key:       body.S3Key,
		ContentType: body.ContentType,
		AssetType:   text(body.AssetType),
		ImageType:   text(body.ImageType),
		WebsiteID:   text(body.WebsiteId),
		Size:        int(body.Size),
	}
	return s.changeAsset(ctx, func(tx *world.Tx) (*world.Asset, error) { return tx.CreateAsset(spec) })
}

// ListAssets lists the Assets, newest first.
func (s handlers) ListAssets(
	ctx context.Context, request api.ListAssetsRequestObject,
) (api.ListAssetsResponseObject, error) {
	page, err := pageOf("assets", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	assetType, imageType := text(request.Params.AssetType), text(request.Params.ImageType)
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.ListAssets(page, assetType, imageType)
		if err != nil {
			return nil, err
		}
		reply := api.AssetPage{Assets: make([]api.Asset, len(found.Items))}
		reply.NextCursor, reply.PreviousCursor = cursors("assets", found)
		for i := range found.Items {
			if reply.Assets[i], err = wireAsset(tx, &found.Items[i]); err != nil {
				return nil, err
			}
		}
		return reply, nil
	})
}

// UpdateAsset changes the members that are given.
func (s handlers) UpdateAsset(
	ctx context.Context, request api.UpdateAssetRequestObject,
) (api.UpdateAssetResponseObject, error) {
	body := request.Body
	edit := world.AssetEdit{
		Description: given(body.Description),
		AltText:     given(body.AltText),
		ImageType:   given(body.ImageType),
		Tags:        body.Tags,
	}
	return s.changeAsset(ctx, func(tx *world.Tx) (*world.Asset, error) { return tx.UpdateAsset(request.Id, edit) })
}

// DeleteAsset deletes an Asset and its bytes.
func (s handlers) DeleteAsset(
	ctx context.Context, request api.DeleteAssetRequestObject,
) (api.DeleteAssetResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) { return nil, tx.RemoveAsset(request.Id) })
}

// FinalizeAsset sets what is known about a file. It is an older route.
func (s handlers) FinalizeAsset(
	ctx context.Context, request api.FinalizeAssetRequestObject,
) (api.FinalizeAssetResponseObject, error) {
	body := request.Body
	edit := world.AssetEdit{Description: body.Description, AltText: body.AltText}
	if body.ImageType != nil {
		edit.ImageType = (*string)(body.ImageType)
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		asset, err := tx.UpdateAsset(request.Id, edit)
		if err != nil {
			return nil, err
		}
		return api.FinalizedAsset{Asset: api.ShortAsset{
			Id:             asset.ID,
			OrganizationId: tx.Org,
			Filename:       asset.Filename,
			ContentType:    asset.ContentType,
			Size:           int64(asset.Size),
			Url:            tx.AssetURL(asset),
			Width:          nullIfNone(asset.Width),
			Height:         nullIfNone(asset.Height),
			CreatedAt:      world.Stamp(asset.CreatedAt),
		}}, nil
	})
}

func (r reply) VisitCreateAssetUploadURLResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitCreateAssetResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitListAssetsResponse(w http.ResponseWriter) error           { return r.write(w) }
func (r reply) VisitUpdateAssetResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitDeleteAssetResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitFinalizeAssetResponse(w http.ResponseWriter) error        { return r.write(w) }

// changeAsset carries out an act and returns the changed Asset.
func (s handlers) changeAsset(ctx context.Context, act func(tx *world.Tx) (*world.Asset, error)) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		asset, err := act(tx)
		if err != nil {
			return nil, err
		}
		shown, err := wireAsset(tx, asset)
		return api.AssetReply{Success: true, Asset: shown}, err
	})
}

// nullIfNone returns the number, or null for 0.
func nullIfNone(n int) nullable.Nullable[int64] {
	if n == 0 {
		return nullable.NewNullNullable[int64]()
	}
	return nullable.NewNullableWithValue(int64(n))
}

func wireAsset(tx *world.Tx, asset *world.Asset) (api.Asset, error) {
	shown := api.Asset{
		Id:             asset.ID,
		OrganizationId: tx.Org,
		AssetType:      api.AssetType(asset.AssetType),
		ImageType:      nullIfEmpty(api.NullableImageType(asset.ImageType)),
		Filename:       asset.Filename,
		S3Key:          asset.S3Key,
		ContentType:    asset.ContentType,
		Size:           int64(asset.Size),
		Url:            tx.AssetURL(asset),
		CreatedAt:      world.Stamp(asset.CreatedAt),
		UpdatedAt:      world.Stamp(asset.UpdatedAt),
		Description:    nullIfEmpty(asset.Description),
		AltText:        nullIfEmpty(asset.AltText),
		Tags:           append([]string{}, asset.Tags...),
		Width:          nullIfNone(asset.Width),
		Height:         nullIfNone(asset.Height),
		WebsiteId:      nullIfEmpty(asset.WebsiteID),
		Website:        nullable.NewNullNullable[api.AssetWebsite](),
	}
	if asset.WebsiteID == "" {
		return shown, nil
	}
	site, err := tx.Website(asset.WebsiteID)
	if err == nil && site != nil {
		shown.Website.Set(api.AssetWebsite{Id: site.ID, Name: site.Name})
	}
	return shown, err
}
