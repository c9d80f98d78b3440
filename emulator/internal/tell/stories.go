package tell

import (
	"errors"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file reads what happened and adds the names that readers know: the keys of Journeys and SubscriptionGroups.

// RunStory is a run with its path.
type RunStory struct {
	Run     world.Run
	Journey string // its key
	Email   string // the Profile's, "" if it has been deleted
	Steps   []world.RunStep
}

// EventStory is a UserEvent with its outcome at each Journey, in the order in which the Journeys were evaluated.
type EventStory struct {
	Event    world.UserEvent
	Email    string // the Profile's, "" if it has been deleted
	Data     map[string]any
	Outcomes []OutcomeStory
}

// OutcomeStory is the outcome of an event at one Journey.
type OutcomeStory struct {
	Journey string // its key
	Outcome world.EventOutcome
}

// SubscriptionStory is one entry of the log of subscription changes.
type SubscriptionStory struct {
	Change world.SubscriptionChange
	Group  string // its key
}

// ProfileStory is a Profile with its subscriptions, by the keys of the SubscriptionGroups.
type ProfileStory struct {
	Profile       world.Profile
	Properties    map[string]any
	Subscriptions map[string]string
	Suppressed    string // why its address gets no emails, "" if it is not suppressed
}

// RunOf returns the story of the run with this id.
func RunOf(tx *world.Tx, id string) (*RunStory, error) {
	stored, err := tx.RunWith(id)
	if err != nil {
		return nil, err
	}
	stories, err := Runs(tx, []world.Run{*stored})
	if err != nil {
		return nil, err
	}
	return &stories[0], nil
}

// Runs returns the stories of stored runs.
func Runs(tx *world.Tx, stored []world.Run) ([]RunStory, error) {
	stories := make([]RunStory, len(stored))
	for i := range stored {
		key, err := tx.JourneyKey(stored[i].JourneyID)
		if err != nil {
			return nil, err
		}
		stories[i] = RunStory{Run: stored[i], Journey: key}
		p, err := tx.Profile(stored[i].ProfileID)
		if err != nil {
			return nil, err
		}
		if p != nil {
			stories[i].Email = p.Email
		}
		if stories[i].Steps, err = tx.Steps(stored[i].ID); err != nil {
			return nil, err
		}
	}
	return stories, nil
}

// EventOf returns the story of the UserEvent with this id.
func EventOf(tx *world.Tx, id string) (*EventStory, error) {
	stored, err := tx.Event(strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, world.NotFound("UserEvent", id)
	}
	return eventStory(tx, stored)
}

// eventStory adds to an event what readers know.
func eventStory(tx *world.Tx, stored *world.UserEvent) (story *EventStory, err error) {
	story = &EventStory{Event: *stored}
	if story.Data, err = cond.DecodeObject(stored.Data); err != nil {
		return nil, err
	}
	p, err := tx.Profile(stored.ProfileID)
	if err != nil {
		return nil, err
	}
	if p != nil {
		story.Email = p.Email
	}
	outcomes, err := tx.Outcomes(stored.ID)
	if err != nil {
		return nil, err
	}
	for _, outcome := range outcomes {
		key, err := tx.JourneyKey(outcome.JourneyID)
		if err != nil {
			return nil, err
		}
		story.Outcomes = append(story.Outcomes, OutcomeStory{key, outcome})
	}
	return story, nil
}

// SubscriptionChanges returns the subscription changes of one Profile, or of all if profileID is "", newest first. It
// begins before the Seq given by before, or at the newest if before is 0. A limit below 1 means no limit.
func SubscriptionChanges(tx *world.Tx, profileID string, before, limit int) ([]SubscriptionStory, error) {
	stored, err := tx.SubscriptionChanges(profileID, before, limit)
	if err != nil {
		return nil, err
	}
	stories := make([]SubscriptionStory, len(stored))
	for i, change := range stored {
		stories[i] = SubscriptionStory{change, change.GroupID}
		group, err := tx.GroupNamed(change.GroupID)
		if err != nil {
			return nil, err
		}
		if group != nil {
			stories[i].Group = group.Key
		}
	}
	return stories, nil
}

// ProfileOf returns the story of the Profile with this email, matched without regard to case.
func ProfileOf(tx *world.Tx, email string) (*ProfileStory, error) {
	p, err := tx.ProfileByEmail(strings.ToLower(email))
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, world.NotFound("Profile", email)
	}
	return profileStory(tx, p)
}

// profileStory adds to a Profile what readers know.
func profileStory(tx *world.Tx, p *world.Profile) (story *ProfileStory, err error) {
	story = &ProfileStory{Profile: *p, Subscriptions: map[string]string{}}
	if story.Properties, err = cond.DecodeObject(p.Properties); err != nil {
		return nil, err
	}

	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		status, err := tx.Subscription(p.ID, group.ID)
		if err != nil {
			return nil, err
		}
		if status != "" {
			story.Subscriptions[group.Key] = status
		}
	}

	address, err := tx.Address(p.Email)
	if address != nil {
		story.Suppressed = address.Suppressed
	}
	return story, err
}

func withReason(outcome, reason string) string {
	if reason == "" {
		return outcome
	}
	return outcome + ", " + reason
}

// emailOf returns the email of a Profile.
func emailOf(tx *world.Tx, profileID string) (string, error) {
	p, err := tx.Profile(profileID)
	if p == nil {
		return "a deleted Profile", err
	}
	return p.Email, err
}

// isNotFound reports whether the error is the refusal of an unknown id.
func isNotFound(err error) bool {
	refusal, ok := errors.AsType[*world.Problem](err)
	return ok && refusal.Code == world.CodeNotFound
}

// IsSeeded reports whether an event came from a seed, whose ids are computed.
func IsSeeded(event *world.UserEvent) bool { return len(event.ID) > 14 && event.ID[14] == '5' }
