package cond_test

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// noon is the current time of every test that does not set another.
var noon = time.Date(2026, time.June, 5, 12, 0, 0, 0, time.UTC)

// atNoon is a clock at noon in UTC.
var atNoon = cond.Clock{Now: noon}

const (
	ms  = time.Millisecond
	day = 24 * time.Hour
)

// value decodes JSON. For "" it returns Missing.
func value(t rapid.TB, doc string) any {
	t.Helper()
	if doc == "" {
		return cond.Missing{}
	}
	v, err := cond.Decode([]byte(doc))
	require.NoError(t, err, doc)
	return v
}

func state(t rapid.TB, doc string) cond.State {
	t.Helper()
	object, ok := value(t, doc).(map[string]any)
	require.True(t, ok, doc)
	return object
}

// given returns a state with one value at /data/v. For "" it is left out.
func given(t rapid.TB, v string) cond.State {
	t.Helper()
	if v == "" {
		return state(t, `{"data": {}}`)
	}
	return state(t, `{"data": {"v": `+v+`}}`)
}

func parse(t rapid.TB, doc string) *cond.Cond {
	t.Helper()
	c, findings := cond.ParseJSON([]byte(doc))
	require.Empty(t, findings, doc)
	require.NotNil(t, c)
	return c
}

// refused returns the findings of a document that is not a condition.
func refused(t rapid.TB, doc string) []cond.Finding {
	t.Helper()
	c, findings := cond.ParseJSON([]byte(doc))
	require.Nil(t, c, doc)
	require.NotEmpty(t, findings, doc)
	return findings
}

func paths(findings []cond.Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, f.Path)
	}
	return list
}

func eval(t rapid.TB, doc string, env *cond.Env) cond.Result {
	t.Helper()
	r, err := parse(t, doc).Eval(env)
	require.NoError(t, err, doc)
	return r
}

// holds evaluates at noon with a state and without facts.
func holds(t rapid.TB, doc string, s cond.State) bool {
	t.Helper()
	return eval(t, doc, &cond.Env{Now: noon, State: s}).True
}

// evalFor evaluates at noon with the facts of a person.
func evalFor(t rapid.TB, doc string, who *person) cond.Result {
	t.Helper()
	return eval(t, doc, &cond.Env{Now: noon, Facts: who})
}

// person implements Facts for one Profile.
type person struct {
	id       string
	events   []cond.Event
	mail     []fact
	groups   map[string]bool
	segments map[string]*cond.Cond
	members  map[string]bool // of Manual segments
	err      error
	since    []time.Time // the since of every call
}

type fact struct {
	kind, id, key string
	at            time.Time
}

var errFacts = errors.New("the facts are unavailable")

func (p *person) ProfileID() string { return p.id }

func (p *person) Events(name string, prefix bool, since time.Time) iter.Seq2[cond.Event, error] {
	p.since = append(p.since, since)
	var found []cond.Event
	for _, e := range p.events {
		matches := e.Name == name || prefix && strings.HasPrefix(e.Name, name)
		if matches && !e.OccurredAt.Before(since) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b cond.Event) int { return b.OccurredAt.Compare(a.OccurredAt) })
	return func(yield func(cond.Event, error) bool) {
		if p.err != nil {
			yield(cond.Event{}, p.err)
			return
		}
		for _, e := range found {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (p *person) Mail(kind, template string, since time.Time) ([]time.Time, error) {
	p.since = append(p.since, since)
	var found []time.Time
	for _, f := range p.mail {
		matches := f.kind == kind && (template == "" || template == f.id || template == f.key)
		if matches && !f.at.Before(since) {
			found = append(found, f.at)
		}
	}
	return found, p.err
}

func (p *person) Subscribed(group string) (bool, error) { return p.groups[group], p.err }

func (p *person) Segment(ref string) (*cond.Cond, bool, error) {
	return p.segments[ref], p.members[ref], p.err
}

// did returns events of one name. Each occurred at its distance from noon.
func did(name string, from ...time.Duration) []cond.Event {
	var events []cond.Event
	for _, d := range from {
		events = append(events, cond.Event{Name: name, OccurredAt: noon.Add(d)})
	}
	return events
}
