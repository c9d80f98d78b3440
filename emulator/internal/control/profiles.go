package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about Profiles and their subscriptions.

// profile shows the Profile with the id, email or externalId in the path.
func (p *Plane) profile(r *http.Request) (answer, error) {
	return p.look(r, func(tx *world.Tx) (any, error) {
		story, err := tell.ProfileNamed(tx, r.PathValue("ref"))
		if err != nil {
			return nil, err
		}
		return p.Shapes.Profile(story), nil
	})
}

// subscriptionChanges lists the subscriptions and unsubscriptions of all Profiles, or of one.
func (p *Plane) subscriptionChanges(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "subscriptionChanges", defaultPage)
	if err != nil {
		return answer{}, err
	}
	return answerList(p, r, asked, items[tell.SubscriptionStory]{
		read: func(tx *world.Tx, asked page) ([]tell.SubscriptionStory, error) {
			profile, err := tell.ProfileID(tx, r.URL.Query().Get("profile"))
			if err != nil {
				return nil, err
			}
			return tell.SubscriptionChanges(tx, profile, asked.span.Before, asked.limit+1)
		},
		number: func(story *tell.SubscriptionStory) int { return story.Change.Seq },
		show: func(_ *world.Tx, story *tell.SubscriptionStory) (any, error) {
			return p.Shapes.SubscriptionChange(*story), nil
		},
	})
}
