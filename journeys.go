package segmentflow

import (
	"context"
	"net/http"
	"time"
)

// Documented: triggering a Journey, retrieving a run.

// JourneysService starts Journeys and looks at their runs. It is [Client].Journeys.
type JourneysService struct{ client *Client }

// TriggerJourneyParams says for whom a Journey starts, and with what.
type TriggerJourneyParams struct {
	Profile   ProfileIdentity `json:"profile"`            // required; AnonymousID alone makes no Profile (decided here)
	Variables any             `json:"variables,omitzero"` // a map or struct; /data/* in the Journey's email (decided here)
}

// TriggeredJourney is the run that was started.
type TriggeredJourney struct {
	RunID  string           `json:"runId"`
	Status JourneyRunStatus `json:"status"`
}

// JourneyRun is one Profile's way through one Journey.
type JourneyRun struct {
	RunID       string           `json:"runId"`
	JourneyID   string           `json:"journeyId"`
	ProfileID   string           `json:"profileId"`
	Status      JourneyRunStatus `json:"status"`
	TriggeredAt time.Time        `json:"triggeredAt"`
	CompletedAt *time.Time       `json:"completedAt"` // when it completed, exited or failed
	Error       *string          `json:"error"`       // why it failed
}

// JourneyRunStatus says where a run stands (documented). Values that are not listed here may come.
type JourneyRunStatus string

// Completed, failed and exited are final.
const (
	JourneyRunStatusQueued    JourneyRunStatus = "queued"
	JourneyRunStatusRunning   JourneyRunStatus = "running"
	JourneyRunStatusCompleted JourneyRunStatus = "completed"
	JourneyRunStatusFailed    JourneyRunStatus = "failed"
	JourneyRunStatusExited    JourneyRunStatus = "exited"
)

// Trigger starts one run of an Active Journey with an API entry (documented, scope journeys:trigger). The Journey is named
// by its stable key, or by its id (decided here). Repeating the call with its idempotency key replays the first reply.
// Errors beside the usual: ErrNotFound, ErrInvalidState when the Journey is not Active, ErrValidationFailed with
// Details["reason"] journey_not_api_entry or enrollment_skipped.
func (s *JourneysService) Trigger(ctx context.Context, journeyKey string, params *TriggerJourneyParams, opts ...CallOption) (*TriggeredJourney, error) {
	r := request{method: http.MethodPost, route: "/api/v1/journeys/{journeyKey}/trigger", path: []string{journeyKey}, body: params, keyed: true}
	if params != nil {
		body := *params
		body.Variables = r.issues.object("/variables", params.Variables)
		body.Profile = params.Profile.wire(&r.issues)
		r.body = body
	}
	return call[TriggeredJourney](ctx, s.client, r, opts)
}

// RetrieveRun gives a run as it stands now (documented, scope journeys:read), or ErrNotFound.
func (s *JourneysService) RetrieveRun(ctx context.Context, runID string, opts ...CallOption) (*JourneyRun, error) {
	return call[JourneyRun](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/public/journeys/runs/{runId}", path: []string{runID}}, opts)
}
