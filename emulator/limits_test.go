package emulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

type list = []any

// repeated returns a list of n values, each made from its index.
func repeated(n int, each func(i int) any) list {
	all := list{}
	for i := range n {
		all = append(all, each(i))
	}
	return all
}

// refusedSeed applies a seed that must be refused, and returns its problems as "path: message".
func refusedSeed(t *testing.T, emu *emulator.Emulator, s emulator.Seed) []string {
	t.Helper()
	mistakes, ok := errors.AsType[*emulator.SeedError](emu.Seed(s))
	require.True(t, ok, "want a SeedError")
	var problems []string
	for _, p := range mistakes.Problems {
		problems = append(problems, p.Path+": "+p.Message)
	}
	return problems
}

// nested returns Segments that each refer twice to the one before.
func nested(n int) (segments []emulator.SeedSegment) {
	for i := range n {
		definition := any(object{"$state": "/profile/vip"})
		if i > 0 {
			below := object{"inSegment": fmt.Sprint("s", i-1)}
			definition = object{"$or": list{below, object{"$not": below}}}
		}
		segments = append(segments, emulator.SeedSegment{Key: fmt.Sprint("s", i), Definition: definition})
	}
	return segments
}

func TestTheTermsOfReferredSegmentsCount(t *testing.T) {
	emu := acme(t)
	require.NoError(t, emu.Seed(emulator.Seed{Segments: nested(10)}))
	preview := call(t, emu, "POST", "/api/v1/segments/"+emu.ID("segment", "s9")+"/preview", `{}`)
	require.Equal(t, 200, preview.status, preview.body)

	problems := refusedSeed(t, emu, emulator.Seed{Segments: nested(15)})
	require.Len(t, problems, 5)
	require.Contains(t, problems[0],
		"/segments/10/definition: the condition, with the Segments that it refers to, has more than 1000 terms")

	large := repeated(3, func(int) any { return object{"$state": "/profile/vip"} })
	problems = refusedSeed(t, emu, emulator.Seed{Segments: []emulator.SeedSegment{{Key: "s0", Definition: large}}})
	require.Contains(t, problems[0],
		"/segments/0/definition: with this change, the Segment s9, which refers to this one, has more than 1000 terms")
	require.Equal(t, 200, call(t, emu, "POST", "/api/v1/segments/"+emu.ID("segment", "s9")+"/preview", `{}`).status)
}

// terms returns a condition with n terms.
func terms(n int) any {
	return repeated(n, func(i int) any { return object{"$state": "/profile/n", "eq": i} })
}

// seedOfJourney returns a seed with one Journey, which has the nodes and an exit named end.
func seedOfJourney(status string, nodes ...any) emulator.Seed {
	return emulator.Seed{Journeys: []emulator.SeedJourney{{
		Key:    "j",
		Status: status,
		Entry:  object{"type": "event", "event": "e"},
		Start:  "n0",
		Nodes:  append(nodes, object{"id": "end", "type": "exit"}),
	}}}
}

// branchOf returns a branch node with n paths.
func branchOf(n int) any {
	path := func(i int) any { return object{"id": fmt.Sprint("p", i), "when": true, "next": "end"} }
	return object{"id": "n0", "type": "branch", "default": "end", "paths": repeated(n, path)}
}

func TestLargeDefinitionsAreRefusedWithTheirLimits(t *testing.T) {
	set := func(i int) any {
		return object{
			"id":   fmt.Sprint("n", i),
			"type": "setProperty",
			"set":  object{"a": 1},
			"next": fmt.Sprint("n", i+1),
		}
	}
	elements := object{"html": object{"type": "Html", "props": object{}}}
	for i := range 2000 {
		elements[fmt.Sprint("e", i)] = object{"type": "Hr", "props": object{}}
	}
	template := object{"subject": "Hi", "body": object{"root": "html", "elements": elements}}
	deep := strings.Repeat(`{"$not": `, 33) + `true` + strings.Repeat(`}`, 33)
	for name, c := range map[string]struct {
		seed emulator.Seed
		want string
	}{
		"a row of nodes": {
			seedOfJourney("Active", repeated(1500, set)...),
			"/journeys/0/nodes: has 1501 nodes; at most 500 are allowed",
		},
		"a wide branch": {
			seedOfJourney("Active", branchOf(10_000)),
			"/journeys/0/nodes/0/paths: has 10000 paths; at most 100 are allowed",
		},
		"a draft": {seedOfJourney("", branchOf(101)), "/journeys/0/nodes/0/paths: has 101 paths"},
		"a condition": {
			seedOfJourney("Active", object{
				"id": "n0", "type": "branch", "default": "end",
				"paths": list{object{"id": "p", "when": terms(1001), "next": "end"}},
			}),
			"/journeys/0/nodes/0/paths/0/when: the condition has more than 1000 terms",
		},
		"a Segment": {
			emulator.Seed{Segments: []emulator.SeedSegment{{Key: "s", Definition: terms(10_000)}}},
			"/segments/0/definition: the condition has more than 1000 terms",
		},
		"a deep Segment": {
			emulator.Seed{Segments: []emulator.SeedSegment{{Key: "s", Definition: json.RawMessage(deep)}}},
			"nest more than 32 deep",
		},
		"a Template": {
			emulator.Seed{Templates: []emulator.SeedTemplate{
				{Key: "t", Purpose: "Transactional", Definition: template},
			}},
			"/templates/0/definition/body/elements: has 2001 elements; at most 2000 are allowed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			emu := acme(t)
			problems := refusedSeed(t, emu, c.seed)
			require.Contains(t, problems[0], c.want)
			require.Equal(t, 200, call(t, emu, "GET", "/_emulator/health", "").status)
		})
	}
	require.NoError(t, acme(t).Seed(seedOfJourney("Active", branchOf(100))))
}
