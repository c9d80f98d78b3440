package product

import (
	"context"
	"encoding/json"
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
	profile := request.Body.Profile
	who := world.Identity{Email: text(profile.Email), ExternalID: text(profile.ExternalId)}
	if who.ExternalID == "" {
		who.ExternalID = text(profile.UserId)
	}
	return s.trigger(ctx, request.JourneyKey, who, profile.Properties, request.Body.Variables,
		func(id string, status api.JourneyRunStatus) any {
			return api.TriggeredJourney{RunId: id, Status: status}
		})
}

// TriggerPublicJourney does the same as TriggerJourney. It is an older route.
func (s handlers) TriggerPublicJourney(
	ctx context.Context, request api.TriggerPublicJourneyRequestObject,
) (api.TriggerPublicJourneyResponseObject, error) {
	recipient := request.Body.Recipient
	who := world.Identity{Email: text(recipient.Email), ExternalID: text(recipient.UserId)}
	return s.trigger(ctx, request.Id, who, nil, request.Body.Variables,
		func(id string, status api.JourneyRunStatus) any {
			return api.TriggeredPublicJourney{RunId: id, WorkflowId: id, Status: status}
		})
}

// trigger starts one run of the Journey with a key or id. show makes the reply.
func (s handlers) trigger(
	ctx context.Context, ref string, who world.Identity, properties, data json.RawMessage,
	show func(id string, status api.JourneyRunStatus) any,
) (reply, error) {
	variables, err := cond.DecodeObject(data)
	if err != nil {
		return reply{}, err
	}

	same := func(tx *world.Tx) (any, error) {
		j, err := tx.JourneyWith(ref)
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
		j, err := tx.JourneyWith(ref)
		if err != nil {
			return nil, err
		}
		run, err := tx.TriggerJourney(j, who, properties, variables)
		if err != nil {
			return nil, err
		}
		return show(run.ID, api.JourneyRunStatus(run.Status)), nil
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

func (r reply) VisitTriggerJourneyResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitTriggerPublicJourneyResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitRetrieveJourneyRunResponse(w http.ResponseWriter) error   { return r.write(w) }
