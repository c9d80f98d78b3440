package product

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// TriggerJourney starts one run of a Journey that is entered through the API.
func (s handlers) TriggerJourney(
	ctx context.Context, request api.TriggerJourneyRequestObject,
) (api.TriggerJourneyResponseObject, error) {
	who := world.Identity{Email: text(request.Body.Profile.Email), ExternalID: text(request.Body.Profile.ExternalId)}
	if who.ExternalID == "" {
		who.ExternalID = text(request.Body.Profile.UserId)
	}
	variables, err := cond.DecodeObject(request.Body.Variables)
	if err != nil {
		return nil, err
	}

	same := func(tx *world.Tx) (any, error) {
		j, err := tx.JourneyWith(request.JourneyKey)
		if err != nil {
			return nil, err
		}
		p, err := tx.FindProfile(who)
		if err != nil || p == nil {
			return nil, err
		}
		return []any{j.ID, p.ID, variables}, nil
	}

	return s.writeAs(ctx, same, func(tx *world.Tx) (any, error) {
		j, err := tx.JourneyWith(request.JourneyKey)
		if err != nil {
			return nil, err
		}
		run, err := tx.TriggerJourney(j, who, request.Body.Profile.Properties, variables)
		if err != nil {
			return nil, err
		}
		return api.TriggeredJourney{RunId: run.ID, Status: api.JourneyRunStatus(run.Status)}, nil
	})
}

// RetrieveJourneyRun returns a run.
func (s handlers) RetrieveJourneyRun(
	ctx context.Context, request api.RetrieveJourneyRunRequestObject,
) (api.RetrieveJourneyRunResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		run, err := tx.RunWith(request.RunId)
		if err != nil {
			return nil, err
		}
		completed := nullable.NewNullNullable[api.NullableDateTime]()
		if !run.CompletedAt.IsZero() {
			completed = nullable.NewNullableWithValue(world.Stamp(run.CompletedAt))
		}
		return api.JourneyRun{
			RunId:       run.ID,
			JourneyId:   run.JourneyID,
			ProfileId:   run.ProfileID,
			Status:      api.JourneyRunStatus(run.Status),
			TriggeredAt: world.Stamp(run.TriggeredAt),
			CompletedAt: completed,
			Error:       nullIfEmpty(run.Error),
		}, nil
	})
}

func (r reply) VisitTriggerJourneyResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitRetrieveJourneyRunResponse(w http.ResponseWriter) error { return r.write(w) }
