package store

import (
	"encoding/json"
	"time"
)

// A Tx has the Profile that was read last, and the table of Profiles is used through a Tx. So Profile is declared in a
// file below both.

// Profile is one person. Properties are the stored values. RawLineage is JSON, because most readers do not need it; see
// Lineage.
type Profile struct {
	ID, Email, ExternalID, Phone string
	Properties, RawLineage       json.RawMessage
	Sources                      []string
	CreatedAt, UpdatedAt         time.Time
}
