package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// The control plane's routes about what happened: mail, runs, events.

// look answers a request in one view of the first Organization.
func (e *Emulator) look(r *http.Request, get func(tx *Tx) (any, error)) (controlReply, error) {
	var reply controlReply
	err := e.viewFirst(r.Context(), func(tx *Tx) (err error) {
		reply.value, err = get(tx)
		return err
	})
	return reply, err
}

func (e *Emulator) controlMessages(r *http.Request) (controlReply, error) {
	limit, err := limitOf(r)
	if err != nil {
		return controlReply{}, err
	}
	before, err := numberIn(r, "messages")
	if err != nil {
		return controlReply{}, err
	}
	query := r.URL.Query()
	return e.look(r, func(tx *Tx) (any, error) {
		f, err := e.Outbox().To(query.Get("to")).Template(query.Get("template")).Subject(query.Get("subject")).filter(tx)
		if err != nil {
			return nil, err
		}
		f.Before, f.Limit = before, limit+1
		found, err := tx.Outbox(f)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(found) > limit {
			found = found[:limit]
			next = cursorFor("messages", strconv.Itoa(found[limit-1].Seq))
		}
		messages := make([]*Message, len(found))
		for i := range found {
			if messages[i], err = e.summaryOf(tx, &found[i]); err != nil {
				return nil, err
			}
		}
		return map[string]any{"messages": messages, "nextCursor": orNull(next)}, nil
	})
}

// messageIn finds the message that a path names, if it has left.
func (e *Emulator) messageIn(r *http.Request) (message *Message, err error) {
	id := r.PathValue("id")
	err = e.viewFirst(r.Context(), func(tx *Tx) error {
		stored, err := tx.mailThatLeft(id)
		if err != nil {
			return err
		}
		message, err = e.messageOf(tx, stored)
		return err
	})
	return message, err
}

func (e *Emulator) controlMessage(r *http.Request) (controlReply, error) {
	message, err := e.messageIn(r)
	return controlReply{value: message}, err
}

func (e *Emulator) controlHTML(r *http.Request) (controlReply, error) {
	message, err := e.messageIn(r)
	if err == nil && message.HTML == "" {
		err = notFound("HTML part", r.PathValue("id"))
	}
	if err != nil {
		return controlReply{}, err
	}
	return controlReply{media: "text/html; charset=utf-8", text: []byte(message.HTML)}, nil
}

func (e *Emulator) controlText(r *http.Request) (controlReply, error) {
	message, err := e.messageIn(r)
	if err != nil {
		return controlReply{}, err
	}
	return controlReply{media: "text/plain; charset=utf-8", text: []byte(message.Text)}, nil
}

func (e *Emulator) controlRaw(r *http.Request) (controlReply, error) {
	message, err := e.messageIn(r)
	if err != nil {
		return controlReply{}, err
	}
	raw, err := mail.Build(message.built)
	return controlReply{media: "message/rfc822", text: raw}, err
}

var runStatuses = []string{string(segmentflow.JourneyRunStatusQueued), string(segmentflow.JourneyRunStatusRunning),
	string(segmentflow.JourneyRunStatusCompleted), string(segmentflow.JourneyRunStatusExited), string(segmentflow.JourneyRunStatusFailed)}

func (e *Emulator) controlRuns(r *http.Request) (controlReply, error) {
	query := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return controlReply{}, err
	}
	cursor, err := cursorOf(r, "runs")
	if err != nil {
		return controlReply{}, err
	}
	status := query.Get("status")
	if status != "" && !slices.Contains(runStatuses, status) {
		return controlReply{}, invalid([]wire.Issue{inQuery("status", wire.CodeEnum, "must be one of "+strings.Join(runStatuses, ", "))})
	}
	if query.Get("limit") == "" {
		limit = maxPage
	}
	return e.look(r, func(tx *Tx) (any, error) {
		f := store.RunFilter{Status: status}
		found, err := named(tx, query.Get("journey"), query.Get("profile"), &f)
		if err != nil {
			return nil, err
		}
		if cursor != "" {
			if last, err := tx.Run(cursor); err != nil || last == nil {
				return nil, errCursor
			}
		}
		var stored []store.Run
		if found {
			if stored, err = tx.RunsPage(f, cursor, limit+1); err != nil {
				return nil, err
			}
		}
		next := ""
		if len(stored) > limit {
			stored = stored[:limit]
			next = cursorFor("runs", stored[limit-1].ID)
		}
		runs, err := runsOf(tx, stored)
		return map[string]any{"runs": runs, "nextCursor": orNull(next)}, err
	})
}

// named puts the ids of a Journey (by id or key) and a Profile (by id or email) into a filter; false says that one of
// them does not exist, so that there are no runs.
func named(tx *Tx, journey, profile string, f *store.RunFilter) (found bool, err error) {
	if journey != "" {
		j, err := tx.Journey(journey)
		if err != nil || j == nil {
			return false, err
		}
		f.JourneyID = j.ID
	}
	if profile == "" {
		return true, nil
	}
	p, err := tx.ProfileByEmail(strings.ToLower(profile))
	if p == nil && err == nil {
		p, err = tx.Profile(strings.ToLower(profile))
	}
	if err != nil || p == nil {
		return false, err
	}
	f.ProfileID = p.ID
	return true, nil
}

func (e *Emulator) controlRun(r *http.Request) (controlReply, error) {
	return e.look(r, func(tx *Tx) (any, error) { return runOf(tx, r.PathValue("id")) })
}

func (e *Emulator) controlEvent(r *http.Request) (controlReply, error) {
	return e.look(r, func(tx *Tx) (any, error) { return eventOf(tx, r.PathValue("id")) })
}

// numberIn gives the number of the last thing of the page before, 0 for the first page.
func numberIn(r *http.Request, list string) (int, error) {
	cursor, err := cursorOf(r, list)
	if err != nil || cursor == "" {
		return 0, err
	}
	before, err := strconv.Atoi(cursor)
	if err != nil || before < 1 {
		return 0, errCursor
	}
	return before, nil
}

// controlSubscriptionChanges lists what Profiles, or one, said of SubscriptionGroups.
func (e *Emulator) controlSubscriptionChanges(r *http.Request) (controlReply, error) {
	const list = "subscriptionChanges"
	limit, err := limitOf(r)
	if err != nil {
		return controlReply{}, err
	}
	before, err := numberIn(r, list)
	if err != nil {
		return controlReply{}, err
	}
	return e.look(r, func(tx *Tx) (any, error) {
		var f store.RunFilter
		found, err := named(tx, "", r.URL.Query().Get("profile"), &f)
		if err != nil {
			return nil, err
		}
		stored := []store.SubscriptionChange{}
		if found {
			if stored, err = tx.SubscriptionChanges(f.ProfileID, before, limit+1); err != nil {
				return nil, err
			}
		}
		next := ""
		if len(stored) > limit {
			stored = stored[:limit]
			next = cursorFor(list, strconv.Itoa(stored[limit-1].Seq))
		}
		changes, err := e.changesOf(tx, stored)
		return map[string]any{list: changes, "nextCursor": orNull(next)}, err
	})
}
