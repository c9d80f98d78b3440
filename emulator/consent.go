package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// SubscriptionChange is one line of the log of what a Profile said of SubscriptionGroups.
type SubscriptionChange struct {
	ProfileID string    `json:"profileId"`
	Group     string    `json:"group"`  // its key
	Status    string    `json:"status"` // Subscribed or Unsubscribed
	Source    string    `json:"source"` // api, link, one_click, import, complaint, dashboard or seed
	At        time.Time `json:"at"`
}

// MarshalJSON gives the change as the control plane shows it.
func (s SubscriptionChange) MarshalJSON() ([]byte, error) {
	type plain SubscriptionChange
	return json.Marshal(struct {
		plain
		At string `json:"at"`
	}{plain(s), gateway.Stamp(s.At)})
}

// SubscriptionChanges gives what the Profile with this email, ignoring case, said of SubscriptionGroups, oldest first; its
// state is the last word on each. An email that is nobody's fails the test of Start; without one it panics.
func (e *Emulator) SubscriptionChanges(email string) (changes []SubscriptionChange) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.act("subscription changes", func(tx *world.Tx) error {
		p, err := tx.ProfileByEmail(strings.ToLower(email))
		if err != nil {
			return err
		}
		if p == nil {
			return world.NotFound("Profile", email)
		}
		stories, err := tell.SubscriptionChanges(tx, p.ID, 0, 0)
		slices.Reverse(stories)
		for _, s := range stories {
			changes = append(changes, changeOf(s))
		}
		return err
	})
	return changes
}

func changeOf(s tell.SubscriptionStory) SubscriptionChange {
	return SubscriptionChange{s.Change.ProfileID, s.Group, s.Change.Status, s.Change.Source, s.Change.At}
}
