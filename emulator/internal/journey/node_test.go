package journey_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// nodeSample is a node of a type, with id a, and its expected behavior. Each of its
// edges leads to end.
type nodeSample struct {
	members string
	edges   []string // their labels
	// outcome is the outcome on arrival. It is empty if the run waits at the node.
	outcome string
	// fired is the outcome when the timer fires. It is empty if there is no timer.
	fired string
}

var nodeSamples = map[string]nodeSample{
	journey.TypeEmail: {members: `"template": "receipt", "next": "end"`, edges: []string{""}},
	journey.TypeDelay: {members: `"for": "PT1H", "next": "end"`, edges: []string{""}, fired: "elapsed"},
	journey.TypeWaitFor: {
		members: `"branches": [{"id": "b", "event": "f", "next": "end"}], "timeout": "P1D", "timeoutNext": "end"`,
		edges:   []string{"b", "timeout"},
		fired:   "timeout",
	},
	journey.TypeBranch: {
		members: `"paths": [{"id": "p", "when": false, "next": "end"}], "default": "end"`,
		edges:   []string{"p", "default"},
		outcome: "default",
	},
	journey.TypeRandomCohort: {
		members: `"arms": [{"id": "x", "percent": 100, "next": "end"}, {"id": "y", "percent": 0, "next": "end"}]`,
		edges:   []string{"x", "y"},
		outcome: "x",
	},
	journey.TypeSetProperty: {members: `"set": {"tier": "gold"}, "next": "end"`, edges: []string{""}, outcome: "set"},
	journey.TypeEmitEvent:   {members: `"event": "f", "next": "end"`, edges: []string{""}, outcome: "emitted"},
	journey.TypeExit:        {members: `"reason": "done"`, outcome: "done"},
}

func TestEveryNodeTypeIsComplete(t *testing.T) {
	require.Len(t, nodeSamples, len(journey.NodeTypes()))
	for _, name := range journey.NodeTypes() {
		t.Run(name, func(t *testing.T) {
			sample, ok := nodeSamples[name]
			require.True(t, ok, "add a sample of this type to nodeSamples")
			node := fmt.Sprintf(`{"id": "a", "type": %q, %s}`, name, sample.members)
			d := parse(t, doc(keyed, node, end))

			require.Equal(t, name, d.Node("a").Type)
			edges := d.Node("a").Edges()
			labels := make([]string, len(edges))
			for i, e := range edges {
				labels[i] = e.Label
				require.Equal(t, "end", e.To)
			}
			require.ElementsMatch(t, sample.edges, labels)

			requireEdgesAreChecked(t, node, len(edges))
			requireArrival(t, d, sample)
			requireTimer(t, d, sample)
		})
	}
}

// requireEdgesAreChecked tests that Check reports each edge of a node that leads to an
// unknown node or is missing.
func requireEdgesAreChecked(t *testing.T, node string, edges int) {
	t.Helper()
	// A branch leads to the node and to end, so that end is reachable in any case.
	faults := func(node string) []string {
		d := parse(t, doc(keyed, either("start", "a", "end"), node, end))
		return paths(d.Check(shop{}))
	}
	require.Empty(t, faults(node))
	for _, broken := range []string{
		strings.ReplaceAll(node, `"end"`, `"nowhere"`),
		regexp.MustCompile(`, "(next|default|timeoutNext)": "end"`).ReplaceAllString(node, ""),
	} {
		found := faults(broken)
		require.Len(t, found, edges, broken)
		for _, path := range found {
			require.Contains(t, path, "/nodes/1/", broken)
		}
	}
}

// requireArrival tests that a run waits, moves on or ends at the node, and that only
// an exit completes it.
func requireArrival(t *testing.T, d *journey.Definition, sample nodeSample) {
	t.Helper()
	effect := arrive(t, d, "a", input(t, `{}`))
	require.Equal(t, sample.outcome, effect.Outcome)
	require.Equal(t, sample.fired != "", effect.Until.After(noon), "nodes that set a timer must implement fire")
	switch {
	case d.Node("a").Type == journey.TypeExit:
		require.Equal(t, &journey.End{Status: journey.Completed, Reason: "done"}, effect.End)
		require.Empty(t, effect.Next)
	case effect.Outcome == "":
		require.Nil(t, effect.End)
		require.Empty(t, effect.Next)
		require.True(t, effect.Email != nil || effect.Until.After(noon), "the run would wait forever")
	default:
		require.Nil(t, effect.End)
		require.Equal(t, "end", effect.Next)
	}
}

func requireTimer(t *testing.T, d *journey.Definition, sample nodeSample) {
	t.Helper()
	effect, err := d.Fire("a")
	if sample.fired == "" {
		require.EqualError(t, err, `journey j has no timer at "a"`)
		return
	}
	require.NoError(t, err)
	require.Equal(t, journey.Effect{Outcome: sample.fired, Next: "end"}, effect)
}

func TestAnErrorNamesNodeTypesInTheOrderOfTheTable(t *testing.T) {
	_, findings := journey.Parse([]byte(nodes(`{"id": "a", "type": "sms", "next": "end"}`)))
	require.Len(t, findings, 1)
	const types = "email, delay, waitFor, branch, randomCohort, setProperty, emitEvent, exit"
	require.Equal(t, "must be one of "+types+`, not "sms"`, findings[0].Message)
}

// A file may have a node type that a newer emulator saved.
func TestARunDoesNotCompleteAtANodeThatCannotBeRead(t *testing.T) {
	for name, node := range map[string]string{
		"an unknown type":        `{"id": "a", "type": "sms", "next": "end"}`,
		"a delay without a kind": `{"id": "a", "type": "delay", "next": "end"}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := journey.Load([]byte(nodes(node)))
			require.NotNil(t, d)
			require.Empty(t, d.Node("a").Edges())
			effect, err := d.Arrive("a", input(t, `{}`))
			require.EqualError(t, err,
				`journey j has a node "a" that cannot be read; correct the journey and activate it again`)
			require.Zero(t, effect)
			_, err = d.Fire("a")
			require.EqualError(t, err, `journey j has no timer at "a"`)
		})
	}
}

// entrySample is an entry of a type, and its defaults.
type entrySample struct {
	members, reentry string
	// key is a key that can be found. It is empty if the type has no keys.
	key string
}

var entrySamples = map[string]entrySample{
	journey.EntryEvent:   {`, "event": "e"`, journey.ReenterAlways, "/event/id"},
	journey.EntryAPI:     {``, journey.ReenterAlways, "/data/id"},
	journey.EntrySegment: {members: `, "segment": "gold"`, reentry: journey.ReenterOnce},
}

func TestEveryEntryTypeIsComplete(t *testing.T) {
	require.Len(t, entrySamples, len(journey.EntryTypes()))
	for _, name := range journey.EntryTypes() {
		t.Run(name, func(t *testing.T) {
			sample, ok := entrySamples[name]
			require.True(t, ok, "add a sample of this type to entrySamples")
			entry := func(key string) string {
				if key != "" {
					key = `, "key": "` + key + `"`
				}
				return doc(`"entry": {"type": "`+name+`"`+sample.members+key+`}`, end)
			}
			d := parse(t, entry(""))
			require.Equal(t, name, d.Entry.Type)
			require.Equal(t, sample.reentry, d.Reentry.Mode)
			requireFindings(t, entry(""))

			if sample.key == "" {
				_, findings := journey.Parse([]byte(entry("/profile/id")))
				require.Equal(t, []string{"/entry/key"}, paths(findings))
				return
			}
			require.Equal(t, journey.ReenterAfterExit, parse(t, entry(sample.key)).Reentry.Mode)
			requireFindings(t, entry(sample.key))
			requireFindings(t, entry("/profile/id"))
			requireFindings(t, entry("/steps/id"), "/entry/key")
		})
	}
}

func TestAnErrorNamesEntryTypesInTheOrderOfTheTable(t *testing.T) {
	_, findings := journey.Parse([]byte(doc(`"entry": {"type": "list"}`, end)))
	require.Len(t, findings, 1)
	require.Equal(t, `must be one of event, api, segment, not "list"`, findings[0].Message)
}
