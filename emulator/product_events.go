package emulator

import (
	"context"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
)

// TrackEvent records one UserEvent; matching active Journeys react.
func (s service) TrackEvent(ctx context.Context, request api.TrackEventRequestObject) (api.TrackEventResponseObject, error) {
	body := request.Body
	asked := trackedEvent{event: body.Event, who: identity{email: text(body.Profile.Email), externalID: text(body.Profile.ExternalId)},
		properties: body.Profile.Properties, data: objectIn(callOf(ctx).body, "data"), referenceID: text(body.ReferenceId),
		occurredAt: text(body.OccurredAt)}
	if body.RedactedDataPaths != nil {
		asked.redact = *body.RedactedDataPaths
	}
	return s.write(ctx, func(tx *Tx) (any, error) {
		done, err := tx.trackEvent(asked)
		if err != nil {
			return nil, err
		}
		return api.TrackedEvent{EventId: done.eventID, ProfileId: done.profileID, MatchedJourneys: done.enrolled + done.skipped,
			EnrolledJourneys: done.enrolled, SkippedJourneys: done.skipped}, nil
	})
}

func (r reply) VisitTrackEventResponse(w http.ResponseWriter) error { return r.write(w) }
