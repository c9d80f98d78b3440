package world

import (
	"context"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The kinds of news that Await waits for. The name of mail is its address in lower case, that of an event its name.
const (
	NewsMail  = "mail"
	NewsEvent = "event"
	NewsRun   = "run"
	newsDue   = "due"    // the next task is due at another time than before
	newsAny   = "change" // see Touch
)

// Await calls look in a world until it has found what the caller waits for: at once, and then after each commit with
// such news. It does not poll, and it does not hold the lock while it waits. If the clock runs but is not live, a call
// of Await also runs what becomes due while it waits. When the context has ended, Await calls look for the last time,
// with ended set. If look finds nothing then, Await returns the context's error.
func Await(
	ctx context.Context, w *World, news idle.Topic, look func(tx *Tx, ended bool) (found bool, err error),
) error {
	waiter := w.waiters.Add(news, idle.Topic{Kind: newsDue}) // before the first look, so that it misses nothing
	defer w.waiters.Remove(waiter)
	for {
		ended := ctx.Err()
		found, due, stop, err := lookOnce(w, func(tx *Tx) (bool, error) { return look(tx, ended != nil) })
		if found || err != nil {
			stop()
			return err
		}
		if ended != nil {
			stop()
			return ended
		}
		select {
		case <-waiter.News:
		case <-due:
		case <-ctx.Done():
		}
		stop()
	}
}

// AwaitChange is Await for whatever can change: it calls look after each change that Touch tells of.
func AwaitChange(ctx context.Context, w *World, look func(tx *Tx, ended bool) (found bool, err error)) error {
	return Await(ctx, w, idle.Topic{Kind: newsAny}, look)
}

// Touch tells calls of Follow and AwaitChange that there is something new to look at.
func Touch(w *World) {
	w.version.Add(1)
	if w.waiters.Any() {
		w.waiters.Wake(idle.Topic{Kind: newsAny})
	}
}

// Version returns how often Touch was called. Each commit that has changed something calls it, and each move of the
// clock. Reading does not.
func Version(w *World) uint64 { return w.version.Load() }

// settling is how long Follow waits for more news. A call of the API has several, and a Broadcast thousands.
const settling = 100 * time.Millisecond

// Follow calls tell with the Version, at once and then after each change, until the context ends, tell fails or the
// world is closed. Changes that come close together are one. As long as the caller waits, it runs due work as Await
// does.
func Follow(ctx context.Context, w *World, tell func(version uint64) error) error {
	waiter := w.waiters.Add(idle.Topic{Kind: newsAny})
	defer w.waiters.Remove(waiter)
	for {
		_, due, stop, err := lookOnce(w, func(*Tx) (bool, error) { return true, nil })
		if err == nil {
			err = tell(w.version.Load())
		}
		if err != nil {
			stop()
			return err
		}
		select {
		case <-waiter.News:
		case <-due:
		case <-ctx.Done():
		}
		stop()
		if err := clock.Wait(ctx, settling); err != nil {
			return err
		}
		select {
		case <-waiter.News: // what came meanwhile is in the next version
		default:
		}
	}
}

// lookOnce calls look for the first Organization. If a call must run the task that is due next, the channel says when.
func lookOnce(w *World, look func(tx *Tx) (bool, error)) (
	found bool, due <-chan time.Time, stop func(), err error,
) {
	ctx := context.Background() // a wait that has ended looks once more
	if err := w.lock(ctx); err != nil {
		return false, nil, func() {}, err
	}
	defer w.mu.Unlock()
	err = w.actLocked(ctx, w.org, func(tx *Tx) (err error) {
		found, err = look(tx)
		return err
	})
	due, stop = w.clock.Alarm(w.next)
	return found, due, stop, err
}

// note notes news of an act.
func (tx *Tx) note(kind, name string) {
	if tx.w.waiters.Any() {
		tx.news = append(tx.news, idle.Topic{Kind: kind, Name: strings.ToLower(name)})
	}
}

// announce tells calls of Await about the news of an act that was committed, and about the time at which the next
// task is due. A live clock runs what is due by itself, and a frozen one does not come to it.
func (tx *Tx) announce(next time.Time) {
	w, news := tx.w, tx.news
	if !w.waiters.Any() {
		return
	}
	if !next.Equal(w.next) && w.clock.Mode() == clock.Running {
		news = append(news, idle.Topic{Kind: newsDue})
	}
	w.waiters.Wake(news...)
}

// PutEvent stores a UserEvent. It replaces the one with the same id.
func (tx *Tx) PutEvent(event store.UserEvent) error {
	before, err := tx.Event(event.ID)
	if err != nil {
		return err
	}
	if before == nil {
		return tx.addEvent(&event)
	}
	tx.note(NewsEvent, event.Event)
	tx.w.tallies.Forget(before.ProfileID)
	tx.w.tallies.Forget(event.ProfileID)
	return tx.Tx.PutEvent(&event)
}

// addEvent stores a UserEvent whose id is new, and sets its Number.
func (tx *Tx) addEvent(event *store.UserEvent) error {
	tx.note(NewsEvent, event.Event)
	if err := tx.AddEvent(event); err != nil {
		return err
	}
	tx.w.tallies.Add(event.ProfileID, event.Event, event.OccurredAt, event.Data)
	return nil
}
