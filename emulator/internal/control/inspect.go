package control

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about what happened: emails, runs, events, subscriptions, webhooks.

// act carries out a request on the first Organization. If what was asked for does not exist, the refusal has advice.
func (p *Plane) act(r *http.Request, do func(tx *world.Tx) error) error {
	return p.World.Act(r.Context(), world.First, func(tx *world.Tx) error { return tell.Help(tx, do(tx)) })
}

// look answers a request about the first Organization within one transaction.
func (p *Plane) look(r *http.Request, get func(tx *world.Tx) (any, error)) (answer, error) {
	var reply answer
	err := p.act(r, func(tx *world.Tx) (err error) {
		reply.value, err = get(tx)
		return err
	})
	return reply, err
}

func (p *Plane) messages(r *http.Request) (answer, error) {
	limit, err := limitOf(r)
	if err != nil {
		return answer{}, err
	}
	before, err := numberOf(r, "messages")
	if err != nil {
		return answer{}, err
	}

	query := r.URL.Query()
	outbox := tell.Query{
		To:       strings.ToLower(strings.TrimSpace(query.Get("to"))),
		Template: query.Get("template"),
		Subject:  query.Get("subject"),
	}
	return p.look(r, func(tx *world.Tx) (any, error) {
		filter, err := outbox.Filter(tx)
		if err != nil {
			return nil, err
		}
		filter.Before, filter.Limit = before, limit+1
		found, err := tx.Outbox(filter)
		if err != nil {
			return nil, err
		}

		next := ""
		if len(found) > limit {
			found = found[:limit]
			next = gateway.Cursor("messages", strconv.Itoa(found[limit-1].Seq))
		}
		messages := make([]any, len(found))
		for i := range found {
			if messages[i], err = p.Shapes.Summary(tx, &found[i]); err != nil {
				return nil, err
			}
		}
		return map[string]any{"messages": messages, "nextCursor": gateway.OrNull(next)}, nil
	})
}

// showMail finds the message that the path names, if it has been sent, and shows it.
func (p *Plane) showMail(
	r *http.Request, show func(tx *world.Tx, m *world.Mail) (answer, error),
) (reply answer, err error) {
	err = p.act(r, func(tx *world.Tx) error {
		m, err := tx.MailWith(r.PathValue("id"))
		if err != nil {
			return err
		}
		reply, err = show(tx, m)
		return err
	})
	return reply, err
}

func (p *Plane) message(r *http.Request) (answer, error) {
	return p.showMail(r, func(tx *world.Tx, m *world.Mail) (answer, error) {
		message, err := p.Shapes.Message(tx, m)
		return answer{value: message}, err
	})
}

func (p *Plane) html(r *http.Request) (answer, error) {
	return p.showMail(r, func(_ *world.Tx, m *world.Mail) (answer, error) {
		if m.HTML == "" {
			return answer{}, world.NotFound("HTML part", r.PathValue("id"))
		}
		return answer{media: "text/html; charset=utf-8", text: []byte(m.HTML)}, nil
	})
}

func (p *Plane) text(r *http.Request) (answer, error) {
	return p.showMail(r, func(_ *world.Tx, m *world.Mail) (answer, error) {
		return answer{media: "text/plain; charset=utf-8", text: []byte(m.Text)}, nil
	})
}

func (p *Plane) raw(r *http.Request) (answer, error) {
	return p.showMail(r, func(_ *world.Tx, m *world.Mail) (answer, error) {
		raw, err := world.Raw(m)
		return answer{media: "message/rfc822", text: raw}, err
	})
}

func (p *Plane) runs(r *http.Request) (answer, error) {
	query := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return answer{}, err
	}
	cursor, err := cursorOf(r, "runs")
	if err != nil {
		return answer{}, err
	}
	status := query.Get("status")
	if status != "" && !slices.Contains(tell.RunStatuses, status) {
		issue := inQuery("status", gateway.CodeEnum, "must be one of "+strings.Join(tell.RunStatuses, ", "))
		return answer{}, gateway.Invalid(issue)
	}
	if query.Get("limit") == "" {
		limit = maxPage
	}

	return p.look(r, func(tx *world.Tx) (any, error) {
		filter := world.RunFilter{Status: status}
		found, err := narrow(tx, query.Get("journey"), query.Get("profile"), &filter)
		if err != nil {
			return nil, err
		}
		if cursor != "" {
			if last, err := tx.Run(cursor); err != nil || last == nil {
				return nil, errCursor
			}
		}
		var stored []world.Run
		if found {
			if stored, err = tx.RunsPage(filter, cursor, limit+1); err != nil {
				return nil, err
			}
		}

		next := ""
		if len(stored) > limit {
			stored = stored[:limit]
			next = gateway.Cursor("runs", stored[limit-1].ID)
		}
		stories, err := tell.Runs(tx, stored)
		runs := make([]any, len(stories))
		for i := range stories {
			runs[i] = p.Shapes.Run(&stories[i])
		}
		return map[string]any{"runs": runs, "nextCursor": gateway.OrNull(next)}, err
	})
}

// narrow puts the ids of a Journey (given by id or key) and of a Profile (given by id or email) into a filter. It
// returns false if one of them does not exist; then there are no runs.
func narrow(tx *world.Tx, journey, profile string, filter *world.RunFilter) (found bool, err error) {
	if journey != "" {
		known, err := tx.Journey(journey)
		if err != nil || known == nil {
			return false, err
		}
		filter.JourneyID = known.ID
	}
	if profile == "" {
		return true, nil
	}

	known, err := tx.ProfileByEmail(strings.ToLower(profile))
	if known == nil && err == nil {
		known, err = tx.Profile(strings.ToLower(profile))
	}
	if err != nil || known == nil {
		return false, err
	}
	filter.ProfileID = known.ID
	return true, nil
}

func (p *Plane) run(r *http.Request) (answer, error) {
	return p.look(r, func(tx *world.Tx) (any, error) {
		story, err := tell.RunOf(tx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return p.Shapes.Run(story), nil
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

// numberOf returns the number of the last item of the previous page, or 0 for the first page.
func numberOf(r *http.Request, list string) (int, error) {
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

// subscriptionChanges lists the subscriptions and unsubscriptions of all Profiles, or of one.
func (p *Plane) subscriptionChanges(r *http.Request) (answer, error) {
	const list = "subscriptionChanges"
	limit, err := limitOf(r)
	if err != nil {
		return answer{}, err
	}
	before, err := numberOf(r, list)
	if err != nil {
		return answer{}, err
	}

	return p.look(r, func(tx *world.Tx) (any, error) {
		var filter world.RunFilter
		found, err := narrow(tx, "", r.URL.Query().Get("profile"), &filter)
		if err != nil {
			return nil, err
		}
		var stored []tell.SubscriptionStory
		if found {
			if stored, err = tell.SubscriptionChanges(tx, filter.ProfileID, before, limit+1); err != nil {
				return nil, err
			}
		}

		next := ""
		if len(stored) > limit {
			stored = stored[:limit]
			next = gateway.Cursor(list, strconv.Itoa(stored[limit-1].Change.Seq))
		}
		changes := make([]any, len(stored))
		for i, story := range stored {
			changes[i] = p.Shapes.SubscriptionChange(story)
		}
		return map[string]any{list: changes, "nextCursor": gateway.OrNull(next)}, nil
	})
}

// webhooks lists what was posted to the receiver of webhooks, and what is still to be.
func (p *Plane) webhooks(r *http.Request) (answer, error) {
	const list = "webhooks"
	limit, err := limitOf(r)
	if err != nil {
		return answer{}, err
	}
	before, err := numberOf(r, list)
	if err != nil {
		return answer{}, err
	}
	return p.look(r, func(tx *world.Tx) (any, error) {
		stored, err := tx.Webhooks(before, limit+1)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(stored) > limit {
			stored = stored[:limit]
			next = gateway.Cursor(list, strconv.Itoa(stored[limit-1].Seq))
		}
		hooks := make([]any, len(stored))
		for i := range stored {
			hooks[i] = p.Shapes.Webhook(&stored[i])
		}
		return map[string]any{list: hooks, "nextCursor": gateway.OrNull(next)}, nil
	})
}

// resendWebhook sends a parked webhook again.
func (p *Plane) resendWebhook(r *http.Request) (answer, error) {
	return answer{}, p.act(r, func(tx *world.Tx) error { return tx.ResendWebhook(r.PathValue("id")) })
}
