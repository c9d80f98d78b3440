package product

import (
	"context"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// TrackEvent records one UserEvent; matching active Journeys react.
func (s service) TrackEvent(ctx context.Context, request api.TrackEventRequestObject) (api.TrackEventResponseObject, error) {
	body := request.Body
	asked := world.TrackedEvent{Event: body.Event, Who: world.Identity{Email: text(body.Profile.Email), ExternalID: text(body.Profile.ExternalId)},
		Properties: body.Profile.Properties, Data: objectIn(callOf(ctx).body, "data"), ReferenceID: text(body.ReferenceId),
		OccurredAt: text(body.OccurredAt)}
	if body.RedactedDataPaths != nil {
		asked.Redact = *body.RedactedDataPaths
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		done, err := tx.TrackEvent(asked)
		if err != nil {
			return nil, err
		}
		return api.TrackedEvent{EventId: done.EventID, ProfileId: done.ProfileID, MatchedJourneys: done.Enrolled + done.Skipped,
			EnrolledJourneys: done.Enrolled, SkippedJourneys: done.Skipped}, nil
	})
}

func (r reply) VisitTrackEventResponse(w http.ResponseWriter) error { return r.write(w) }
