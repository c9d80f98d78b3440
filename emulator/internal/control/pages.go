package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has what all lists have in common: their pages, and waiting until they have something.

const (
	defaultPage = 100
	maxPage     = 1000
	maxWait     = 5 * time.Minute
)

// page is the part of a list that a request asks for.
type page struct {
	list  string // its name in the reply
	limit int
	span  world.Span
	since string // the id of something in the list, "" if the request gives none
	wait  time.Duration
}

// pageOf reads the parameters that lists have in common. usual is how many items a page has unless the request says.
func pageOf(r *http.Request, list string, usual int) (asked page, err error) {
	asked = page{list: list}
	query := r.URL.Query()
	if asked.limit, err = limitOf(query.Get("limit"), usual); err != nil {
		return asked, err
	}
	if asked.span.Before, err = cursorOf(query.Get("cursor"), list); err != nil {
		return asked, err
	}
	if asked.wait, err = waitOf(query.Get("wait")); err != nil {
		return asked, err
	}
	since := strings.TrimSpace(query.Get("since"))
	if asked.span.Since, err = time.Parse(time.RFC3339, since); err == nil || since == "" {
		return asked, nil
	}
	if strings.Contains(since, ":") {
		message := "must be a date-time such as 2026-03-02T09:00:00Z, or an id that the list has; " +
			"write the + of an offset as %2B"
		return asked, gateway.Invalid(inQuery("since", gateway.CodeFormat, message))
	}
	asked.since, asked.span.Since = since, time.Time{}
	return asked, nil
}

// limitOf returns how many items a page may have.
func limitOf(raw string, usual int) (int, error) {
	if raw == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(raw)
	switch {
	case err != nil:
		return 0, gateway.Invalid(inQuery("limit", gateway.CodeType, "must be an integer"))
	case n < 1:
		return 0, gateway.Invalid(inQuery("limit", gateway.CodeMin, "must be at least 1"))
	case n > maxPage:
		return 0, gateway.Invalid(inQuery("limit", gateway.CodeMax, fmt.Sprintf("must be at most %d", maxPage)))
	}
	return n, nil
}

// cursorOf returns the number of the last item of the previous page, or 0 for the first page.
func cursorOf(raw, list string) (int, error) {
	if raw == "" {
		return 0, nil
	}
	place, ok := gateway.PlaceOf(list, raw)
	if ok && len(place) == 1 {
		if before, err := strconv.Atoi(place[0]); err == nil && before > 0 {
			return before, nil
		}
	}
	return 0, gateway.Invalid(inQuery("cursor", gateway.CodeFormat, "must be a nextCursor of this list"))
}

// waitOf returns how long a request waits for something to answer with.
func waitOf(raw string) (time.Duration, error) {
	if raw == "" {
		return 0, nil
	}
	wait, err := cond.ParseSpan(raw)
	switch {
	case err != nil:
		return 0, gateway.Invalid(inQuery("wait", gateway.CodeFormat, "must be a duration such as 5s or PT5S"))
	case wait < 0:
		return 0, gateway.Invalid(inQuery("wait", gateway.CodeMin, "must not be negative"))
	case wait > maxWait:
		return 0, gateway.Invalid(inQuery("wait", gateway.CodeMax, fmt.Sprintf("must be at most %v", maxWait)))
	}
	return wait, nil
}

// items are what a list has: how to read them, newest first, the number of one, and how users see it.
type items[T any] struct {
	read   func(tx *world.Tx, asked page) ([]T, error) // at most one more than the limit
	number func(item *T) int
	after  func(tx *world.Tx, id string) (number int, err error) // of the item with this id; nil if there is no since
	show   func(tx *world.Tx, item *T) (any, error)
	apart  bool // it is not in the world, so it can be read while the world is busy
}

// answerList answers with a page of a list. If it is empty and the request waits, it answers as soon as it is not.
func answerList[T any](p *Plane, r *http.Request, asked page, list items[T]) (answer, error) {
	var reply answer
	look := func(tx *world.Tx) (found bool, err error) {
		if asked.since != "" {
			if asked.span.After, err = list.after(tx, asked.since); err != nil {
				return false, err
			}
		}
		stored, err := list.read(tx, asked)
		if err != nil {
			return false, err
		}
		next := ""
		if len(stored) > asked.limit {
			stored = stored[:asked.limit]
			next = gateway.Cursor(asked.list, strconv.Itoa(list.number(&stored[asked.limit-1])))
		}
		shown := make([]any, len(stored))
		for i := range stored {
			if shown[i], err = list.show(tx, &stored[i]); err != nil {
				return false, err
			}
		}
		reply.value = map[string]any{asked.list: shown, "nextCursor": gateway.OrNull(next)}
		return len(shown) > 0, nil
	}
	if list.apart && asked.wait == 0 {
		_, err := look(nil)
		return reply, err
	}
	err := p.lookUntil(r, asked.wait, look)
	return reply, err
}

// lookUntil looks at the first Organization until look has found something or the time to wait is up. It looks at least
// once.
func (p *Plane) lookUntil(r *http.Request, wait time.Duration, look func(tx *world.Tx) (found bool, err error)) error {
	if wait == 0 {
		return p.act(r, func(tx *world.Tx) error {
			_, err := look(tx)
			return err
		})
	}
	ctx, cancel := waiting(r, wait)
	defer cancel()
	err := world.AwaitChange(ctx, p.World, func(tx *world.Tx, _ bool) (bool, error) {
		found, err := look(tx)
		return found, tell.Help(tx, err)
	})
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil // what was seen last is the answer
	}
	return err
}

// waiting returns a context that ends when the time to wait is up, when the client has gone, and when the server ends.
func waiting(r *http.Request, wait time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	stop := context.AfterFunc(gateway.Ending(r), cancel)
	return ctx, func() { stop(); cancel() }
}
