package segmentflow

import (
	"context"
	"io"
	"iter"
	"time"
)

// Documented: CreateUploadURL, Create and Update. Announced, with routes decided here: List and Delete.

// AssetsService manages images and other files, which emails refer to by their URLs. It is [Client].Assets.
type AssetsService struct{ client *Client }

// AssetType is what a file is for. The API may return types that are not listed here.
type AssetType string

// The types of Assets.
const (
	AssetTypeContentImage    AssetType = "content-image" // unless another one is set
	AssetTypeContentDocument AssetType = "content-document"
	AssetTypeLeadMagnet      AssetType = "lead-magnet"
)

// ImageType is what an image shows. The API may return types that are not listed here.
type ImageType string

// The types of images.
const (
	ImageTypeLogo       ImageType = "logo"
	ImageTypeHero       ImageType = "hero"
	ImageTypeHeader     ImageType = "header"
	ImageTypeProduct    ImageType = "product"
	ImageTypeBackground ImageType = "background"
	ImageTypeIcon       ImageType = "icon"
	ImageTypeOther      ImageType = "other"
)

// Asset is a file. URL serves its bytes to everyone: put it into the Image of a Template.
type Asset struct {
	ID             string        `json:"id"`
	OrganizationID string        `json:"organizationId"`
	AssetType      AssetType     `json:"assetType"`
	ImageType      *ImageType    `json:"imageType"`
	Filename       string        `json:"filename"`
	S3Key          string        `json:"s3Key"`
	ContentType    string        `json:"contentType"`
	Size           int64         `json:"size"` // in bytes
	URL            string        `json:"url"`
	CreatedAt      time.Time     `json:"createdAt"`
	UpdatedAt      time.Time     `json:"updatedAt"`
	Description    *string       `json:"description"`
	AltText        *string       `json:"altText"`
	Tags           []string      `json:"tags"`
	Width          *int64        `json:"width"`  // in pixels; nil if it is not known to be an image
	Height         *int64        `json:"height"` // in pixels; nil if it is not known to be an image
	WebsiteID      *string       `json:"websiteId"`
	Website        *AssetWebsite `json:"website"`
}

// AssetWebsite is the Website that an Asset belongs to.
type AssetWebsite struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// assetReply is the reply of what creates or changes an Asset.
type assetReply struct {
	Asset Asset `json:"asset"`
}

// CreateAssetUploadURLParams describes a file that is to be uploaded.
type CreateAssetUploadURLParams struct {
	Filename string `json:"filename"` // required
	// ContentType is required: image/jpeg, image/png, text/csv, application/vnd.ms-excel or application/pdf.
	ContentType string    `json:"contentType"`
	Size        int64     `json:"size"` // required, 1 to 20971520 bytes
	AssetType   AssetType `json:"assetType,omitzero"`
	WebsiteID   string    `json:"websiteId,omitzero"`
}

// AssetUploadURL is a URL that takes the bytes of one file by PUT, with the content type and the size that were given.
// Whoever has it may upload.
type AssetUploadURL struct {
	UploadURL string `json:"uploadUrl"`
	Key       string `json:"key"`       // the S3Key of [AssetsService.Create]
	ExpiresIn int64  `json:"expiresIn"` // in seconds
}

// CreateAssetParams describes a file that was uploaded. ContentType and Size are those of the upload.
type CreateAssetParams struct {
	Filename    string    `json:"filename"` // required
	S3Key       string    `json:"s3Key"`    // required, the Key of the upload URL
	ContentType string    `json:"contentType"`
	Size        int64     `json:"size"`
	AssetType   AssetType `json:"assetType,omitzero"` // by default that of the upload URL
	ImageType   ImageType `json:"imageType,omitzero"`
	WebsiteID   string    `json:"websiteId,omitzero"` // by default that of the upload URL
}

// UpdateAssetParams contains changes to an Asset. A field that is not set stays as it is; [Null] clears it.
type UpdateAssetParams struct {
	Description Nullable[string]    `json:"description,omitzero"` // at most 500 characters
	AltText     Nullable[string]    `json:"altText,omitzero"`     // at most 200 characters
	Tags        []string            `json:"tags,omitzero"`        // at most 20 of 50 characters; none clears them
	ImageType   Nullable[ImageType] `json:"imageType,omitzero"`
}

// ListAssetsParams narrows a list of Assets. Every field is optional.
type ListAssetsParams struct {
	AssetType AssetType `json:"assetType,omitzero"`
	ImageType ImageType `json:"imageType,omitzero"`
	Cursor    string    `json:"cursor,omitzero"` // from an earlier page
	Limit     int       `json:"limit,omitzero"`  // Assets per page: 1 to 100, 50 by default
}

// AssetPage is one page of Assets, newest first. NextCursor is nil on the last page, PreviousCursor on the first.
type AssetPage struct {
	Assets         []Asset `json:"assets"`
	NextCursor     *string `json:"nextCursor"`
	PreviousCursor *string `json:"previousCursor"`
}

func (p *AssetPage) list() (string, any) { return "assets", &p.Assets }

// UploadAssetParams describes a file, and has its bytes.
type UploadAssetParams struct {
	Filename string // required
	// ContentType follows from the extension of Filename if it is empty: jpg, jpeg, png, csv, xls or pdf.
	ContentType string
	// Body is required. Upload reads it to its end and does not close it. Only an io.Seeker, such as a file or a
	// bytes.Reader, can be sent again if a connection breaks.
	Body io.Reader
	// Size is how many bytes Body has, at most 20971520. It may be 0 if Body is an io.Seeker.
	Size        int64
	AssetType   AssetType
	ImageType   ImageType
	WebsiteID   string
	Description string   // at most 500 characters
	AltText     string   // at most 200 characters
	Tags        []string // at most 20 of 50 characters
}

// CreateUploadURL returns a URL that takes the bytes of a file (documented, scope assets:write). [AssetsService.Upload]
// does this and the next two steps. Besides the usual errors: ErrNotFound for the Website.
func (s *AssetsService) CreateUploadURL(
	ctx context.Context, params *CreateAssetUploadURLParams, opts ...CallOption,
) (*AssetUploadURL, error) {
	req := request{op: createAssetUploadURL, body: params}
	return call[AssetUploadURL](ctx, s.client, req, opts)
}

// Create makes an Asset of a file that was uploaded (documented, scope assets:write). Besides the usual errors:
// ErrNotFound for the Website, ErrValidationFailed with Details["reason"] asset_not_uploaded if no such file was
// uploaded, and ErrInvalidState if the upload has become an Asset.
func (s *AssetsService) Create(ctx context.Context, params *CreateAssetParams, opts ...CallOption) (*Asset, error) {
	req := request{op: createAsset, body: params}
	return s.asset(ctx, req, opts)
}

// Update changes what is known about a file (documented, scope assets:write). Besides the usual errors: ErrNotFound.
func (s *AssetsService) Update(
	ctx context.Context, id string, params *UpdateAssetParams, opts ...CallOption,
) (*Asset, error) {
	req := request{op: updateAsset, path: []string{id}, body: params}
	return s.asset(ctx, req, opts)
}

func (s *AssetsService) asset(ctx context.Context, req request, opts []CallOption) (*Asset, error) {
	reply, err := call[assetReply](ctx, s.client, req, opts)
	if reply == nil {
		return nil, err
	}
	return &reply.Asset, err
}

// List returns one page of Assets (announced, scope assets:read). Params may be nil.
func (s *AssetsService) List(ctx context.Context, params *ListAssetsParams, opts ...CallOption) (*AssetPage, error) {
	given := orDefaults(params)
	query := pageQuery(given.Cursor, given.Limit)
	for name, value := range map[string]string{
		"assetType": string(given.AssetType), "imageType": string(given.ImageType),
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	req := request{op: listAssets, query: query}
	return call[AssetPage](ctx, s.client, req, opts)
}

// All returns an iterator over all Assets that List would return, and fetches page by page (announced, scope
// assets:read). An error is yielded once and ends the iteration.
func (s *AssetsService) All(ctx context.Context, params *ListAssetsParams, opts ...CallOption) iter.Seq2[Asset, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]Asset, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.Assets, page.NextCursor, err
	}
	return all(ctx, listAssets, given.Cursor, opts, fetch)
}

// Delete deletes an Asset and its bytes (announced, scope assets:write). Emails that were sent do not show it any more.
// Besides the usual errors: ErrNotFound.
func (s *AssetsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	req := request{op: deleteAsset, path: []string{id}}
	_, err := s.client.do(ctx, req, nil, opts)
	return err
}
