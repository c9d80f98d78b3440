package emulator

import (
	"context"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// question is what the questions Sends, Requests, Events, Runs and Profiles have in common: S is what package tell
// finds, and T what users see of it.
type question[S, T any] struct {
	e     *Emulator
	name  string
	q     tell.Question[S]
	shape func(*S) T
	apart bool // it asks nothing of the world
}

// act runs what is due and asks. A question apart from the world gets no transaction.
func (ask question[S, T]) act(do func(tx *world.Tx) error) error {
	if ask.apart {
		return do(nil)
	}
	return ask.e.world.Act(context.Background(), world.First, do)
}

// found returns the newest limit things, oldest first, and nil if there are none. A limit of 0 means all.
func (ask question[S, T]) found(limit int) (shaped []T) {
	ask.e.tb.Helper()
	var found []S
	ask.e.must(ask.name, ask.act(func(tx *world.Tx) (err error) {
		found, err = tell.Found(tx, ask.q, limit)
		return err
	}))
	for i := range found {
		shaped = append(shaped, ask.shape(&found[i]))
	}
	return shaped
}

// last returns the newest thing, or nil if there is none.
func (ask question[S, T]) last() *T {
	ask.e.tb.Helper()
	found := ask.found(1)
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

func (ask question[S, T]) count() (count int) {
	ask.e.tb.Helper()
	ask.e.must(ask.name, ask.act(func(tx *world.Tx) (err error) {
		count, err = tell.Count(tx, ask.q)
		return err
	}))
	return count
}

// only returns the thing if there is exactly one. Otherwise it fails t.
func (ask question[S, T]) only(t TB) (only T) {
	t.Helper()
	failure := ""
	err := ask.act(func(tx *world.Tx) error {
		found, why, err := tell.Only(tx, ask.q, ask.e.refusals)
		if found != nil {
			only = ask.shape(found)
		}
		failure = why
		return err
	})
	fail(t, ask.name, failure, err)
	return only
}

// none fails t if there is such a thing.
func (ask question[S, T]) none(t TB) {
	t.Helper()
	failure := ""
	err := ask.act(func(tx *world.Tx) (err error) {
		failure, err = tell.None(tx, ask.q)
		return err
	})
	fail(t, ask.name, failure, err)
}

// fail fails t if a question failed, or could not be asked.
func fail(t TB, name, failure string, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatalf("%s: %v", name, err)
	case failure != "":
		t.Fatalf("%s", failure)
	}
}
