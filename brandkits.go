package segmentflow

import (
	"context"
	"iter"
	"time"
)

// Documented: the progress of an extraction. Announced, with routes and shapes decided here: everything else.

// BrandKitsService manages Brand Kits. It is [Client].BrandKits.
type BrandKitsService struct{ client *Client }

// BrandKit is what the emails of a brand look like. An Organization that has Brand Kits has exactly one default.
type BrandKit struct {
	ID              string          `json:"id"`
	Name            string          `json:"name"`
	IsDefault       bool            `json:"isDefault"`
	WebsiteURL      *string         `json:"websiteUrl"`
	Logo            *string         `json:"logo"` // the URL of an image
	Colors          *BrandKitColors `json:"colors"`
	Fonts           []string        `json:"fonts"` // their names
	SenderProfileID *string         `json:"senderProfileId"`
	CreatedAt       time.Time       `json:"createdAt"`
	UpdatedAt       time.Time       `json:"updatedAt"`
}

// BrandKitColors are the colors of a brand, each such as #1b4332. One that is nil is not set.
type BrandKitColors struct {
	Primary    *string `json:"primary"`
	Secondary  *string `json:"secondary"`
	Accent     *string `json:"accent"`
	Background *string `json:"background"`
	Text       *string `json:"text"`
}

// BrandKitExtractionProgress is how far the latest extraction of a Brand Kit has come. It is over when IsComplete or
// IsFailed is true.
type BrandKitExtractionProgress struct {
	CurrentStep    *string `json:"currentStep"` // the step that is being done or that failed
	CompletedSteps int     `json:"completedSteps"`
	TotalSteps     int     `json:"totalSteps"`
	IsComplete     bool    `json:"isComplete"`
	IsFailed       bool    `json:"isFailed"`
	Error          string  `json:"error,omitzero"` // why it failed
}

// ListBrandKitsParams narrows a list of Brand Kits. Every field is optional.
type ListBrandKitsParams struct {
	Cursor string `json:"cursor,omitzero"` // from an earlier page
	Limit  int    `json:"limit,omitzero"`  // Brand Kits per page: 1 to 100, 50 by default
}

// BrandKitPage is one page of Brand Kits, newest first. NextCursor is nil on the last page, PreviousCursor on the
// first.
type BrandKitPage struct {
	BrandKits      []BrandKit `json:"brandKits"`
	NextCursor     *string    `json:"nextCursor"`
	PreviousCursor *string    `json:"previousCursor"`
}

func (p *BrandKitPage) list() (string, any) { return "brandKits", &p.BrandKits }

// CreateBrandKitParams describes a new Brand Kit.
type CreateBrandKitParams struct {
	Name       string `json:"name"`                // required, at most 200 characters
	WebsiteURL string `json:"websiteUrl,omitzero"` // which Extract reads
}

// UpdateBrandKitParams contains changes to a Brand Kit. A field that is not set stays as it is; [Null] clears it.
type UpdateBrandKitParams struct {
	Name       string           `json:"name,omitzero"`
	WebsiteURL Nullable[string] `json:"websiteUrl,omitzero"`
	Logo       Nullable[string] `json:"logo,omitzero"`
	// Colors replaces all colors.
	Colors          Nullable[BrandKitColors] `json:"colors,omitzero"`
	Fonts           []string                 `json:"fonts,omitzero"` // an empty list clears them
	SenderProfileID Nullable[string]         `json:"senderProfileId,omitzero"`
}

// List returns one page of Brand Kits (announced, scope brand-kit:read). Params may be nil.
func (s *BrandKitsService) List(
	ctx context.Context, params *ListBrandKitsParams, opts ...CallOption,
) (*BrandKitPage, error) {
	given := orDefaults(params)
	req := request{op: listBrandKits, query: pageQuery(given.Cursor, given.Limit)}
	return call[BrandKitPage](ctx, s.client, req, opts)
}

// All returns an iterator over all Brand Kits that List would return, and fetches page by page (announced, scope
// brand-kit:read). An error is yielded once and ends the iteration.
func (s *BrandKitsService) All(
	ctx context.Context, params *ListBrandKitsParams, opts ...CallOption,
) iter.Seq2[BrandKit, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]BrandKit, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.BrandKits, page.NextCursor, err
	}
	return all(ctx, listBrandKits, given.Cursor, opts, fetch)
}

// Create creates a Brand Kit (announced, scope brand-kit:write). The first one of the Organization becomes the default.
func (s *BrandKitsService) Create(
	ctx context.Context, params *CreateBrandKitParams, opts ...CallOption,
) (*BrandKit, error) {
	req := request{op: createBrandKit, body: params}
	return call[BrandKit](ctx, s.client, req, opts)
}

// Retrieve returns a Brand Kit (announced, scope brand-kit:read). Besides the usual errors: ErrNotFound.
func (s *BrandKitsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*BrandKit, error) {
	req := request{op: retrieveBrandKit, path: []string{id}}
	return call[BrandKit](ctx, s.client, req, opts)
}

// Update changes a Brand Kit (announced, scope brand-kit:write). Another website ends a running extraction. What a
// running extraction finds replaces what Update has set. Besides the usual errors: ErrNotFound, also for an id in
// params.
func (s *BrandKitsService) Update(
	ctx context.Context, id string, params *UpdateBrandKitParams, opts ...CallOption,
) (*BrandKit, error) {
	req := request{op: updateBrandKit, path: []string{id}, body: params}
	return call[BrandKit](ctx, s.client, req, opts)
}

// Delete deletes a Brand Kit (announced, scope brand-kit:write). If it was the default, the oldest other one becomes
// the default. Besides the usual errors: ErrNotFound, and ErrInvalidState if a Template uses the Brand Kit.
func (s *BrandKitsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	req := request{op: deleteBrandKit, path: []string{id}}
	_, err := s.client.do(ctx, req, nil, opts)
	return err
}

// SetDefault makes a Brand Kit the default of the Organization (announced, scope brand-kit:write). Besides the usual
// errors: ErrNotFound.
func (s *BrandKitsService) SetDefault(ctx context.Context, id string, opts ...CallOption) (*BrandKit, error) {
	req := request{op: setDefaultBrandKit, path: []string{id}}
	return call[BrandKit](ctx, s.client, req, opts)
}

// Clear removes the logo, the colors and the fonts of a Brand Kit, and ends a running extraction (announced, scope
// brand-kit:write). Besides the usual errors: ErrNotFound.
func (s *BrandKitsService) Clear(ctx context.Context, id string, opts ...CallOption) (*BrandKit, error) {
	req := request{op: clearBrandKit, path: []string{id}}
	return call[BrandKit](ctx, s.client, req, opts)
}

// Extract begins to read the logo, the colors and the fonts of a Brand Kit from its website (announced, scope
// brand-kit:write). [BrandKitsService.WaitExtraction] waits for the end. Besides the usual errors: ErrNotFound,
// ErrInvalidState while another extraction is running, and ErrValidationFailed with Details["reason"]
// website_url_required.
func (s *BrandKitsService) Extract(
	ctx context.Context, id string, opts ...CallOption,
) (*BrandKitExtractionProgress, error) {
	req := request{op: extractBrandKit, path: []string{id}}
	return call[BrandKitExtractionProgress](ctx, s.client, req, opts)
}

// ExtractionProgress returns how far the latest extraction of a Brand Kit has come (documented, scope brand-kit:read).
// Besides the usual errors: ErrNotFound.
func (s *BrandKitsService) ExtractionProgress(
	ctx context.Context, brandID string, opts ...CallOption,
) (*BrandKitExtractionProgress, error) {
	req := request{op: retrieveBrandKitExtractionProgress, path: []string{brandID}}
	return call[BrandKitExtractionProgress](ctx, s.client, req, opts)
}
