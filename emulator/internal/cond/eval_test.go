package cond_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestConditionsAreJoined(t *testing.T) {
	s := state(t, `{"data": {"yes": 1, "no": 0}}`)
	for name, c := range map[string]struct {
		doc  string
		want bool
	}{
		"true":                                {`true`, true},
		"false":                               {`false`, false},
		"a list is true when all are":         {`[true, {"$state": "/data/yes"}]`, true},
		"a list is false when one is":         {`[true, {"$state": "/data/no"}]`, false},
		"a list of one":                       {`[true]`, true},
		"$and is true when all are":           {`{"$and": [true, true]}`, true},
		"$and is false when one is":           {`{"$and": [true, false, true]}`, false},
		"$or is true when one is":             {`{"$or": [false, {"$state": "/data/yes"}]}`, true},
		"$or is false when none is":           {`{"$or": [false, {"$state": "/data/no"}]}`, false},
		"$not inverts":                        {`{"$not": false}`, true},
		"$not of a list is not all of them":   {`{"$not": [true, false]}`, true},
		"$not twice changes nothing":          {`{"$not": {"$not": true}}`, true},
		"$not of an inverted comparison":      {`{"$not": {"$state": "/data/yes", "eq": 1, "not": true}}`, true},
		"lists within lists":                  {`[[true], {"$or": [[false], [true, [true]]]}]`, true},
		"an $or within an $and within an $or": {`{"$or": [{"$and": [true, {"$or": [false, false]}]}, false]}`, false},
		"the value decides and not the member": {
			`{"$and": [{"$state": "/data/yes", "eq": 1}, {"$state": "/data/no", "eq": 0}]}`, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, cond.Result{True: c.want}, eval(t, c.doc, &cond.Env{Now: noon, State: s}))
		})
	}
}

func TestUntilOfJoinedConditions(t *testing.T) {
	const (
		hour = `{"$state": "/data/v", "within": "PT1H"}` // true, and false after 13:00
		two  = `{"$state": "/data/v", "within": "PT2H"}` // true, and false after 14:00
		soon = `{"$state": "/data/w", "within": "PT1H"}` // false, and true from 12:30
	)
	s := state(t, `{"data": {"v": "2026-06-05T12:00Z", "w": "2026-06-05T12:30Z"}}`)
	for name, c := range map[string]struct {
		doc   string
		want  bool
		until time.Duration // from noon; 0 is never
	}{
		"all true stays until the first becomes false": {`[` + two + `, ` + hour + `]`, true, time.Hour + ms},
		"one false stays until it becomes true":        {`[` + hour + `, ` + soon + `]`, false, 30 * time.Minute},
		"a false one at the front decides forever":     {`[false, ` + soon + `]`, false, 0},
		"a false one further back decides forever":     {`[` + hour + `, false, ` + soon + `]`, false, 0},
		"one true stays until it becomes false": {
			`{"$or": [` + soon + `, ` + hour + `]}`, true, time.Hour + ms,
		},
		"a true one decides forever":                   {`{"$or": [` + soon + `, true]}`, true, 0},
		"all false stays until the first becomes true": {`{"$or": [false, ` + soon + `]}`, false, 30 * time.Minute},
		"a negation changes with what it negates":      {`{"$not": ` + hour + `}`, false, time.Hour + ms},
		"an inverted comparison changes likewise": {
			`{"$state": "/data/w", "within": "PT1H", "not": true}`, true, 30 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := cond.Result{True: c.want}
			if c.until != 0 {
				want.Until = noon.Add(c.until)
			}
			require.Equal(t, want, eval(t, c.doc, &cond.Env{Now: noon, State: s}))
		})
	}
}

func TestNilFactsMeanNoFacts(t *testing.T) {
	for doc, want := range map[string]bool{
		`{"performed": {"event": "e"}}`:                                         false,
		`{"performed": {"event": "e", "count": {"lt": 1}}}`:                     true,
		`{"performed": {"event": "e", "within": "P1D", "count": {"eq": 0}}}`:    true,
		`{"performed": {"event": "e", "filter": true, "count": {"gte": 0}}}`:    true,
		`{"received": {"event": "opened"}}`:                                     false,
		`{"subscribed": "news"}`:                                                false,
		`{"inSegment": "vip"}`:                                                  false,
		`{"bucket": {"percent": 100, "salt": "s"}}`:                             false,
		`{"$not": {"subscribed": "news"}}`:                                      true,
		`{"$not": {"bucket": {"percent": 100, "salt": "s"}}}`:                   true,
		`{"performed": {"event": "e", "filter": {"inSegment": "s"}}}`:           false,
		`[{"performed": {"event": "e", "count": {"lte": 0}}}, {"$not": false}]`: true,
	} {
		require.Equal(t, cond.Result{True: want}, eval(t, doc, &cond.Env{Now: noon}), doc)
	}
}

func TestEvalReturnsErrorsOfTheFacts(t *testing.T) {
	who := &person{id: "p", err: errFacts, events: did("e", 0), segments: map[string]*cond.Cond{"s": parse(t, `true`)}}
	for _, doc := range []string{
		`{"performed": {"event": "e"}}`,
		`{"performed": {"event": "e", "count": {"lt": 1}}}`,
		`{"received": {"event": "sent"}}`,
		`{"subscribed": "news"}`,
		`{"inSegment": "s"}`,
		`{"$not": {"$or": [false, [true, {"subscribed": "news"}]]}}`,
	} {
		r, err := parse(t, doc).Eval(&cond.Env{Now: noon, Facts: who})
		require.ErrorIs(t, err, errFacts, doc)
		require.Zero(t, r, doc)
	}
}

func TestEvalReturnsErrorsFromWithinAFilter(t *testing.T) {
	c := parse(t, `{"performed": {"event": "e", "filter": {"inSegment": "loop"}}}`)
	for _, doc := range []string{
		`{"inSegment": "loop"}`,
		`{"performed": {"event": "e", "filter": {"inSegment": "loop"}}}`,
	} {
		who := &person{events: did("e", 0), segments: map[string]*cond.Cond{"loop": parse(t, doc)}}
		_, err := c.Eval(&cond.Env{Now: noon, Facts: who})
		require.ErrorContains(t, err, "more than 32 deep")
	}
}

func TestEvaluationStopsOnceTheOutcomeIsDecided(t *testing.T) {
	who := &person{err: errFacts}
	require.False(t, evalFor(t, `[false, {"subscribed": "news"}]`, who).True)
	require.True(t, evalFor(t, `{"$or": [true, {"subscribed": "news"}]}`, who).True)
}
