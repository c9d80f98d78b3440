package control

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the route about calls of the API.

// requests lists the calls in the journal.
func (p *Plane) requests(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "requests", gateway.JournalSize)
	if err != nil {
		return answer{}, err
	}
	query := r.URL.Query()
	filter := gateway.Filter{
		Operation:      query.Get("operation"),
		Error:          query.Get("error"),
		IdempotencyKey: query.Get("idempotencyKey"),
	}
	if status := query.Get("status"); status != "" {
		if filter.Status, err = strconv.Atoi(status); err != nil || filter.Status < 100 || filter.Status > 999 {
			return answer{}, gateway.Invalid(inQuery("status", gateway.CodeType, "must be an HTTP status such as 404"))
		}
	}
	if filter.Operation != "" && !slices.Contains(p.Operations(), filter.Operation) {
		near := world.JoinNames(tell.Near(filter.Operation, p.Operations()))
		message := fmt.Sprintf("is not the id of an operation; the nearest are %s", near)
		return answer{}, gateway.Invalid(inQuery("operation", gateway.CodeEnum, message))
	}
	return answerList(p, r, asked, items[gateway.Entry]{
		read: func(_ *world.Tx, asked page) ([]gateway.Entry, error) {
			filter.Before, filter.After, filter.Since = asked.span.Before, asked.span.After, asked.span.Since
			return p.Journal.Where(filter, asked.limit+1), nil
		},
		number: func(entry *gateway.Entry) int { return entry.Number },
		after: func(_ *world.Tx, id string) (int, error) {
			entry, found := p.Journal.Find(id)
			if !found {
				return 0, world.NotFound("Request", id)
			}
			return entry.Number, nil
		},
		show:  func(_ *world.Tx, entry *gateway.Entry) (any, error) { return entry, nil },
		apart: true,
	})
}
