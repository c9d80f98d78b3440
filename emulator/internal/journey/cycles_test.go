package journey_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// setting returns a setProperty with the id b that leads to next.
func setting(next string) string {
	return `{"id": "b", "type": "setProperty", "set": {"n": 1}, "next": "` + next + `"}`
}

// until returns a delay with id a that leads to b. The string more has members of its
// untilProperty.
func until(more string) string {
	return `{"id": "a", "type": "delay", "untilProperty": {"path": "/profile/at"` + more + `}, "next": "b"}`
}

// waitFor returns a waitFor with id a and one branch, which leads to b. The string more
// has further members of the node.
func waitFor(branch, more string) string {
	return `{"id": "a", "type": "waitFor",
		"branches": [{"id": "b", ` + branch + `, "next": "b"}], "timeout": "P1D", "timeoutNext": "end"` + more + `}`
}

// cycle is a document, and the paths of the findings that it has.
type cycle struct {
	document string
	want     []string
}

func requireCycles(t *testing.T, cases map[string]cycle) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { requireFindings(t, c.document, c.want...) })
	}
}

// first is the path of the first node.
const first = "/nodes/0"

func TestCheckOfCycles(t *testing.T) {
	requireCycles(t, map[string]cycle{
		"a node that leads to itself": {doc(keyed, either("a", "a", "end"), end), []string{first}},
		"two branches": {
			doc(keyed, either("a", "b", "end"), either("b", "a", "end"), end), []string{first},
		},
		"a cycle behind the first node": {
			doc(keyed, hour("a", "b"), setting("c"), either("c", "b", "end"), end), []string{"/nodes/1"},
		},
		"two cycles": {doc(keyed, either("a", "a", "b"), either("b", "b", "end"), end), []string{first, "/nodes/1"}},
		"an email takes no time": {
			doc(keyed, `{"id": "a", "type": "email", "template": "receipt", "next": "b"}`, either("b", "a", "end"),
				end),
			[]string{first},
		},
		"an hour in it": {doc(keyed, hour("a", "b"), either("b", "a", "end"), end), nil},
		"a millisecond in it": {
			doc(keyed, `{"id": "a", "type": "delay", "for": "PT0.001S", "next": "b"}`, either("b", "a", "end"), end),
			nil,
		},
		"a local time in it": {
			doc(keyed, `{"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0}, "next": "b"}`,
				either("b", "a", "end"), end),
			nil,
		},
		"a property that may be past": {
			doc(keyed, until(`, "ifMissing": "exit"`), either("b", "a", "end"), end), []string{first},
		},
		"a property that may be missing": {
			doc(keyed, until(`, "ifPast": "exit"`), either("b", "a", "end"), end), []string{first},
		},
		"a property that exits": {
			doc(keyed, until(`, "ifPast": "exit", "ifMissing": "exit"`), either("b", "a", "end"), end), []string{first},
		},
	})
}

func TestCheckOfCyclesWithAWait(t *testing.T) {
	requireCycles(t, map[string]cycle{
		"a wait for an event": {doc(keyed, waitFor(`"event": "e"`, ""), setting("a"), end), nil},
		"a wait for a condition": {
			doc(keyed, waitFor(`"condition": {"$state": "/profile/x"}`, ""), setting("a"), end), []string{first},
		},
		"a wait for a condition that leads to itself": {
			doc(keyed, strings.Replace(waitFor(`"condition": true`, ""), `"next": "b"`, `"next": "a"`, 1), end),
			[]string{first},
		},
		"a condition beside the cycle": {
			doc(keyed,
				`{"id": "a", "type": "waitFor", "branches": [{"id": "b", "condition": true, "next": "end"}],
					"timeout": "P1D", "timeoutNext": "a"}`, end),
			nil,
		},
		"two waits for each other's condition": {doc(keyed, waitFor(`"condition": {"$state": "/profile/x"}`, ""),
			`{"id": "b", "type": "waitFor",
				"branches": [{"id": "b", "condition": {"$state": "/profile/y"}, "next": "a"}], "timeout": "P1D",
				"timeoutNext": "end"}`,
			end), []string{first}},
		"a wait that the same event ends again": {
			doc(keyed, waitFor(`"event": "e"`, `, "since": "entry"`), setting("a"), end), []string{first},
		},
		"a wait that times out": {
			doc(keyed,
				`{"id": "a", "type": "waitFor", "branches": [{"id": "b", "event": "e", "next": "end"}],
					"timeout": "P1D", "timeoutNext": "a"}`, end),
			nil,
		},
	})
}

func TestACycleIsNamed(t *testing.T) {
	findings := parse(t,
		doc(keyed, either("a", "b", "end"), either("b", "c", "end"), either("c", "a", "end"), end)).Check(shop{})
	require.Len(t, findings, 1)
	require.Contains(t, findings[0].Message, "a → b → c → a")
}

func TestManyCyclesAreFoundAtOnce(t *testing.T) {
	var all []string
	for i := range 499 {
		all = append(all, `{"id": "n`+fmt.Sprint(i)+`", "type": "branch", "default": "end", "paths": [`+
			repeated(100, `{"id": "p#", "when": true, "next": "n`+fmt.Sprint((i+1)%499)+`"}`)+`]}`)
	}
	d := parse(t, doc(keyed, append(all, end)...))
	findings := d.Check(shop{})
	require.Len(t, findings, 1)
	require.Contains(t, findings[0].Message, "n497 → n498 → n0")
}
