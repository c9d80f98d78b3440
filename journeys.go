package segmentflow

import (
	"context"
	"time"
)

// Documented: triggering a Journey and retrieving a run.

// JourneysService starts Journeys and retrieves their runs. It is [Client].Journeys.
type JourneysService struct{ client *Client }

// TriggerJourneyParams contains the Profile that a Journey starts for, and the variables of the run.
type TriggerJourneyParams struct {
	Profile TriggerProfile `json:"profile"` // required
	// Variables is a map or struct. The Journey's email reads it as /data/* (decided here).
	Variables any `json:"variables,omitzero"`
}

// TriggerProfile identifies the Profile of a run, which is created if there is none, and sets its properties. At least
// one identifier is needed. AnonymousID alone creates no Profile (decided here).
type TriggerProfile struct {
	Email       string `json:"email,omitzero"`
	ExternalID  string `json:"externalId,omitzero"`  // the Profile's id in your own system
	UserID      string `json:"userId,omitzero"`      // another name for ExternalID
	AnonymousID string `json:"anonymousId,omitzero"` // a visitor before sign-up

	// Properties is a map or struct. It is merged into the Profile's properties. A null removes a property (decided
	// here).
	Properties any `json:"properties,omitzero"`
}

// TriggeredJourney identifies the new run.
type TriggeredJourney struct {
	RunID  string           `json:"runId"`
	Status JourneyRunStatus `json:"status"`
}

// JourneyRun is one run of a Journey, for one Profile.
type JourneyRun struct {
	RunID       string           `json:"runId"`
	JourneyID   string           `json:"journeyId"`
	ProfileID   string           `json:"profileId"`
	Status      JourneyRunStatus `json:"status"`
	TriggeredAt time.Time        `json:"triggeredAt"`
	CompletedAt *time.Time       `json:"completedAt"` // when the run completed, exited or failed
	Error       *string          `json:"error"`       // why the run failed
}

// JourneyRunStatus is the status of a run (documented). The API may return other values than those listed here.
type JourneyRunStatus string

// Completed, failed and exited are final.
const (
	JourneyRunStatusQueued    JourneyRunStatus = "queued"
	JourneyRunStatusRunning   JourneyRunStatus = "running"
	JourneyRunStatusCompleted JourneyRunStatus = "completed"
	JourneyRunStatusFailed    JourneyRunStatus = "failed"
	JourneyRunStatusExited    JourneyRunStatus = "exited"
)

// Trigger starts one run of an Active Journey with an API entry (documented, scope journeys:trigger). The Journey is
// named by its stable key, or by its id (decided here). If you repeat a call with the same idempotency key, you get the
// first reply again.
//
// Besides the usual errors: ErrNotFound, ErrInvalidState if the Journey is not Active, and ErrValidationFailed with
// Details["reason"] journey_not_api_entry or enrollment_skipped.
func (s *JourneysService) Trigger(
	ctx context.Context, journeyKey string, params *TriggerJourneyParams, opts ...CallOption,
) (*TriggeredJourney, error) {
	req := request{
		op:    triggerJourney,
		path:  []string{journeyKey},
		body:  params,
		keyed: true,
	}
	if params != nil {
		body := *params
		body.Variables = req.issues.object("/variables", params.Variables)
		body.Profile.Properties = req.issues.object("/profile/properties", params.Profile.Properties)
		req.body = body
	}
	return call[TriggeredJourney](ctx, s.client, req, opts)
}

// RetrieveRun returns a run (documented, scope journeys:read). Besides the usual errors: ErrNotFound.
func (s *JourneysService) RetrieveRun(ctx context.Context, runID string, opts ...CallOption) (*JourneyRun, error) {
	req := request{op: retrieveJourneyRun, path: []string{runID}}
	return call[JourneyRun](ctx, s.client, req, opts)
}
