package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the page of one UserEvent.

const (
	longestData      = 20_000 // bytes of a payload or an explanation in a page
	outcomesShown    = 100
	movesShown       = 50
	operationOfEvent = "trackEvent"
	redacted         = "[redacted]"
)

// eventView is the page of one UserEvent.
type eventView struct {
	ID, Name           string
	Profile            reference
	Occurred, Received time.Time
	Reference          string
	Seeded             bool
	Data               string
	Cut, Redacted      bool // of Data
	Request            *gateway.Entry
	Outcomes           []outcomeView
	More               bool // there are more outcomes
	Moves              []tell.Move
	Explanation        string
}

// outcomeView is what a Journey did with an event.
type outcomeView struct {
	Journey         reference
	Outcome, Reason string
	Run, Why        string
	Enrolled        bool
}

// eventNamed returns the UserEvent that the path names.
func eventNamed(tx *world.Tx, v *visit) (*world.UserEvent, error) {
	id := v.r.PathValue("id")
	event, err := tx.Event(strings.ToLower(id))
	if err == nil && event == nil {
		err = world.NotFound("UserEvent", id)
	}
	return event, err
}

func showEvent(v *visit) error {
	calls := v.Journal.Newest(gateway.JournalSize)
	var view eventView
	err := v.act(func(tx *world.Tx) error {
		event, err := eventNamed(tx, v)
		if err != nil {
			return err
		}
		return view.read(tx, event, calls)
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "event.html", "UserEvent "+format.Name(view.Name), &view)
}

func (view *eventView) read(tx *world.Tx, event *world.UserEvent, calls []gateway.Entry) (err error) {
	*view = eventView{
		ID:        event.ID,
		Name:      event.Event,
		Occurred:  event.OccurredAt,
		Received:  event.ReceivedAt,
		Reference: event.ReferenceID,
		Seeded:    tell.IsSeeded(event),
		Data:      format.JSON(event.Data, "  "),
	}
	view.Cut, view.Redacted = len(view.Data) > longestData, strings.Contains(view.Data, redacted)
	view.Data = gateway.Clip(view.Data, longestData)
	if view.Profile, err = profileRef(tx, event.ProfileID); err != nil {
		return err
	}
	if view.Request, err = requestOf(tx, event, calls); err != nil {
		return err
	}
	if err := view.readOutcomes(tx); err != nil {
		return err
	}
	if view.Moves, err = tell.MovedBy(tx, event, movesShown); err != nil {
		return err
	}
	view.Explanation, err = tell.Explain(tx, event.ID)
	view.Explanation = gateway.Clip(view.Explanation, longestData)
	return err
}

func (view *eventView) readOutcomes(tx *world.Tx) error {
	found, err := tx.FirstOutcomes(view.ID, outcomesShown+1)
	if err != nil {
		return err
	}
	if view.More = len(found) > outcomesShown; view.More {
		found = found[:outcomesShown]
	}
	for _, one := range found {
		journey, err := journeyRef(tx, one.JourneyID)
		if err != nil {
			return err
		}
		view.Outcomes = append(view.Outcomes, outcomeView{
			Journey:  journey,
			Outcome:  one.Outcome,
			Reason:   one.Reason,
			Run:      one.RunID,
			Why:      one.Why,
			Enrolled: one.RunID != "",
		})
	}
	return nil
}

// requestOf returns the call that reported an event, or nil if the journal does not have it. Many calls may have come
// at the same time. The stored reply to a key says which of them it was.
func requestOf(tx *world.Tx, event *world.UserEvent, calls []gateway.Entry) (*gateway.Entry, error) {
	for i := range slices.Backward(calls) {
		call := &calls[i]
		if call.Operation != operationOfEvent || call.Replayed || !call.At.Equal(event.ReceivedAt) {
			continue
		}
		reply, err := tx.Reply(operationOfEvent, call.IdempotencyKey)
		if err != nil {
			return nil, err
		}
		var stored struct{ EventID string }
		if reply != nil && json.Unmarshal([]byte(reply.Body), &stored) == nil && stored.EventID == event.ID {
			return call, nil
		}
	}
	return nil, nil
}

// showEventData serves the whole payload as JSON.
func showEventData(v *visit) error {
	var event *world.UserEvent
	err := v.act(func(tx *world.Tx) (err error) {
		event, err = eventNamed(tx, v)
		return err
	})
	if err != nil {
		return err
	}
	return v.plain("application/json", format.JSON(event.Data, "  ")+"\n")
}
