package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What happened, with the names that its readers know: Journeys and SubscriptionGroups by their keys.

// runStory is a run with the path that it took.
type runStory struct {
	run     store.Run
	journey string // its key
	email   string // the Profile's, "" when it is deleted
	steps   []store.RunStep
}

// eventStory is a UserEvent with what each Journey made of it, in the order in which they were asked.
type eventStory struct {
	event    store.UserEvent
	data     map[string]any
	outcomes []outcomeStory
}

// outcomeStory is what a Journey made of an event.
type outcomeStory struct {
	journey string // its key
	outcome store.EventOutcome
}

// subscriptionStory is one line of the log of what Profiles said of SubscriptionGroups.
type subscriptionStory struct {
	change store.SubscriptionChange
	group  string // its key
}

// runStory tells of the run with an id.
func (tx *Tx) runStory(id string) (*runStory, error) {
	stored, err := tx.runWith(id)
	if err != nil {
		return nil, err
	}
	stories, err := tx.runStories([]store.Run{*stored})
	if err != nil {
		return nil, err
	}
	return &stories[0], nil
}

// runsOf tells of all runs of a Journey, oldest first.
func (tx *Tx) runsOf(journeyID string) ([]runStory, error) {
	stored, err := tx.Runs(store.RunFilter{JourneyID: journeyID})
	if err != nil {
		return nil, err
	}
	return tx.runStories(stored)
}

// runStories tells of runs.
func (tx *Tx) runStories(stored []store.Run) ([]runStory, error) {
	stories := make([]runStory, len(stored))
	for i := range stored {
		key, err := tx.journeyKey(stored[i].JourneyID)
		if err != nil {
			return nil, err
		}
		stories[i] = runStory{run: stored[i], journey: key}
		p, err := tx.Profile(stored[i].ProfileID)
		if err != nil {
			return nil, err
		}
		if p != nil {
			stories[i].email = p.Email
		}
		if stories[i].steps, err = tx.Steps(stored[i].ID); err != nil {
			return nil, err
		}
	}
	return stories, nil
}

// journeyKey returns a Journey's key. An id that is nobody's stands for itself.
func (tx *Tx) journeyKey(id string) (string, error) {
	j, err := tx.journey(id)
	if j == nil {
		return id, err
	}
	return j.Key, err
}

// eventStory tells of the UserEvent with an id.
func (tx *Tx) eventStory(id string) (*eventStory, error) {
	stored, err := tx.Event(strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, notFound("UserEvent", id)
	}
	story := &eventStory{event: *stored}
	if story.data, err = decodeObject(stored.Data); err != nil {
		return nil, err
	}
	outcomes, err := tx.Outcomes(stored.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		key, err := tx.journeyKey(o.JourneyID)
		if err != nil {
			return nil, err
		}
		story.outcomes = append(story.outcomes, outcomeStory{key, o})
	}
	return story, nil
}

// subscriptionStories tells what Profiles, or one, said of SubscriptionGroups, newest first: from before a Seq or (0) from
// the end. A limit below 1 is none.
func (tx *Tx) subscriptionStories(profile string, before, limit int) ([]subscriptionStory, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	stored, err := tx.SubscriptionChanges(profile, before, limit)
	if err != nil {
		return nil, err
	}
	stories := make([]subscriptionStory, len(stored))
	for i, s := range stored {
		stories[i] = subscriptionStory{s, s.GroupID}
		if group := c.groups[s.GroupID]; group != nil {
			stories[i].group = group.Key
		}
	}
	return stories, nil
}

// templateNamed finds a Template by its id or key, nil if there is none.
func (tx *Tx) templateNamed(ref string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	return c.templates[ref], nil
}

// templateKey returns a Template's key. An id that is nobody's stands for itself.
func (tx *Tx) templateKey(id string) (string, error) {
	c, err := tx.catalog()
	if err != nil || c.templates[id] == nil {
		return id, err
	}
	return c.templates[id].Key, nil
}
