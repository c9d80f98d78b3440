package store

import (
	"encoding/json"
	"time"
)

// UserEvent is one event of a Profile. Its data was redacted before it reached this package.
type UserEvent struct {
	ID, ProfileID, Event   string
	Data                   json.RawMessage
	ReferenceID            string
	OccurredAt, ReceivedAt time.Time
	Number                 int // its place in the order in which events were received
}

func (event *UserEvent) columns(r *row) {
	r.seq(&event.Number)
	r.column("id", &event.ID)
	r.nullable("reference_id", &event.ReferenceID)
	r.column("received_at", &event.ReceivedAt)
	r.mutable()
	r.column("profile_id", &event.ProfileID)
	r.column("event", &event.Event)
	r.column("data", &event.Data)
	r.column("occurred_at", &event.OccurredAt)
}
