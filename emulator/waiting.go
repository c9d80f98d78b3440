package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file waits for what code under test does in goroutines of its own, after its handler has answered. Nothing in it
// polls: a commit wakes whoever waits for what it contains. In a testing/synctest bubble all waits block durably.

// Await returns the first email that the question selects: at once if it was sent, otherwise when it is sent. If the
// context ends before, the error wraps the context's error and has the same explanation as a failure of Only. If the
// context has ended already, Await looks once. If a Template or a carrier does not exist, or the emulator is closed,
// Await returns an error at once. Reset does not end the wait. If the context has no deadline, the wait ends a second
// before the timeout of go test would end the process without an explanation.
//
// While Await waits, work runs when it becomes due, also without WithLiveClock. A clock that WithStartTime has frozen
// moves only by Advance, which another goroutine may call.
//
// In a testing/synctest bubble, the context must have been made in the bubble: while Await waits with another one, the
// bubble's time stands still. The emulator may have been started outside of it. Then Await sees what goroutines outside
// of the bubble do only when the context ends.
func (o Outbox) Await(ctx context.Context) (*Message, error) {
	msg, err := o.await(ctx)
	if _, missing := errors.AsType[*missingError](err); err != nil && !missing {
		err = fmt.Errorf("outbox: %w", err)
	}
	return msg, err
}

// Eventually is Await for a test. It waits for at most 5 seconds, or as long as WithPatience says, and no longer than
// t.Context() lasts. If no email has come by then, Eventually fails t with the same explanation as Only.
func (o Outbox) Eventually(t TB) *Message {
	requireTest("Eventually", t)
	t.Helper()
	ctx := context.Background()
	if test, ok := t.(interface{ Context() context.Context }); ok {
		ctx = test.Context()
	}
	ctx, cancel := context.WithTimeout(ctx, o.e.options.patience)
	defer cancel()

	msg, err := o.Await(ctx)
	if missing, ok := errors.AsType[*missingError](err); ok && errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%s\nEventually waited %v; the option emulator.WithPatience changes that",
			missing.why, o.e.options.patience)
		return nil
	}
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	return msg
}

func (o Outbox) await(ctx context.Context) (*Message, error) {
	find := func(tx *world.Tx) (*Message, error) {
		found, err := o.q.First(tx)
		if err != nil || found == nil {
			return nil, err
		}
		return messageOf(tx, found)
	}
	return await(ctx, o.e, idle.Topic{Kind: world.NewsMail, Name: o.q.To}, find, o.q.Missing)
}

// AwaitRun returns the newest run of this Journey by the Profile with this email: at once if there is one, otherwise
// when one starts. With the email "" it returns the newest run of any Profile. The Journey is given by its key or id;
// if it does not exist, AwaitRun returns an error at once. In everything else AwaitRun is like Outbox.Await.
func (e *Emulator) AwaitRun(ctx context.Context, journey, email string) (Run, error) {
	address := strings.ToLower(strings.TrimSpace(email))
	find := func(tx *world.Tx) (*Run, error) {
		story, err := tell.NewestRun(tx, journey, address)
		if err != nil || story == nil {
			return nil, err
		}
		run := runOf(story)
		return &run, nil
	}
	run, err := await(ctx, e, idle.Topic{Kind: world.NewsRun}, find,
		func(tx *world.Tx, refused []tell.Refusal) (string, error) {
			return tell.MissingRun(tx, journey, address, refused)
		})
	if err != nil {
		return Run{}, fmt.Errorf("emulator: %s: %w", call("AwaitRun", journey, email), err)
	}
	return *run, nil
}

// AwaitEvent returns the newest UserEvent with this name: at once if there is one, otherwise when one is recorded. With
// the name "" it returns the newest of all UserEvents. In everything else AwaitEvent is like Outbox.Await.
func (e *Emulator) AwaitEvent(ctx context.Context, name string) (Event, error) {
	find := func(tx *world.Tx) (*Event, error) {
		story, err := tell.NewestEvent(tx, name)
		if err != nil || story == nil {
			return nil, err
		}
		event := eventOf(story)
		return &event, nil
	}
	event, err := await(ctx, e, idle.Topic{Kind: world.NewsEvent, Name: strings.ToLower(name)}, find,
		func(tx *world.Tx, refused []tell.Refusal) (string, error) {
			return tell.MissingEvent(tx, name, refused)
		})
	if err != nil {
		return Event{}, fmt.Errorf("emulator: %s: %w", call("AwaitEvent", name), err)
	}
	return *event, nil
}

// missingError says why something did not come before a context ended.
type missingError struct {
	why   string
	ended error // the context's
}

func (missing *missingError) Error() string {
	return missing.why + "\nthe wait ended: " + missing.ended.Error()
}

func (missing *missingError) Unwrap() error { return missing.ended }

// await waits until find returns a value that is not nil. If the context ends before, the error is what why returns.
func await[T any](
	ctx context.Context, e *Emulator, news idle.Topic,
	find func(tx *world.Tx) (*T, error), why func(tx *world.Tx, refused []tell.Refusal) (string, error),
) (found *T, err error) {
	ctx, cancel := e.beforeTimeout(ctx)
	defer cancel()
	err = world.Await(ctx, e.world, news, func(tx *world.Tx, ended bool) (bool, error) {
		var err error
		if found, err = find(tx); err != nil || found != nil || !ended {
			return found != nil, tell.Help(tx, err)
		}
		text, err := why(tx, e.refusals())
		return false, cmp.Or(err, error(&missingError{text, whyEnded(ctx)}))
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// errTimeout ends a wait of a test that would otherwise last until the timeout of go test.
var errTimeout = fmt.Errorf("go test times out in a second; pass a context that ends earlier: %w",
	context.DeadlineExceeded)

// beforeTimeout returns a context that ends before go test ends the process. If it has an end of its own, or in a
// testing/synctest bubble, where a wait without end is reported, it stays as it is.
func (e *Emulator) beforeTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	test, timed := e.tb.(interface{ Deadline() (time.Time, bool) })
	if _, ends := ctx.Deadline(); ends || !timed || clock.InBubble() {
		return ctx, func() {}
	}
	at, timed := test.Deadline()
	if !timed {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, at.Add(-time.Second), errTimeout)
}

// whyEnded returns the error of a context that has ended.
func whyEnded(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, errTimeout) {
		return cause
	}
	return ctx.Err()
}
