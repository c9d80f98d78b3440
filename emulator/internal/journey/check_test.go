package journey_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

const (
	end     = `{"id": "end", "type": "exit"}`
	keyed   = `"entry": {"type": "event", "event": "e", "key": "/event/id"}`
	keyless = `"entry": {"type": "event", "event": "e"}`
)

// hour returns a delay of an hour with this id and next.
func hour(id, next string) string {
	return `{"id": "` + id + `", "type": "delay", "for": "PT1H", "next": "` + next + `"}`
}

// either returns a branch with this id and two edges.
func either(id, path, otherwise string) string {
	return `{"id": "` + id + `", "type": "branch",
		"paths": [{"id": "p", "when": true, "next": "` + path + `"}], "default": "` + otherwise + `"}`
}

// waits returns a waitFor with id a that leads to end. The string more has its other
// members.
func waits(more string) string {
	return `{"id": "a", "type": "waitFor", "timeout": "P1D", "timeoutNext": "end", ` + more + `}`
}

func TestCheckReportsFaultsOfTheHead(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"no start":         {`{"key": "j", "entry": {"type": "api"}, "nodes": [` + end + `]}`, "/start"},
		"an unknown start": {doc(`"entry": {"type": "api"}, "start": "x"`, end), "/start"},
		"a key that an event never has": {
			doc(`"entry": {"type": "event", "event": "e", "key": "/data/id"}`, end), "/entry/key",
		},
		"a key that a trigger never has": {doc(`"entry": {"type": "api", "key": "/event/id"}`, end), "/entry/key"},
		"a key that is all of the event": {
			doc(`"entry": {"type": "event", "event": "e", "key": "/event"}`, end), "/entry/key",
		},
		"an unknown segment": {doc(`"entry": {"type": "segment", "segment": "silver"}`, end), "/entry/segment"},
		"an unknown segment in a filter": {
			doc(`"entry": {"type": "api", "filter": [true, {"inSegment": "silver"}]}`, end),
			"/entry/filter/1/inSegment",
		},
		"an unknown group in an audience": {
			doc(`"entry": {"type": "api"}, "audience": {"$not": {"subscribed": "news"}}`, end),
			"/audience/$not/subscribed",
		},
		"an unknown template in an exit": {
			doc(keyed+`, "exitOn": [
				{"id": "x", "condition": {"$or": [{"received": {"event": "opened", "templateId": "x"}}, true]}}]`, end),
			"/exitOn/0/condition/$or/0/received/templateId",
		},
		"an unknown segment in an exit's filter": {
			doc(keyed+`, "exitOn": [{"id": "x", "event": "e", "filter": {"$and": [{"inSegment": "silver"}]}}]`, end),
			"/exitOn/0/filter/$and/0/inSegment",
		},
		"an unknown segment in a count": {
			doc(keyed+`, "audience": {"performed": {"event": "e", "filter": {"inSegment": "silver"}}}`, end),
			"/audience/performed/filter/inSegment",
		},
		"two exit rules with the same id": {
			doc(keyed+`, "exitOn": [{"id": "x", "event": "e"}, {"id": "x", "event": "f"}]`, end), "/exitOn/1/id",
		},
		"an exit's matchKey without key": {
			doc(keyless+`, "exitOn": [{"id": "x", "event": "e", "matchKey": true}]`, end),
			"/exitOn/0/matchKey",
		},
		"a matchKey with a key of the Profile": {
			doc(`"entry": {"type": "api", "key": "/profile/id"},
				"exitOn": [{"id": "x", "event": "e", "matchKey": true}]`, end),
			"/exitOn/0/matchKey",
		},
		"a wait's matchKey without key": {
			doc(keyless, waits(`"branches": [{"id": "b", "event": "e", "next": "end"}], "matchKey": true`), end),
			"/nodes/0/matchKey",
		},
		"a matchKey in a segment's journey": {
			doc(`"entry": {"type": "segment", "segment": "gold"}`,
				waits(`"branches": [{"id": "b", "event": "e", "next": "end"}], "matchKey": true`), end),
			"/nodes/0/matchKey",
		},
	} {
		t.Run(name, func(t *testing.T) { requireFindings(t, c.document, c.path) })
	}
}

func TestCheckReportsFaultsOfNextNodes(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"two nodes with the same id": {
			doc(keyed, hour("a", "end"), end, `{"id": "a", "type": "exit"}`), "/nodes/2/id",
		},
		"an unknown next": {doc(keyed, either("a", "b", "end"), hour("b", "x"), end), "/nodes/1/next"},
		"no next": {
			doc(keyed, either("a", "b", "end"), `{"id": "b", "type": "delay", "for": "P1D"}`, end), "/nodes/1/next",
		},
		"no next of an email": {
			doc(keyed, either("a", "b", "end"), `{"id": "b", "type": "email", "template": "receipt"}`, end),
			"/nodes/1/next",
		},
		"no next of a property": {
			doc(keyed, either("a", "b", "end"), `{"id": "b", "type": "setProperty", "set": {"a": 1}}`, end),
			"/nodes/1/next",
		},
		"no next of an emission": {
			doc(keyed, either("a", "b", "end"), `{"id": "b", "type": "emitEvent", "event": "f"}`, end), "/nodes/1/next",
		},
		"an unknown next of a path": {doc(keyed, either("a", "x", "end"), end), "/nodes/0/paths/0/next"},
		"no next of a path": {
			doc(keyed, `{"id": "a", "type": "branch", "paths": [{"id": "p", "when": true}], "default": "end"}`, end),
			"/nodes/0/paths/0/next",
		},
		"a branch without default": {
			doc(keyed, `{"id": "a", "type": "branch", "paths": [{"id": "p", "when": true, "next": "end"}]}`, end),
			"/nodes/0/default",
		},
		"an unknown default": {doc(keyed, either("a", "end", "x"), end), "/nodes/0/default"},
	} {
		t.Run(name, func(t *testing.T) { requireFindings(t, c.document, c.path) })
	}
}

func TestCheckReportsFaultsOfAWait(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"a wait without timeoutNext": {
			doc(keyed,
				`{"id": "a", "type": "waitFor", "branches": [{"id": "b", "event": "e", "next": "end"}],
					"timeout": "P1D"}`, end),
			"/nodes/0/timeoutNext",
		},
		"a wait without timeout": {
			doc(keyed,
				`{"id": "a", "type": "waitFor", "branches": [{"id": "b", "event": "e", "next": "end"}],
					"timeoutNext": "end"}`, end),
			"/nodes/0/timeout",
		},
		"an unknown timeoutNext": {
			doc(keyed,
				`{"id": "a", "type": "waitFor", "branches": [{"id": "b", "event": "e", "next": "end"}],
					"timeout": "P1D", "timeoutNext": "x"}`, end),
			"/nodes/0/timeoutNext",
		},
		"an unknown next of a wait": {
			doc(keyed, waits(`"branches": [{"id": "b", "event": "e", "next": "x"}]`), end), "/nodes/0/branches/0/next",
		},
		"no next of a wait": {
			doc(keyed, waits(`"branches": [{"id": "b", "event": "e"}]`), end), "/nodes/0/branches/0/next",
		},
		"two branches with the same id": {
			doc(keyed,
				waits(`"branches": [
					{"id": "b", "event": "e", "next": "end"},
					{"id": "b", "condition": true, "next": "end"}]`), end),
			"/nodes/0/branches/1/id",
		},
		"an unknown segment in a wait": {
			doc(keyed, waits(`"branches": [{"id": "b", "condition": {"inSegment": "silver"}, "next": "end"}]`), end),
			"/nodes/0/branches/0/condition/inSegment",
		},
		"an unknown segment in a wait's filter": {
			doc(keyed,
				waits(`"branches": [{"id": "b", "event": "e", "filter": {"inSegment": "silver"}, "next": "end"}]`),
				end),
			"/nodes/0/branches/0/filter/inSegment",
		},
	} {
		t.Run(name, func(t *testing.T) { requireFindings(t, c.document, c.path) })
	}
}

func TestCheckReportsFaultsOfABranch(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"two paths with the same id": {
			doc(keyed,
				`{"id": "a", "type": "branch",
					"paths": [{"id": "p", "when": true, "next": "end"}, {"id": "p", "when": true, "next": "end"}],
					"default": "end"}`, end),
			"/nodes/0/paths/1/id",
		},
		"an unknown group in a path": {
			doc(keyed,
				`{"id": "a", "type": "branch", "paths": [{"id": "p", "when": {"subscribed": "news"}, "next": "end"}],
					"default": "end"}`, end),
			"/nodes/0/paths/0/when/subscribed",
		},
	} {
		t.Run(name, func(t *testing.T) { requireFindings(t, c.document, c.path) })
	}
}

func TestCheckReportsFaultsOfACohortAndOfValues(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"two arms with the same id": {
			doc(keyed,
				`{"id": "a", "type": "randomCohort",
					"arms": [
						{"id": "x", "percent": 50, "next": "end"},
						{"id": "x", "percent": 50, "next": "end"}]}`, end),
			"/nodes/0/arms/1/id",
		},
		"arms below 100": {
			doc(keyed,
				`{"id": "a", "type": "randomCohort",
					"arms": [
						{"id": "x", "percent": 33.33, "next": "end"},
						{"id": "y", "percent": 66.66, "next": "end"}]}`, end),
			"/nodes/0/arms",
		},
		"arms above 100": {
			doc(keyed,
				`{"id": "a", "type": "randomCohort",
					"arms": [
						{"id": "x", "percent": 50, "next": "end"},
						{"id": "y", "percent": 50.01, "next": "end"}]}`, end),
			"/nodes/0/arms",
		},
		"an unknown next of an arm": {
			doc(keyed,
				`{"id": "a", "type": "randomCohort",
					"arms": [
						{"id": "x", "percent": 100, "next": "x"},
						{"id": "y", "percent": 0, "next": "end"}]}`, end),
			"/nodes/0/arms/0/next",
		},
		"an unreachable node": {doc(keyed, hour("a", "end"), end, hour("b", "end")), "/nodes/2"},
		"an unknown segment in a set": {
			doc(keyed,
				`{"id": "a", "type": "setProperty",
					"set": {"n": [{"m": {"$cond": {"inSegment": "silver"}, "$then": 1}}]}, "next": "end"}`, end),
			"/nodes/0/set/n/0/m/$cond/inSegment",
		},
		"an unknown group in an emission": {
			doc(keyed,
				`{"id": "a", "type": "emitEvent", "event": "f",
					"data": {"n": {"$cond": {"subscribed": "news"}, "$then": 1, "$else": 2}}, "next": "end"}`, end),
			"/nodes/0/data/n/$cond/subscribed",
		},
	} {
		t.Run(name, func(t *testing.T) { requireFindings(t, c.document, c.path) })
	}
}

// requireFindings checks that Check returns findings at these paths and no others.
func requireFindings(t *testing.T, document string, want ...string) {
	t.Helper()
	findings := parse(t, document).Check(shop{})
	require.ElementsMatch(t, want, paths(findings), "%v", findings)
	validated, again := journey.Validate([]byte(document), shop{})
	require.Equal(t, len(want) == 0, validated != nil)
	if len(want) > 0 {
		require.Equal(t, findings, again)
	}
}

func TestCheckOfAnEmail(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"Transactional needs no group":   {`"template": "receipt"`, ""},
		"Transactional may have a group": {`"template": "receipt", "subscriptionGroup": "offers"`, ""},
		"Promotional has a group":        {`"template": "offer", "subscriptionGroup": "offers"`, ""},
		"Promotional needs a group":      {`"template": "offer"`, "/subscriptionGroup"},
		"Newsletter needs a group":       {`"template": "issue"`, "/subscriptionGroup"},
		"an unknown group": {
			`"template": "offer", "subscriptionGroup": "news"`, "/subscriptionGroup",
		},
		"an unknown template":                   {`"template": "x"`, "/template"},
		"an archived template":                  {`"template": "old"`, "/template"},
		"a template whose sender is unverified": {`"template": "unverified"`, "/template"},
		"a verified sender of the node instead": {`"template": "unverified", "senderProfile": "shop"`, ""},
		"an unknown sender": {
			`"template": "receipt", "senderProfile": "x"`, "/senderProfile",
		},
		"an unverified sender": {`"template": "receipt", "senderProfile": "beta"`, "/senderProfile"},
		"an unknown group in a condition of the subject": {
			`"template": "receipt", "subject": {"$cond": {"subscribed": "x"}, "$then": "a"}`,
			"/subject/$cond/subscribed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			document := nodes(`{"id": "a", "type": "email", "next": "end", ` + c.members + `}`)
			if c.path == "" {
				requireFindings(t, document)
				return
			}
			requireFindings(t, document, "/nodes/0"+c.path)
		})
	}
}

func TestCheckReportsEverythingAtOnce(t *testing.T) {
	requireFindings(t,
		doc(keyless+`, "audience": {"inSegment": "silver"}, "exitOn": [{"id": "x", "event": "e", "matchKey": true}],
			"start": "nowhere"`,
			`{"id": "a", "type": "email", "template": "x"}`, hour("a", "b")),
		"/audience/inSegment", "/exitOn/0/matchKey", "/start", "/nodes/1/id", "/nodes/0/template", "/nodes/0/next",
		"/nodes/1/next")
}

func TestAJourneyWithoutNodesCannotRun(t *testing.T) {
	requireFindings(t, `{"key": "j", "entry": {"type": "api"}}`, "/start", "/nodes")
}

func TestValidateReportsShapeAndReferencesTogether(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		want     []string
	}{
		"not an object": {`7`, []string{""}},
		"a member that cannot be read is not also missing": {
			doc(keyed, `{"id": "a", "type": "email", "template": 7, "next": 1}`, end),
			[]string{"/nodes/0/next", "/nodes/0/template"},
		},
		"nodes behind one that cannot be read are not unreachable": {
			doc(keyed, `{"id": "a", "type": "sms", "next": "b"}`, hour("b", "x")),
			[]string{"/nodes/0/type", "/nodes/1/next"},
		},
		"a delay without a kind": {
			doc(keyed, `{"id": "a", "type": "delay", "untilLocal": 1, "next": "b"}`, end),
			[]string{"/nodes/0/untilLocal"},
		},
		"items that cannot be read keep their place": {
			doc(keyed,
				`{"id": "a", "type": "branch", "paths": [7, {"id": "p", "when": true, "next": "x"}],
					"default": "end"}`, end),
			[]string{"/nodes/0/paths/0", "/nodes/0/paths/0/next", "/nodes/0/paths/1/next"},
		},
		"an empty head": {`{}`, []string{"/key", "/entry", "/start", "/nodes"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, findings := journey.Validate([]byte(c.document), shop{})
			require.Nil(t, d)
			require.Equal(t, c.want, paths(findings), "%v", findings)
		})
	}
}
