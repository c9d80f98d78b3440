package emulator

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
)

// TriggerJourney starts one run of an api-entry Journey.
func (s service) TriggerJourney(ctx context.Context, request api.TriggerJourneyRequestObject) (api.TriggerJourneyResponseObject, error) {
	who := identity{email: text(request.Body.Profile.Email), externalID: text(request.Body.Profile.ExternalId)}
	if who.externalID == "" {
		who.externalID = text(request.Body.Profile.UserId)
	}
	variables, err := decodeObject(request.Body.Variables)
	if err != nil {
		return nil, err
	}
	same := func(tx *Tx) (any, error) {
		j, err := tx.journeyNamed(request.JourneyKey)
		if err != nil {
			return nil, err
		}
		p, err := tx.findProfile(who)
		if err != nil || p == nil {
			return nil, err
		}
		return []any{j.ID, p.ID, variables}, nil
	}
	return s.writeAs(ctx, same, func(tx *Tx) (any, error) {
		j, err := tx.journeyNamed(request.JourneyKey)
		if err != nil {
			return nil, err
		}
		run, err := tx.triggerJourney(j, who, request.Body.Profile.Properties, variables)
		if err != nil {
			return nil, err
		}
		return api.TriggeredJourney{RunId: run.ID, Status: api.JourneyRunStatus(run.Status)}, nil
	})
}

// RetrieveJourneyRun shows a run as it stands now.
func (s service) RetrieveJourneyRun(ctx context.Context, request api.RetrieveJourneyRunRequestObject) (api.RetrieveJourneyRunResponseObject, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		run, err := tx.runWith(request.RunId)
		if err != nil {
			return nil, err
		}
		completed := nullable.NewNullNullable[api.NullableDateTime]()
		if !run.CompletedAt.IsZero() {
			completed = nullable.NewNullableWithValue(stamp(run.CompletedAt))
		}
		return api.JourneyRun{RunId: run.ID, JourneyId: run.JourneyID, ProfileId: run.ProfileID, Status: api.JourneyRunStatus(run.Status),
			TriggeredAt: stamp(run.TriggeredAt), CompletedAt: completed, Error: opted(run.Error)}, nil
	})
}

func (r reply) VisitTriggerJourneyResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitRetrieveJourneyRunResponse(w http.ResponseWriter) error { return r.write(w) }
