package product

import (
	"context"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// TrackEvent records one UserEvent. Matching active Journeys react to it.
func (s handlers) TrackEvent(
	ctx context.Context, request api.TrackEventRequestObject,
) (api.TrackEventResponseObject, error) {
	body := request.Body
	event := world.TrackedEvent{
		Event:       body.Event,
		Who:         world.Identity{Email: text(body.Profile.Email), ExternalID: text(body.Profile.ExternalId)},
		Properties:  body.Profile.Properties,
		Data:        objectIn(callOf(ctx).body, "data"),
		ReferenceID: text(body.ReferenceId),
		OccurredAt:  text(body.OccurredAt),
	}
	if at, ok := cond.ParseTime(event.OccurredAt); ok && at.Year() < 0 {
		return nil, gateway.Invalid(wire.Issue{
			In: wire.InBody, Path: "/occurredAt", Code: wire.CodeMin, Message: "must not be before the year 0",
		})
	}
	if body.RedactedDataPaths != nil {
		event.Redact = *body.RedactedDataPaths
	}

	return s.write(ctx, func(tx *world.Tx) (any, error) {
		tracked, err := tx.TrackEvent(event)
		if err != nil {
			return nil, err
		}
		return api.TrackedEvent{
			EventId:          tracked.EventID,
			ProfileId:        tracked.ProfileID,
			MatchedJourneys:  tracked.Enrolled + tracked.Skipped,
			EnrolledJourneys: tracked.Enrolled,
			SkippedJourneys:  tracked.Skipped,
		}, nil
	})
}

func (r reply) VisitTrackEventResponse(w http.ResponseWriter) error { return r.write(w) }
