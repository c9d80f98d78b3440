package segmentflow

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Announced, with routes and shapes decided here: listing, retrieving and previewing Segments.
// Documented: Segments are always computed live.

// SegmentsService reads Segments. It is [Client].Segments.
type SegmentsService struct{ client *Client }

// Segment is a named audience. Its members are computed anew for every use.
type Segment struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Type SegmentType `json:"type"`
	// Definition is the condition of a Dynamic Segment, as it was saved. It is nil for a Manual Segment.
	Definition *json.RawMessage `json:"definition"`
	CreatedAt  time.Time        `json:"createdAt"`
	UpdatedAt  time.Time        `json:"updatedAt"`
}

// SegmentType is the way in which a Segment gets its members. The API may return other values than those listed here.
type SegmentType string

// A Dynamic Segment has a condition. A Manual Segment has a list of members.
const (
	SegmentTypeDynamic SegmentType = "Dynamic"
	SegmentTypeManual  SegmentType = "Manual"
)

// ListSegmentsParams narrows a list of Segments. Every field is optional.
type ListSegmentsParams struct {
	Cursor string `json:"cursor,omitzero"` // from an earlier page
	Limit  int    `json:"limit,omitzero"`  // Segments per page: 1 to 100, 50 by default
}

// SegmentPage is one page of Segments, newest first. NextCursor is nil on the last page, PreviousCursor on the first.
type SegmentPage struct {
	Segments       []Segment `json:"segments"`
	NextCursor     *string   `json:"nextCursor"`
	PreviousCursor *string   `json:"previousCursor"`
}

func (p *SegmentPage) list() (string, any) { return "segments", &p.Segments }

// PreviewSegmentParams sets the size of a preview.
type PreviewSegmentParams struct {
	Limit int `json:"limit,omitzero"` // how many Profiles to list: 1 to 100, 10 by default
}

// SegmentPreview contains the members of a Segment at the time AsOf.
type SegmentPreview struct {
	AsOf     time.Time        `json:"asOf"`
	Count    int              `json:"count"`
	Profiles []AudienceMember `json:"profiles"` // the first members, in a stable order
}

// List returns one page of Segments (announced, scope segments:read). Params may be nil.
func (s *SegmentsService) List(
	ctx context.Context, params *ListSegmentsParams, opts ...CallOption,
) (*SegmentPage, error) {
	given := orDefaults(params)
	req := request{op: listSegments, query: pageQuery(given.Cursor, given.Limit)}
	return call[SegmentPage](ctx, s.client, req, opts)
}

// All returns an iterator over all Segments that List would return, and fetches page by page (announced, scope
// segments:read). An error is yielded once and ends the iteration.
func (s *SegmentsService) All(
	ctx context.Context, params *ListSegmentsParams, opts ...CallOption,
) iter.Seq2[Segment, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]Segment, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.Segments, page.NextCursor, err
	}
	return all(ctx, listSegments, given.Cursor, opts, fetch)
}

// Retrieve returns a Segment with its condition (announced, scope segments:read). Besides the usual errors:
// ErrNotFound.
func (s *SegmentsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Segment, error) {
	req := request{op: retrieveSegment, path: []string{id}}
	return call[Segment](ctx, s.client, req, opts)
}

// Preview counts and lists the current members of a Segment (announced, scope segments:read). It changes nothing and is
// retried like a read. Params may be nil. Besides the usual errors: ErrNotFound.
func (s *SegmentsService) Preview(
	ctx context.Context, id string, params *PreviewSegmentParams, opts ...CallOption,
) (*SegmentPreview, error) {
	req := request{
		op:    previewSegment,
		path:  []string{id},
		body:  orDefaults(params),
		reads: true,
	}
	return call[SegmentPreview](ctx, s.client, req, opts)
}
