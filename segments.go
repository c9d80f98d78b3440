package segmentflow

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"time"
)

// Announced, with routes and shapes decided here: listing Segments, retrieving one, previewing who is in it. That they are
// always read live is documented.

// SegmentsService looks at Segments. It is [Client].Segments.
type SegmentsService struct{ client *Client }

// Segment is a named audience. Who is in it is always computed anew.
type Segment struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Type       SegmentType      `json:"type"`
	Definition *json.RawMessage `json:"definition"` // the condition of a Dynamic Segment, as it was saved; nil for a Manual one
	CreatedAt  time.Time        `json:"createdAt"`
	UpdatedAt  time.Time        `json:"updatedAt"`
}

// SegmentType says what makes up a Segment. Values that are not listed here may come.
type SegmentType string

// A Dynamic Segment is a condition, a Manual one a list of members.
const (
	SegmentTypeDynamic SegmentType = "Dynamic"
	SegmentTypeManual  SegmentType = "Manual"
)

// ListSegmentsParams narrows a list of Segments. All of it is optional.
type ListSegmentsParams struct {
	Cursor string // of an earlier page
	Limit  int    // size of a page: 1 to 100, 50 by default
}

// SegmentPage is one page of Segments, newest first. A cursor is nil at its end of the list.
type SegmentPage struct {
	Segments       []Segment `json:"segments"`
	NextCursor     *string   `json:"nextCursor"`
	PreviousCursor *string   `json:"previousCursor"`
}

// PreviewSegmentParams says how much a preview shows.
type PreviewSegmentParams struct {
	Limit int `json:"limit,omitzero"` // how many Profiles to list: 1 to 100, 10 by default
}

// SegmentPreview is who is in a Segment now.
type SegmentPreview struct {
	AsOf     time.Time        `json:"asOf"`
	Count    int              `json:"count"`
	Profiles []AudienceMember `json:"profiles"` // the first members, in a stable order
}

// List gives one page of Segments (announced, scope segments:read). Params may be nil.
func (s *SegmentsService) List(ctx context.Context, params *ListSegmentsParams, opts ...CallOption) (*SegmentPage, error) {
	p := orDefaults(params)
	r := request{method: http.MethodGet, route: "/api/v1/segments", query: pageQuery(p.Cursor, p.Limit)}
	return call[SegmentPage](ctx, s.client, r, opts)
}

// All ranges over every Segment that List gives, page by page (announced, scope segments:read). An error is yielded once
// and ends the range.
func (s *SegmentsService) All(ctx context.Context, params *ListSegmentsParams, opts ...CallOption) iter.Seq2[Segment, error] {
	p := orDefaults(params)
	return all(ctx, p.Cursor, func(ctx context.Context, cursor string) ([]Segment, *string, error) {
		page, err := s.List(ctx, &ListSegmentsParams{Cursor: cursor, Limit: p.Limit}, opts...)
		if err != nil {
			return nil, nil, err
		}
		return page.Segments, page.NextCursor, nil
	})
}

// Retrieve gives a Segment with its condition (announced, scope segments:read), or ErrNotFound.
func (s *SegmentsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Segment, error) {
	return call[Segment](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/segments/{id}", path: []string{id}}, opts)
}

// Preview counts and lists who is in the Segment now (announced, scope segments:read). It changes nothing and is repeated
// like a read. Params may be nil. ErrNotFound beside the usual errors.
func (s *SegmentsService) Preview(ctx context.Context, id string, params *PreviewSegmentParams, opts ...CallOption) (*SegmentPreview, error) {
	r := request{method: http.MethodPost, route: "/api/v1/segments/{id}/preview", path: []string{id}, body: orDefaults(params), reads: true}
	return call[SegmentPreview](ctx, s.client, r, opts)
}
