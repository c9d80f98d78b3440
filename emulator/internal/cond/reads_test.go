package cond_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// reading is a document and what it reads.
type reading struct {
	doc  string
	want cond.Reads
}

func requireReads(t *testing.T, cases map[string]reading) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, parse(t, c.doc).Reads())
		})
	}
}

func TestReadsOfComparisons(t *testing.T) {
	requireReads(t, map[string]reading{
		"a constant reads nothing": {`[true, {"$not": false}]`, cond.Reads{}},
		"a comparison reads its pointer": {
			`{"$state": "profile/a~1b"}`,
			cond.Reads{Pointers: []cond.Pointer{{"profile", "a/b"}}},
		},
		"and that of its operand": {
			`{"$state": "/profile/b", "eq": {"$state": "/data/a"}}`,
			cond.Reads{Pointers: []cond.Pointer{{"data", "a"}, {"profile", "b"}}},
		},
		"a literal is not read": {
			`{"$state": "/profile/b", "eq": {"state": "/data/a"}}`,
			cond.Reads{Pointers: []cond.Pointer{{"profile", "b"}}},
		},
		"within reads the clock": {
			`{"$state": "/profile/b", "within": "P1D"}`,
			cond.Reads{Pointers: []cond.Pointer{{"profile", "b"}, {"profile", "timezone"}}, Time: true, Moments: true},
		},
		"before and after do not": {
			`[{"$state": "/profile/b", "before": 0}, {"$state": "/profile/b", "after": 0}]`,
			cond.Reads{Pointers: []cond.Pointer{{"profile", "b"}, {"profile", "timezone"}}},
		},
	})
}

func TestReadsOfFilters(t *testing.T) {
	requireReads(t, map[string]reading{
		"a filter reads the rest of the state": {
			`{"performed": {"event": "e", "filter": {"$state": "/event/a", "eq": {"$state": "/profile/a"}}}}`,
			cond.Reads{Events: []string{"e"}, Pointers: []cond.Pointer{{"profile", "a"}}, Time: true},
		},
		"outside of a filter the event is the run's": {
			`[{"performed": {"event": "e", "filter": {"$state": "event/a"}}}, {"$state": "event/b"}]`,
			cond.Reads{Events: []string{"e"}, Pointers: []cond.Pointer{{"event", "b"}}, Time: true},
		},
		"a filter within a filter": {
			`{"performed": {"event": "e", "filter": {"performed": {
				"event": "f", "filter": [{"$state": "/event/a"}, {"$state": "/steps/a/event/b"}]
			}}}}`,
			cond.Reads{Events: []string{"e", "f"}, Pointers: []cond.Pointer{{"steps", "a", "event", "b"}}, Time: true},
		},
		"a filter reads facts as well": {
			`{"performed": {"event": "e", "filter": {"$or": [
				{"subscribed": "g"}, {"inSegment": "s"}, {"received": {"event": "sent", "templateId": "t"}}
			]}}}`,
			cond.Reads{
				Events:    []string{"e"},
				Mail:      []string{"sent"},
				Templates: []string{"t"},
				Groups:    []string{"g"},
				Segments:  []string{"s"},
				Time:      true,
			},
		},
	})
}

func TestReadsOfFacts(t *testing.T) {
	requireReads(t, map[string]reading{
		"performed reads an event and the clock": {
			`{"performed": {"event": "e"}}`,
			cond.Reads{Events: []string{"e"}, Time: true},
		},
		"performed reads a pattern": {
			`{"performed": {"event": "order.*", "within": "P1D"}}`,
			cond.Reads{Events: []string{"order.*"}, Time: true},
		},
		"received reads a kind and the clock": {
			`{"received": {"event": "opened"}}`,
			cond.Reads{Mail: []string{"opened"}, Time: true},
		},
		"received reads a template": {
			`{"received": {"event": "opened", "templateId": "welcome"}}`,
			cond.Reads{Mail: []string{"opened"}, Templates: []string{"welcome"}, Time: true},
		},
		"subscribed reads a group":  {`{"subscribed": "news"}`, cond.Reads{Groups: []string{"news"}}},
		"inSegment reads a segment": {`{"$not": {"inSegment": "vip"}}`, cond.Reads{Segments: []string{"vip"}}},
		"a bucket reads nothing":    {`{"bucket": {"percent": 1, "salt": "s"}}`, cond.Reads{}},
		"lists are sorted and without duplicates": {
			`{"$or": [
				{"inSegment": "b"}, {"inSegment": "a"}, [{"inSegment": "b"}], {"subscribed": "y"}, {"subscribed": "x"},
				{"$not": {"subscribed": "y"}},
				{"performed": {"event": "f"}}, {"performed": {"event": "e"}}, {"performed": {"event": "f"}},
				{"received": {"event": "sent", "templateId": "u"}},
				{"received": {"event": "opened", "templateId": "t"}},
				{"received": {"event": "sent", "templateId": "u"}},
				{"$state": "/profile/b/c"}, {"$state": "/profile/b"}, {"$state": "profile/b"}, {"$state": "/data/z"}
			]}`,
			cond.Reads{
				Pointers:  []cond.Pointer{{"data", "z"}, {"profile", "b"}, {"profile", "b", "c"}},
				Events:    []string{"e", "f"},
				Mail:      []string{"opened", "sent"},
				Templates: []string{"t", "u"},
				Groups:    []string{"x", "y"},
				Segments:  []string{"a", "b"},
				Time:      true,
			},
		},
	})
}
