package segmentflow

import (
	"context"
	"net/http"
	"time"
)

// Documented: tracking one event.

// EventsService tracks what happens to Profiles. It is [Client].Events.
type EventsService struct{ client *Client }

// TrackEventParams is something that happened to one Profile.
type TrackEventParams struct {
	Event             string          `json:"event"`                      // required, 1 to 255 characters, free-form
	Profile           ProfileIdentity `json:"profile"`                    // required
	Data              any             `json:"data,omitzero"`              // a map or struct, of this event only; /event/* in a Journey's email
	ReferenceID       string          `json:"referenceId,omitzero"`       // for correlation; never an idempotency key
	RedactedDataPaths []string        `json:"redactedDataPaths,omitzero"` // pointers below /event/, blanked before anything is stored
	OccurredAt        time.Time       `json:"occurredAt,omitzero"`        // time of receipt by default; sent in UTC
}

// ProfileIdentity identifies a Profile or makes it, and says what is to be kept of it. At least one identifier is needed.
type ProfileIdentity struct {
	Email       string `json:"email,omitzero"`
	ExternalID  string `json:"externalId,omitzero"`  // the Profile's id in the caller's own system
	UserID      string `json:"userId,omitzero"`      // another name of ExternalID; Journeys.Trigger only
	AnonymousID string `json:"anonymousId,omitzero"` // a visitor before sign-up; Journeys.Trigger only
	Properties  any    `json:"properties,omitzero"`  // a map or struct, merged into the Profile's; null removes one (decided here)
}

func (p ProfileIdentity) wire(is *issues) ProfileIdentity {
	p.Properties = is.object("/profile/properties", p.Properties)
	return p
}

// TrackedEvent is the stored event and what it set off: MatchedJourneys is EnrolledJourneys and SkippedJourneys together.
type TrackedEvent struct {
	EventID          string `json:"eventId"`
	ProfileID        string `json:"profileId"`
	MatchedJourneys  int    `json:"matchedJourneys"`  // Active Journeys that start with an event of this name
	EnrolledJourneys int    `json:"enrolledJourneys"` // runs started
	SkippedJourneys  int    `json:"skippedJourneys"`  // held back by a filter or by eligibility
}

// Track stores one event, merges the Profile's properties and starts Journeys (documented, scope events:write). Repeating
// the call with its idempotency key replays the first reply and starts nothing. Errors beside the usual:
// ErrIdentityConflict, ErrIdempotencyKeyReuse, ErrValidationFailed with Details["reason"].
func (s *EventsService) Track(ctx context.Context, params *TrackEventParams, opts ...CallOption) (*TrackedEvent, error) {
	r := request{method: http.MethodPost, route: "/api/v1/events", body: params, keyed: true}
	if params != nil {
		body := *params
		body.Data = r.issues.object("/data", params.Data)
		body.Profile = params.Profile.wire(&r.issues)
		if !body.OccurredAt.IsZero() {
			body.OccurredAt = body.OccurredAt.UTC()
		}
		r.body = body
	}
	return call[TrackedEvent](ctx, s.client, r, opts)
}
