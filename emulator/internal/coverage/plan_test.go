package coverage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
)

// document returns the Journey "j", which starts at "a", with more members and these nodes.
func document(members string, nodes ...string) *coverage.Version {
	if !strings.Contains(members, `"entry"`) {
		members = `"entry": {"type": "event", "event": "go"}` + members
	}
	return coverage.NewVersion(1, fmt.Appendf(nil,
		`{"key": "j", "start": "a", %s, "nodes": [%s]}`, members, strings.Join(nodes, ", ")))
}

const end = `{"id": "end", "type": "exit"}`

// recorded returns the one version of a directory in which an emulator has reached places of a version.
func recorded(t *testing.T, version *coverage.Version, places ...coverage.Place) coverage.Journey {
	t.Helper()
	dir := t.TempDir()
	record(t, dir, version, places...)
	report, err := coverage.Read(dir)
	require.NoError(t, err)
	require.Len(t, report.Journeys, 1)
	return report.Journeys[0]
}

func record(t *testing.T, dir string, version *coverage.Version, places ...coverage.Place) {
	t.Helper()
	recorder, err := coverage.Open(dir)
	require.NoError(t, err)
	recorder.Add(coverage.Mark{Version: version})
	for _, place := range places {
		recorder.Add(coverage.Mark{Version: version, Place: place})
	}
	require.NoError(t, recorder.Close())
}

// texts returns parts as "kind label count", with "-" before what does not count.
func texts(parts []coverage.Part) []string {
	list := []string{}
	for _, part := range parts {
		text := fmt.Sprintf("%s %s %d", part.Kind, part.Label(), part.Count)
		if part.Uncounted {
			text = "- " + text
		}
		list = append(list, text)
	}
	return list
}

// partCases are nodes "a", and the parts that they have besides those of the node "end".
var partCases = map[string]struct {
	members, node string
	reached       []coverage.Place
	want          []string
}{
	"an exit": {node: `{"id": "a", "type": "exit"}`, want: []string{"node a (exit) 0"}},
	"an email without a group": {
		node: `{"id": "a", "type": "email", "template": "t", "next": "end"}`,
		want: []string{"node a (email) 0", "branch a: sent → end 0", "skip a: suppressed 0"},
	},
	"an email with a group": {
		node: `{"id": "a", "type": "email", "template": "t", "subscriptionGroup": "g", "next": "end"}`,
		reached: []coverage.Place{
			coverage.Way("a", "skipped: not_opted_in", ""), coverage.Way("a", "skipped: unsubscribed", ""),
			coverage.Way("a", "skipped: suppressed_bounce", ""), coverage.Way("a", "skipped: profile_deleted", ""),
			coverage.Way("a", "failed: template_render_failed", ""),
		},
		want: []string{
			"node a (email) 0", "branch a: sent → end 0", "- branch a: failed, ends the run 1",
			"skip a: unsubscribed 2", "skip a: suppressed 1", "- skip a: profile_deleted 1",
		},
	},
	"an email after whose failure the run goes on": {
		members: `, "settings": {"onSendFailure": "continue", "onUnsubscribed": "skip"}`,
		node:    `{"id": "a", "type": "email", "template": "t", "next": "end"}`,
		reached: []coverage.Place{
			coverage.Way("a", "failed: template_missing", "end"),
			coverage.Way("a", "skipped: suppressed_manual", "end"),
		},
		want: []string{
			"node a (email) 0", "branch a: sent → end 0", "branch a: failed → end 1", "skip a: suppressed 1",
		},
	},
	"a delay": {
		node:    `{"id": "a", "type": "delay", "for": "P1D", "next": "end"}`,
		reached: []coverage.Place{coverage.Node("a"), coverage.Node("a"), coverage.Way("a", "elapsed", "end")},
		want:    []string{"node a (delay) 2", "branch a: elapsed → end 1"},
	},
	"a delay until a property": {
		node: `{"id": "a", "type": "delay", "next": "end",
				"untilProperty": {"path": "/profile/x", "ifPast": "exit"}}`,
		reached: []coverage.Place{
			coverage.Way("a", "past", ""), coverage.Way("a", "missing", "end"), coverage.Way("a", "missing", "end"),
		},
		want: []string{
			"node a (delay) 0", "branch a: elapsed → end 0", "branch a: missing → end 2",
			"branch a: past, ends the run 1", "branch a: unreadable, ends the run 0",
		},
	},
	"a wait": {
		node: `{"id": "a", "type": "waitFor", "branches": [{"id": "b", "event": "f", "next": "end"},
				{"id": "timeout", "event": "g", "next": "a"}], "timeout": "P1D", "timeoutNext": "end"}`,
		reached: []coverage.Place{coverage.Way("a", "b", "end"), coverage.Way("a", "timeout", "end")},
		want: []string{
			"node a (waitFor) 0", "branch a: b → end 1", "branch a: timeout → a 0", "branch a: timeout → end 1",
		},
	},
	"a branch": {
		node: `{"id": "a", "type": "branch", "default": "end",
				"paths": [{"id": "p", "when": true, "next": "end"}]}`,
		reached: []coverage.Place{coverage.Way("a", "p", "end")},
		want:    []string{"node a (branch) 0", "branch a: p → end 1", "branch a: default → end 0"},
	},
	"a cohort, of which an arm gets nobody": {
		node: `{"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": 100, "next": "end"},
				{"id": "y", "percent": 0, "next": "end"}]}`,
		want: []string{"node a (randomCohort) 0", "branch a: x → end 0", "- branch a: y → end 0"},
	},
	"setting a property": {
		node:    `{"id": "a", "type": "setProperty", "set": {"x": 1}, "next": "end"}`,
		reached: []coverage.Place{coverage.Way("a", "set", "end")},
		want:    []string{"node a (setProperty) 0", "branch a: next → end 1"},
	},
	"an event": {
		node:    `{"id": "a", "type": "emitEvent", "event": "x", "next": "end"}`,
		reached: []coverage.Place{coverage.Way("a", "emitted", "end")},
		want:    []string{"node a (emitEvent) 0", "branch a: next → end 1"},
	},
	"exit rules": {
		members: `, "exitOn": [{"id": "x", "event": "f"}, {"id": "y", "condition": {"$state": "/profile/y"}}]`,
		node:    `{"id": "a", "type": "exit"}`,
		reached: []coverage.Place{coverage.Exit("y")},
		want:    []string{"node a (exit) 0", "exitRule x 0", "exitRule y 1"},
	},
}

func TestThePartsOfEachNodeType(t *testing.T) {
	for name, c := range partCases {
		t.Run(name, func(t *testing.T) {
			got := texts(recorded(t, document(c.members, c.node, end), c.reached...).Parts)
			rest := []string{}
			for _, text := range got {
				if text != "node end (exit) 0" && text != "skip entry: suppressed 0" {
					rest = append(rest, text)
				}
			}
			require.Equal(t, c.want, rest)
			require.Contains(t, got, "skip entry: suppressed 0")
		})
	}
}

func TestTheSkipReasonsThatAnEntryCanHave(t *testing.T) {
	for _, c := range []struct{ entry, want string }{
		{
			`"entry": {"type": "event", "event": "go"}`,
			"suppressed",
		},
		{
			`"entry": {"type": "api", "filter": true}`,
			"filter_mismatch suppressed",
		},
		{
			`"entry": {"type": "event", "event": "go", "key": "/event/id"}`,
			"missing_key already_active suppressed",
		},
		{
			`"entry": {"type": "event", "event": "go", "key": "/profile/id"}`,
			"already_active suppressed",
		},
		{
			`"entry": {"type": "event", "event": "go"}, "audience": true`,
			"audience_mismatch suppressed",
		},
		{
			`"entry": {"type": "segment", "segment": "s"}`,
			"already_active already_entered suppressed",
		},
		{
			`"entry": {"type": "api"}, "reentry": {"mode": "always", "cooldown": "P1D"}`,
			"cooldown suppressed",
		},
		{
			`"entry": {"type": "api"}, "reentry": {"mode": "afterExit"}`,
			"already_active suppressed",
		},
		{
			`"entry": {"type": "api"}, "reentry": {"mode": "once", "cooldown": "P1D"}`,
			"already_active already_entered suppressed",
		},
		{
			`"entry": {"type": "api"}, "reentry": {"mode": "afterExit", "cooldown": "P1D"}`,
			"already_active cooldown suppressed",
		},
	} {
		t.Run(c.entry, func(t *testing.T) {
			reasons := []string{}
			for _, part := range recorded(t, document(c.entry, `{"id": "a", "type": "exit"}`)).Parts {
				if part.Kind == coverage.PartSkip {
					reasons = append(reasons, part.Name)
				}
			}
			require.Equal(t, c.want, strings.Join(reasons, " "))
		})
	}
}

func TestAnEmailKeepsTheExactReasons(t *testing.T) {
	j := recorded(t, document("", `{"id": "a", "type": "email", "template": "t", "next": "end"}`, end),
		coverage.Way("a", "skipped: suppressed_bounce", ""), coverage.Way("a", "skipped: suppressed_manual", ""),
		coverage.Way("a", "skipped: suppressed_bounce", ""))
	require.Equal(t, map[string]int{"suppressed_bounce": 2, "suppressed_manual": 1}, j.Parts[2].Reasons)
}

func TestAPartThatIsNotInTheDefinitionDoesNotCount(t *testing.T) {
	j := recorded(t, document("", `{"id": "a", "type": "exit"}`),
		coverage.Node("gone"), coverage.Way("a", "loop_guard", ""), coverage.Exit("gone"), coverage.Skip("gone"))
	require.Equal(t, coverage.Share{Reached: 0, All: 2}, j.Share())
}
