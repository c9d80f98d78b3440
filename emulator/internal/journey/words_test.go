package journey_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// wordsOfNodes are the members of nodes of each type, and their words.
var wordsOfNodes = map[string][][2]string{
	journey.TypeEmail: {
		{`"template": "receipt"`, "sends an email from the Template “receipt” if the Profile may not get it, " +
			"the run ends; if it cannot be sent, the run ends"},
		{`"template": "receipt", "subscriptionGroup": "news", "senderProfile": "shop", "subject": "Hi ${/profile/name}",
			"onUnsubscribed": "skip", "onFailure": "continue"`,
			"sends an email from the Template “receipt” only to those who consent to “news”; " +
				"the sender is “shop”; " +
				"the subject is “Hi ${/profile/name}”; if the Profile may not get it, the run goes on; " +
				"if it cannot be sent, the run goes on"},
	},
	journey.TypeDelay: {
		{`"for": "P1DT1H"`, "waits 1 day 1 hour"},
		{`"untilLocal": {"hour": 9, "minute": 5, "days": [1, 5], "timezone": "Asia/Tokyo"}`,
			"waits until the next 09:05 on Monday, Friday, in the Profile's time zone or else in Asia/Tokyo"},
		{`"untilLocal": {"hour": 9, "minute": 0}`,
			"waits until the next 09:00, in the Profile's time zone or else in the Organization's"},
		{`"untilProperty": {"path": "/profile/renewsAt", "offset": "-P2D", "ifPast": "exit"}`,
			"waits until 2 days before the time in the Profile's renewsAt if there is none, the run goes on; " +
				"if it is past, the run ends; if it is no time, the run ends"},
	},
	journey.TypeWaitFor: {
		{`"branches": [{"id": "paid", "event": "paid", "filter": {"$state": "/event/n", "gt": 1}, "next": "end"},
			{"id": "gold", "condition": {"$state": "/profile/tier", "eq": "gold"}, "next": "end"}],
			"timeout": "PT1H", "timeoutNext": "end", "since": "entry"`,
			"waits at most 1 hour for the first of these since the run began: (“paid”: an event “paid”, " +
				"of which this is true: the event's n is greater than 1); “gold”: the Profile's " +
				"tier is “gold”"},
	},
	journey.TypeBranch: {
		{`"paths": [{"id": "p", "when": {"inSegment": "vip"}, "next": "end"}], "default": "end"`,
			"takes the first path that is true: “p”: the Profile is in the Segment “vip”; " +
				"otherwise: the default"},
	},
	journey.TypeRandomCohort: {
		{`"arms": [{"id": "x", "percent": 12.5, "next": "end"}, {"id": "y", "percent": 87.5, "next": "end"}]`,
			"draws an arm for the Profile, the same one in all of its runs: “x”: 12.5 %; “y”: 87.5 %"},
		{`"arms": [{"id": "x", "percent": 100, "next": "end"}], "sticky": "run"`,
			"draws an arm for each run: “x”: 100 %"},
	},
	journey.TypeSetProperty: {
		{`"set": {"a": null, "b": {"$state": "/data/b"}, "c": [1, {"d": "x"}],
			"e": {"$cond": true, "$then": 1, "$else": {"$template": "Hi ${/profile/n}"}}}`,
			"sets properties of the Profile: “a”: nothing; “b”: the data's b; “c”: a list of " +
				"1, an object of d: “x”; " +
				"“e”: 1 if this is true: always; otherwise “Hi ${/profile/n}”"},
	},
	journey.TypeEmitEvent: {
		{`"event": "f"`, "records an event “f”"},
		{`"event": "f", "data": {"n": 1}`, "records an event “f”, with data: “n”: 1"},
		{`"event": "f", "data": {"$state": "/event"}`, "records an event “f”, with this data: the value at /event"},
	},
	journey.TypeExit: {
		{`"reason": "done"`, "ends the run with the reason “done”"},
		{``, "ends the run"},
	},
}

// A new type of node fails this test until it has a sample.
func TestEveryNodeTypeHasWords(t *testing.T) {
	require.Len(t, wordsOfNodes, len(journey.NodeTypes()))
	for _, name := range journey.NodeTypes() {
		require.NotEmpty(t, wordsOfNodes[name], "add a sample of this type")
		for _, sample := range wordsOfNodes[name] {
			d := parse(t, doc(keyed, fmt.Sprintf(`{"id": "a", "type": %q%s}`, name, comma(sample[0])), end))
			require.Equal(t, sample[1], d.Node("a").Words().String())
		}
	}
}

func TestADefinitionHasWords(t *testing.T) {
	for members, want := range map[string][]string{
		`"entry": {"type": "event", "event": "go", "filter": {"$state": "/event/n", "gt": 1}, "key": "/event/id"},
		"audience": {"subscribed": "news"}, "reentry": {"mode": "once"}, "settings": {"onPause": "drain"}`: {
			"an event “go” starts a run",
			"only if this is true: the event's n is greater than 1",
			"only for Profiles of which this is true: the Profile is subscribed to “news”, by " +
				"its choice or by the " +
				"group's policy",
			"its key is the event's id",
			"a Profile may enter with the same key once",
			"while it is paused, runs go on to their next email",
		},
		`"entry": {"type": "segment", "segment": "vip", "enrollExisting": true},
		"settings": {"exitDuringDelay": "atEnd"},
		"reentry": {"mode": "afterExit", "cooldown": "P7D"}`: {
			"a Profile that joins the Segment “vip” starts a run",
			"members that the Segment already has enter when the Journey is activated",
			"a Profile may enter again when its last run has ended",
			"not before 7 days have passed since it last entered",
			"an exit rule ends a run at the end of its delay",
		},
		`"entry": {"type": "api"}`: {"a call of the API starts a run", "a Profile may enter again at any time"},
	} {
		d := parse(t, doc(members, `{"id": "a", "type": "exit"}`))
		words := []string{}
		for _, phrase := range d.Words() {
			words = append(words, phrase.String())
		}
		require.Equal(t, want, words)
	}
}

func TestAnExitRuleHasWords(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "event", "event": "go", "key": "/event/id"}, "exitOn": [
		{"id": "paid", "event": "paid", "matchKey": true},
		{"id": "left", "condition": {"$not": {"inSegment": "vip"}}}]`,
		`{"id": "a", "type": "exit"}`))
	require.Equal(t, "“paid”: an event “paid” with the key of the run", d.ExitOn[0].Words().String())
	require.Equal(t, "“left”: not: the Profile is in the Segment “vip”", d.ExitOn[1].Words().String())
}

// comma puts a comma before members.
func comma(members string) string {
	if members == "" {
		return ""
	}
	return ", " + members
}

func TestADefinitionNamesItsSegments(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "segment", "segment": "joined"}, "audience": {"inSegment": "audience"},
		"exitOn": [{"id": "x", "condition": {"$not": {"inSegment": "exit"}}},
			{"id": "y", "event": "e", "filter": {"inSegment": "filter"}}]`,
		`{"id": "a", "type": "waitFor", "branches": [{"id": "b", "condition": {"inSegment": "wait"}, "next": "s"}],
			"timeout": "P1D", "timeoutNext": "s"}`,
		`{"id": "s", "type": "setProperty", "set": {"x": {"$cond": {"inSegment": "set"}, "$then": 1}}, "next": "br"}`,
		`{"id": "br", "type": "branch", "paths": [{"id": "p", "when": {"inSegment": "branch"}, "next": "end"}],
			"default": "end"}`, end))
	require.Equal(t, []string{"audience", "branch", "exit", "filter", "joined", "set", "wait"}, d.Segments())
}
