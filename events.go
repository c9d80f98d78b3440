package segmentflow

import (
	"context"
	"time"
)

// Documented: tracking an event.

// EventsService tracks what happens to Profiles. It is [Client].Events.
type EventsService struct{ client *Client }

// TrackEventParams describes an event of one Profile.
type TrackEventParams struct {
	Event   string          `json:"event"`   // required, 1 to 255 characters, any text
	Profile ProfileIdentity `json:"profile"` // required

	// Data is a map or struct that belongs to this event only. A Journey's email reads it as /event/*.
	Data        any    `json:"data,omitzero"`
	ReferenceID string `json:"referenceId,omitzero"` // for correlation; not an idempotency key
	// RedactedDataPaths contains JSON pointers below /event/. Their values are redacted before anything is stored.
	RedactedDataPaths []string `json:"redactedDataPaths,omitzero"`

	OccurredAt time.Time `json:"occurredAt,omitzero"` // the time of receipt by default; sent in UTC
}

// ProfileIdentity identifies the Profile of an event, which is created if there is none, and sets its properties. At
// least one identifier is needed.
type ProfileIdentity struct {
	Email      string `json:"email,omitzero"`
	ExternalID string `json:"externalId,omitzero"` // the Profile's id in your own system

	// Properties is a map or struct. It is merged into the Profile's properties. A null removes a property (decided
	// here).
	Properties any `json:"properties,omitzero"`
}

// TrackedEvent identifies the stored event and counts the Journeys that it matched. MatchedJourneys is the sum of
// EnrolledJourneys and SkippedJourneys.
type TrackedEvent struct {
	EventID          string `json:"eventId"`
	ProfileID        string `json:"profileId"`
	MatchedJourneys  int    `json:"matchedJourneys"`  // Active Journeys that start on an event of this name
	EnrolledJourneys int    `json:"enrolledJourneys"` // runs started
	SkippedJourneys  int    `json:"skippedJourneys"`  // not started because of a filter or eligibility
}

// Track stores one event, merges the Profile's properties and starts Journeys (documented, scope events:write). If you
// repeat a call with the same idempotency key, you get the first reply again and no Journey starts.
//
// Besides the usual errors: ErrIdentityConflict, ErrIdempotencyKeyReuse, and ErrValidationFailed with
// Details["reason"].
func (s *EventsService) Track(
	ctx context.Context, params *TrackEventParams, opts ...CallOption,
) (*TrackedEvent, error) {
	req := request{op: trackEvent, body: params, keyed: true}
	if params != nil {
		body := *params
		body.Data = req.issues.object("/data", params.Data)
		body.Profile.Properties = req.issues.object("/profile/properties", params.Profile.Properties)
		if !body.OccurredAt.IsZero() {
			body.OccurredAt = body.OccurredAt.UTC()
		}
		req.body = body
	}
	return call[TrackedEvent](ctx, s.client, req, opts)
}
