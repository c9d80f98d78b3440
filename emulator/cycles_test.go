package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// These tests draw Journeys with every kind of cycle and check that activation refuses them, or that the budgets end
// their runs.
//
//	go test ./emulator -run Cycles -rapid.checks=20000

// cycleGen draws Journeys with edges between any nodes. If fine is set, durations are milliseconds and no hours pass.
type cycleGen struct {
	*rapid.T
	fine bool
}

func draw[V any](g cycleGen, label string, from ...V) V {
	return rapid.SampledFrom(from).Draw(g.T, label)
}

// cycleNode is a node as a document. instant are those of its edges that need neither time nor an event from outside.
type cycleNode struct {
	doc     object
	edges   []string
	instant []string
	tooFine bool // whether it has a duration below a millisecond
}

func (n *cycleNode) addEdge(to string, instant bool) string {
	n.edges = append(n.edges, to)
	if instant {
		n.instant = append(n.instant, to)
	}
	return to
}

func (g cycleGen) condition() any {
	return draw[any](g, "condition", true, false,
		object{"$state": "/profile/on"},
		object{"$not": object{"$state": "/profile/on"}},
		object{"performed": object{"event": "x", "within": "PT0.001S"}},
		object{"received": object{"event": "sent"}},
		object{"$state": "/profile/at", "within": "PT0.002S"})
}

func (g cycleGen) event() string { return draw(g, "event", "x", "y", "z") }

func (g cycleGen) duration(n *cycleNode) string {
	d := draw(g, "duration", "PT0S", "PT0.0005S", "PT61S", "PT61S", "PT1H", "P1D")
	if g.fine {
		d = draw(g, "duration", "PT0S", "PT0.0005S", "PT0.001S", "PT0.001S", "PT0.0015S", "PT1S")
	}
	n.tooFine = n.tooFine || d == "PT0S" || d == "PT0.0005S"
	return d
}

func (g cycleGen) node(id string, next func() string) *cycleNode {
	n := &cycleNode{}
	kind := draw(g, "type", "email", "delay", "delay", "waitFor", "waitFor", "branch", "randomCohort",
		"setProperty", "emitEvent", "emitEvent")
	n.doc = object{"id": id, "type": kind}
	switch kind {
	case "email":
		n.doc["template"] = "note"
		n.doc["next"] = n.addEdge(next(), true)
	case "delay":
		g.delay(n, next)
	case "waitFor":
		g.wait(n, next)
	case "branch":
		n.doc["paths"] = list{object{"id": "p", "when": g.condition(), "next": n.addEdge(next(), true)}}
		n.doc["default"] = n.addEdge(next(), true)
	case "randomCohort":
		n.doc["arms"] = list{object{"id": "a", "percent": 50, "next": n.addEdge(next(), true)},
			object{"id": "b", "percent": 50, "next": n.addEdge(next(), true)}}
		n.doc["sticky"] = draw(g, "sticky", "profile", "run")
	case "setProperty":
		n.doc["set"] = object{
			"on": draw[any](g, "on", true, nil, object{
				"$cond": object{"$state": "/profile/on"},
				"$then": false,
				"$else": true,
			}),
			"at": draw[any](g, "at", "2026-03-02T09:00:00.0005Z", "2026-03-02T09:00:01Z", nil),
		}
		n.doc["next"] = n.addEdge(next(), true)
	case "emitEvent":
		n.doc["event"] = g.event()
		n.doc["next"] = n.addEdge(next(), true)
	}
	return n
}

func (g cycleGen) delay(n *cycleNode, next func() string) {
	switch draw(g, "delay", "for", "for", "untilLocal", "untilProperty") {
	case "for":
		n.doc["for"] = g.duration(n)
		n.doc["next"] = n.addEdge(next(), false)
	case "untilLocal":
		n.doc["untilLocal"] = object{"hour": 9, "minute": 0}
		n.doc["next"] = n.addEdge(next(), false)
	default:
		then := draw(g, "then", "continue", "exit")
		n.doc["untilProperty"] = object{"path": "/profile/at", "ifMissing": then, "ifPast": then,
			"offset": draw(g, "offset", "PT0S", "PT0.0015S", "-PT1S", "PT1S")}
		n.doc["next"] = n.addEdge(next(), true)
	}
}

func (g cycleGen) wait(n *cycleNode, next func() string) {
	since := draw(g, "since", "arrival", "arrival", "entry")
	branches := list{}
	for i := range rapid.IntRange(1, 2).Draw(g.T, "branches") {
		b := object{"id": fmt.Sprint("b", i)}
		if draw(g, "by", "event", "condition") == "event" {
			b["event"] = g.event()
			b["next"] = n.addEdge(next(), since == "entry")
		} else {
			b["condition"] = g.condition()
			b["next"] = n.addEdge(next(), true)
		}
		branches = append(branches, b)
	}
	n.doc["branches"], n.doc["since"] = branches, since
	n.doc["timeout"], n.doc["timeoutNext"] = g.duration(n), n.addEdge(next(), false)
}

// journey draws a Journey, and reports whether activation must refuse it.
func (g cycleGen) journey(key string) (j emulator.SeedJourney, refused bool) {
	count := rapid.IntRange(1, 6).Draw(g.T, "nodes")
	next := func() string {
		if i := rapid.IntRange(0, count).Draw(g.T, "next"); i < count {
			return fmt.Sprint("n", i)
		}
		return "end"
	}

	all := map[string]*cycleNode{"end": {doc: object{"id": "end", "type": "exit"}}}
	for i := range count {
		id := fmt.Sprint("n", i)
		all[id] = g.node(id, next)
	}
	j = emulator.SeedJourney{
		Key:     key,
		Status:  "Active",
		Start:   "n0",
		Reentry: object{"mode": "always"},
		Entry: draw[any](g, "entry",
			object{"type": "event", "event": g.event()},
			object{"type": "segment", "segment": "on"}),
	}
	if draw(g, "exits", "no", "no", "yes") == "yes" {
		j.ExitOn = list{
			object{"id": "r", "event": "stop"},
			object{"id": "c", "condition": object{"$state": "/profile/never"}},
		}
	}
	nodes, reached := list{}, []string{"n0"}
	for i := 0; i < len(reached); i++ {
		n := all[reached[i]]
		nodes = append(nodes, n.doc)
		refused = refused || n.tooFine || reaches(all, n.instant, reached[i])
		for _, to := range n.edges {
			if !slices.Contains(reached, to) {
				reached = append(reached, to)
			}
		}
	}

	j.Nodes = nodes
	return j, refused
}

// reaches reports whether instant edges lead from some nodes to another.
func reaches(all map[string]*cycleNode, from []string, to string) bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		at := from[0]
		from = from[1:]
		if at == to {
			return true
		}
		if !seen[at] {
			seen[at] = true
			from = append(from, all[at].instant...)
		}
	}
	return false
}

func TestCyclesAreRefusedOrBounded(t *testing.T) {
	skipIfRacing(t)
	var longest time.Duration
	refusals, guards := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		g := cycleGen{t, rapid.Bool().Draw(t, "fine")}
		began := cpuTime()
		w := openModel(emulator.WithStartTime(monday), emulator.WithSeed(modelSeed("UTC")))
		defer w.emu.Close()
		modelMust(w.emu.Seed(emulator.Seed{
			Segments: []emulator.SeedSegment{{Key: "on", Definition: object{"$state": "/profile/on"}}},
		}))
		var keys []string
		for i := range rapid.IntRange(1, 4).Draw(t, "journeys") {
			j, refused := g.journey(fmt.Sprint("j", i))
			err := w.emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{j}})
			mistakes, isRefusal := errors.AsType[*emulator.SeedError](err)
			require.Equal(t, refused, isRefusal, "%s: %v", modelJSON(j), err)
			if !refused {
				require.NoError(t, err)
				keys = append(keys, j.Key)
				continue
			}
			refusals++
			for _, p := range mistakes.Problems {
				require.Regexp(t, "millisecond|cycle", p.Message)
			}
		}
		g.act(w)
		guards += checkBudgets(t, w, keys)
		if took := cpuTime() - began; took > longest {
			longest = took
			t.Logf("the most expensive world so far took %v of CPU", took)
		}
	})
	t.Logf("refused %d Journeys, the guard ended %d runs, the most expensive world took %v of CPU",
		refusals, guards, longest)
}

// act tracks events of one Profile and advances the clock.
func (g cycleGen) act(w modelWorld) {
	for range rapid.IntRange(1, 3).Draw(g.T, "acts") {
		p := &segmentflow.TrackEventParams{
			Event:   draw(g, "track", "x", "y", "z", "stop"),
			Profile: segmentflow.ProfileIdentity{Email: "ann@example.com"},
		}
		if draw(g, "properties", "no", "yes") == "yes" {
			p.Profile.Properties = map[string]any{"on": draw(g, "on", true, false)}
		}
		_, err := w.client.Events.Track(context.Background(), p)
		modelMust(err)
		steps := []time.Duration{0, time.Second, time.Minute, 10 * time.Minute}
		if g.fine {
			steps = []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 50 * time.Millisecond}
		}
		w.emu.Advance(draw(g, "advance", steps...))
	}
}

// checkBudgets checks every run against the budgets, and returns how many runs the loop guard ended.
func checkBudgets(t *rapid.T, w modelWorld, keys []string) (guards int) {
	for _, key := range keys {
		for _, run := range w.emu.Runs(key).All() {
			visits := map[time.Time]int{}
			for _, step := range run.Path {
				visits[step.At]++
				require.LessOrEqual(t, visits[step.At], 1001, "run of %s", key)
			}
			if run.Error != "" {
				require.True(t, strings.HasPrefix(run.Error, "loop_guard: "), run.Error)
				guards++
			}
		}
	}
	due, waits := w.emu.NextDue()
	require.True(t, !waits || due.After(w.emu.Now()), "no task is due")
	return guards
}
