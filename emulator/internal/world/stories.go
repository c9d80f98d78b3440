package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What happened, with the names that its readers know: Journeys and SubscriptionGroups by their keys.

// RunStory is a run with the path that it took.
type RunStory struct {
	Run     store.Run
	Journey string // its key
	Email   string // the Profile's, "" when it is deleted
	Steps   []store.RunStep
}

// EventStory is a UserEvent with what each Journey made of it, in the order in which they were asked.
type EventStory struct {
	Event    store.UserEvent
	Data     map[string]any
	Outcomes []OutcomeStory
}

// OutcomeStory is what a Journey made of an event.
type OutcomeStory struct {
	Journey string // its key
	Outcome store.EventOutcome
}

// SubscriptionStory is one line of the log of what Profiles said of SubscriptionGroups.
type SubscriptionStory struct {
	Change store.SubscriptionChange
	Group  string // its key
}

// RunStory tells of the run with an id.
func (tx *Tx) RunStory(id string) (*RunStory, error) {
	stored, err := tx.RunWith(id)
	if err != nil {
		return nil, err
	}
	stories, err := tx.RunStories([]store.Run{*stored})
	if err != nil {
		return nil, err
	}
	return &stories[0], nil
}

// RunsOf tells of all runs of a Journey, oldest first.
func (tx *Tx) RunsOf(journeyID string) ([]RunStory, error) {
	stored, err := tx.Runs(store.RunFilter{JourneyID: journeyID})
	if err != nil {
		return nil, err
	}
	return tx.RunStories(stored)
}

// RunStories tells of runs.
func (tx *Tx) RunStories(stored []store.Run) ([]RunStory, error) {
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

// JourneyKey returns a Journey's key. An id that is nobody's stands for itself.
func (tx *Tx) JourneyKey(id string) (string, error) {
	j, err := tx.journey(id)
	if j == nil {
		return id, err
	}
	return j.Key, err
}

// EventStory tells of the UserEvent with an id.
func (tx *Tx) EventStory(id string) (*EventStory, error) {
	stored, err := tx.Event(strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, NotFound("UserEvent", id)
	}
	story := &EventStory{Event: *stored}
	if story.Data, err = DecodeObject(stored.Data); err != nil {
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

// SubscriptionStories tells what Profiles, or one, said of SubscriptionGroups, newest first: from before a Seq or (0) from
// the end. A limit below 1 is none.
func (tx *Tx) SubscriptionStories(profile string, before, limit int) ([]SubscriptionStory, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	stored, err := tx.SubscriptionChanges(profile, before, limit)
	if err != nil {
		return nil, err
	}
	stories := make([]SubscriptionStory, len(stored))
	for i, s := range stored {
		stories[i] = SubscriptionStory{s, s.GroupID}
		if group := c.groups[s.GroupID]; group != nil {
			stories[i].Group = group.Key
		}
	}
	return stories, nil
}

// TemplateNamed finds a Template by its id or key, nil if there is none.
func (tx *Tx) TemplateNamed(ref string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	return c.templates[ref], nil
}

// TemplateKey returns a Template's key. An id that is nobody's stands for itself.
func (tx *Tx) TemplateKey(id string) (string, error) {
	c, err := tx.catalog()
	if err != nil || c.templates[id] == nil {
		return id, err
	}
	return c.templates[id].Key, nil
}
