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

// SubscriptionChange is one entry of the log of subscription changes: a Profile subscribed to a SubscriptionGroup or
// unsubscribed from it.
type SubscriptionChange struct {
	ProfileID string    `json:"profileId"`
	Group     string    `json:"group"`  // its key
	Status    string    `json:"status"` // Subscribed or Unsubscribed
	Source    string    `json:"source"` // api, link, one_click, import, complaint, dashboard or seed
	At        time.Time `json:"at"`
}

// MarshalJSON encodes the change as the control plane shows it.
func (change SubscriptionChange) MarshalJSON() ([]byte, error) {
	type plain SubscriptionChange
	return json.Marshal(struct {
		plain
		At string `json:"at"`
	}{plain(change), gateway.Stamp(change.At)})
}

// SubscriptionChanges returns the subscription changes of the Profile with this email, oldest first. The email is
// matched without regard to case. The last change of a group is the Profile's current state there. If there is no such
// Profile, SubscriptionChanges fails the test.
func (e *Emulator) SubscriptionChanges(email string) (changes []SubscriptionChange) {
	e.tb.Helper()
	e.act(call("SubscriptionChanges", email), func(tx *world.Tx) error {
		profile, err := tx.ProfileByEmail(strings.ToLower(email))
		if err != nil {
			return err
		}
		if profile == nil {
			return world.NotFound("Profile", email)
		}

		stories, err := tell.SubscriptionChanges(tx, profile.ID, 0, 0)
		slices.Reverse(stories)
		for _, story := range stories {
			changes = append(changes, changeOf(story))
		}
		return err
	})
	return changes
}

func changeOf(story tell.SubscriptionStory) SubscriptionChange {
	change := story.Change
	return SubscriptionChange{change.ProfileID, story.Group, change.Status, change.Source, change.At}
}
