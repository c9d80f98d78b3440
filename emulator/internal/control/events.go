package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about UserEvents.

func (p *Plane) events(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "events", defaultPage)
	if err != nil {
		return answer{}, err
	}
	query := r.URL.Query()
	events := tell.Events{
		Name:      query.Get("event"),
		Profile:   query.Get("profile"),
		Reference: query.Get("referenceId"),
	}
	return answerList(p, r, asked, items[world.UserEvent]{
		read: func(tx *world.Tx, asked page) ([]world.UserEvent, error) {
			filter, err := events.Filter(tx)
			if err != nil {
				return nil, err
			}
			filter.Span, filter.Limit = asked.span, asked.limit+1
			return tx.EventsWhere(filter)
		},
		number: func(event *world.UserEvent) int { return event.Number },
		after: func(tx *world.Tx, id string) (int, error) {
			story, err := tell.EventOf(tx, id)
			if err != nil {
				return 0, err
			}
			return story.Event.Number, nil
		},
		show: func(tx *world.Tx, event *world.UserEvent) (any, error) {
			stories, err := tell.EventStories(tx, []world.UserEvent{*event})
			if err != nil {
				return nil, err
			}
			return p.Shapes.Event(&stories[0]), nil
		},
	})
}

func (p *Plane) event(r *http.Request) (answer, error) {
	return p.look(r, func(tx *world.Tx) (any, error) {
		story, err := tell.EventOf(tx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return p.Shapes.Event(story), nil
	})
}
