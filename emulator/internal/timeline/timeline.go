// Package timeline reads what happened to one Profile. It merges lists of several kinds, each newest first. A cursor
// has the place in each list.
package timeline

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The kinds of moments.
const (
	Email        = "email"
	Event        = "event"
	Run          = "run"
	Segment      = "segment"
	Subscription = "subscription"
	Suppression  = "suppression"
)

// Moment is something that happened to a Profile.
type Moment struct {
	Kind, What, Name string
	Thing, ID        string // what it happened to, "" for the address of the Profile
	Tag              string
	Sure             bool     // Tag is a good thing
	Reason           string   // one of the API's skip reasons, or what else made it fail; "" if nothing did
	Says             []string // more about it
	At               time.Time
	mark             world.Mark
}

// Place is a place in a timeline: in each of its lists. The zero Place is the beginning.
type Place []world.Mark

// Query says which part of a timeline to read.
type Query struct {
	Kind  string // "" for all
	From  Place
	Limit int
}

// list reads what happened to a Profile, newest first.
type list struct {
	kind string
	read func(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error)
}

// lists returns the lists of a timeline. At the same time, what follows from something comes before it, because the
// newest comes first.
func lists() []list {
	return []list{
		{Run, readRunEnds},
		{Subscription, readChoices},
		{Suppression, readSuppressions},
		{Email, readFacts},
		{Email, readSends},
		{Email, readOmissions},
		{Run, readRunStarts},
		{Segment, readEntries},
		{Event, readEvents},
	}
}

// PlaceOf reads a cursor, "" for the beginning. ok is false if no page begins there.
func PlaceOf(cursor string) (from Place, ok bool) {
	if cursor == "" {
		return nil, true
	}
	parts, ok := gateway.PlaceOf("timeline", cursor)
	if !ok || len(parts) != len(lists()) {
		return nil, false
	}
	for _, part := range parts {
		at, number, _ := strings.Cut(part, ".")
		instant, err := strconv.ParseInt(at, 10, 64)
		seq, failed := strconv.Atoi(number)
		if err != nil || failed != nil || seq < 0 {
			return nil, false
		}
		from = append(from, world.Mark{At: time.UnixMilli(instant), Seq: seq})
	}
	return from, true
}

func (place Place) cursor() string {
	parts := make([]string, len(place))
	for i, mark := range place {
		parts[i] = strconv.FormatInt(max(0, mark.At.UnixMilli()), 10) + "." + strconv.Itoa(mark.Seq)
	}
	return gateway.Cursor("timeline", parts...)
}

// Read reads a part of the timeline of a Profile, newest first. It returns the cursor of the next part, "" if there is
// none.
func Read(tx *world.Tx, p *world.Profile, q Query) (moments []Moment, cursor string, err error) {
	type placed struct {
		Moment
		list int
	}
	next := make(Place, len(lists()))
	copy(next, q.From)
	var all []placed
	for i, list := range lists() {
		if q.Kind != "" && q.Kind != list.kind {
			continue
		}
		found, err := list.read(tx, p, next[i], q.Limit+1)
		if err != nil {
			return nil, "", err
		}
		for _, one := range found {
			one.Kind = list.kind
			all = append(all, placed{one, i})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return b.At.Compare(a.At) })

	for _, one := range all[:min(len(all), q.Limit)] {
		next[one.list] = one.mark
		moments = append(moments, one.Moment)
	}
	if len(all) > q.Limit {
		cursor = next.cursor()
	}
	return moments, cursor, nil
}
