package product

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// ListSegments lists the Organization's Segments.
func (s handlers) ListSegments(
	ctx context.Context, request api.ListSegmentsRequestObject,
) (api.ListSegmentsResponseObject, error) {
	page, err := pageOf("segments", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.ListSegments(page)
		if err != nil {
			return nil, err
		}
		reply := api.SegmentPage{Segments: make([]api.Segment, len(found.Items))}
		reply.NextCursor, reply.PreviousCursor = cursors("segments", found)
		for i := range found.Items {
			reply.Segments[i] = wireSegment(&found.Items[i])
		}
		return reply, nil
	})
}

// RetrieveSegment returns a Segment with its condition.
func (s handlers) RetrieveSegment(
	ctx context.Context, request api.RetrieveSegmentRequestObject,
) (api.RetrieveSegmentResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.SegmentWith(request.Id)
		if err != nil {
			return nil, err
		}
		return wireSegment(found), nil
	})
}

// PreviewSegment counts the Profiles that are in a Segment now, and lists the first of them, newest first.
func (s handlers) PreviewSegment(
	ctx context.Context, request api.PreviewSegmentRequestObject,
) (api.PreviewSegmentResponseObject, error) {
	limit := 10
	if request.Body != nil && request.Body.Limit != nil {
		limit = *request.Body.Limit
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		first, count, err := tx.PreviewSegment(request.Id, limit)
		return api.SegmentPreview{
			AsOf:     world.Stamp(tx.Now),
			Count:    int64(count),
			Profiles: wireMembers(first),
		}, err
	})
}

func (r reply) VisitListSegmentsResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitRetrieveSegmentResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitPreviewSegmentResponse(w http.ResponseWriter) error  { return r.write(w) }

func wireSegment(segment *world.Segment) api.Segment {
	definition := nullable.NewNullNullable[api.NullableCondition]()
	if segment.Type == world.Dynamic {
		definition = nullable.NewNullableWithValue(segment.Definition)
	}
	return api.Segment{
		Id:         segment.ID,
		Name:       segment.Name,
		Type:       api.SegmentType(segment.Type),
		Definition: definition,
		CreatedAt:  world.Stamp(segment.CreatedAt),
		UpdatedAt:  world.Stamp(segment.UpdatedAt),
	}
}
