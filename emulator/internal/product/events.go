package product

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// TrackEvent records one UserEvent. Matching active Journeys react to it.
func (handlers) TrackEvent(
	ctx context.Context, _ api.TrackEventRequestObject,
) (api.TrackEventResponseObject, error) {
	return trackOne(ctx)
}

func trackOne(ctx context.Context) (reply, error) {
	call := callOf(ctx)
	body, _ := call.body.(map[string]any)
	profile, _ := body["profile"].(map[string]any)
	event := world.TrackedEvent{
		Event:       textIn(body, "event"),
		Who:         world.Identity{Email: textIn(profile, "email"), ExternalID: textIn(profile, "externalId")},
		Data:        objectIn(body, "data"),
		ReferenceID: textIn(body, "referenceId"),
		OccurredAt:  textIn(body, "occurredAt"),
	}
	if at, ok := cond.ParseTime(event.OccurredAt); ok && at.Year() < 0 {
		return reply{}, gateway.Invalid(wire.Issue{
			In: wire.InBody, Path: "/occurredAt", Code: wire.CodeMin, Message: "must not be before the year 0",
		})
	}
	if properties, given := profile["properties"]; given {
		raw, err := json.Marshal(properties)
		if err != nil {
			return reply{}, err
		}
		event.Properties = raw
	}
	paths, _ := body["redactedDataPaths"].([]any)
	for _, path := range paths {
		path, _ := path.(string)
		event.Redact = append(event.Redact, path)
	}

	return call.service.write(ctx, func(tx *world.Tx) (any, error) {
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
