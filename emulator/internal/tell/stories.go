package tell

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What happened, with the names that its readers know: Journeys and SubscriptionGroups by their keys.

// RunStory is a run with the path that it took.
type RunStory struct {
	Run     world.Run
	Journey string // its key
	Email   string // the Profile's, "" when it is deleted
	Steps   []world.RunStep
}

// EventStory is a UserEvent with what each Journey made of it, in the order in which they were asked.
type EventStory struct {
	Event    world.UserEvent
	Data     map[string]any
	Outcomes []OutcomeStory
}

// OutcomeStory is what a Journey made of an event.
type OutcomeStory struct {
	Journey string // its key
	Outcome world.EventOutcome
}

// SubscriptionStory is one line of the log of what Profiles said of SubscriptionGroups.
type SubscriptionStory struct {
	Change world.SubscriptionChange
	Group  string // its key
}

// ProfileStory is a Profile with what it said of SubscriptionGroups, by their keys.
type ProfileStory struct {
	Profile       world.Profile
	Properties    map[string]any
	Subscriptions map[string]string
	Suppressed    string // why its address gets no mail, "" when it may
}

// RunOf tells of the run with an id.
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

// RunsOfJourney tells of all runs of a Journey, oldest first.
func RunsOfJourney(tx *world.Tx, journeyID string) ([]RunStory, error) {
	stored, err := tx.Runs(world.RunFilter{JourneyID: journeyID})
	if err != nil {
		return nil, err
	}
	return Runs(tx, stored)
}

// Runs tells of runs.
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

// EventOf tells of the UserEvent with an id.
func EventOf(tx *world.Tx, id string) (*EventStory, error) {
	stored, err := tx.Event(strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, world.NotFound("UserEvent", id)
	}
	story := &EventStory{Event: *stored}
	if story.Data, err = cond.DecodeObject(stored.Data); err != nil {
		return nil, err
	}
	outcomes, err := tx.Outcomes(stored.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		key, err := tx.JourneyKey(o.JourneyID)
		if err != nil {
			return nil, err
		}
		story.Outcomes = append(story.Outcomes, OutcomeStory{key, o})
	}
	return story, nil
}

// SubscriptionChanges tells what Profiles, or one, said of SubscriptionGroups, newest first: from before a Seq or (0) from
// the end. A limit below 1 is none.
func SubscriptionChanges(tx *world.Tx, profile string, before, limit int) ([]SubscriptionStory, error) {
	stored, err := tx.SubscriptionChanges(profile, before, limit)
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

// ProfileOf tells of the Profile with an email, ignoring case.
func ProfileOf(tx *world.Tx, email string) (*ProfileStory, error) {
	p, err := tx.ProfileByEmail(strings.ToLower(email))
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, world.NotFound("Profile", email)
	}
	story := &ProfileStory{Profile: *p, Subscriptions: map[string]string{}}
	if story.Properties, err = cond.DecodeObject(p.Properties); err != nil {
		return nil, err
	}
	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		said, err := tx.Subscription(p.ID, g.ID)
		if err != nil {
			return nil, err
		}
		if said != "" {
			story.Subscriptions[g.Key] = said
		}
	}
	address, err := tx.Address(p.Email)
	if address != nil {
		story.Suppressed = address.Suppressed
	}
	return story, err
}
