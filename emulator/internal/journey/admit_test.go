package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// strict is an event journey in which every test of an admission can fail.
const strict = `"entry": {"type": "event", "event": "e", "filter": {"$state": "/event/ok"}, "key": "/event/id"},
	"audience": {"$state": "/profile/ok"}, "reentry": {"mode": "once", "cooldown": "P30D"}`

func admit(t testing.TB, d *journey.Definition, document string, h journey.History) journey.Admission {
	t.Helper()
	env := &cond.Env{Now: noon, State: state(t, document)}
	a, err := d.Admit(env, func(string) (journey.History, error) { return h, nil })
	require.NoError(t, err)
	a.Why = "" // it has its own test
	return a
}

func TestTheFirstFailingTestIsTheSkipReason(t *testing.T) {
	d := parse(t, doc(strict, end))
	ran := journey.History{Entered: true, LastEntered: noon}
	runs := journey.History{Entered: true, Active: true, LastEntered: noon}
	for name, c := range map[string]struct {
		state   string
		history journey.History
		want    journey.Admission
	}{
		"admitted": {
			`{"event": {"ok": true, "id": "1"}, "profile": {"ok": true}}`,
			journey.History{},
			journey.Admission{Key: "1"},
		},
		"the filter before a key": {`{"event": {}, "profile": {}}`, runs, journey.Admission{Skip: "filter_mismatch"}},
		"a key before an audience": {
			`{"event": {"ok": true}, "profile": {}}`, runs, journey.Admission{Skip: "missing_key"},
		},
		"an audience before runs": {
			`{"event": {"ok": true, "id": "1"}, "profile": {}}`,
			runs,
			journey.Admission{Key: "1", Skip: "audience_mismatch"},
		},
		"active before entered": {
			`{"event": {"ok": true, "id": "1"}, "profile": {"ok": true}}`,
			runs,
			journey.Admission{Key: "1", Skip: "already_active"},
		},
		"entered before cooldown": {
			`{"event": {"ok": true, "id": "1"}, "profile": {"ok": true}}`,
			ran,
			journey.Admission{Key: "1", Skip: "already_entered"},
		},
		"no event at all": {`{}`, journey.History{}, journey.Admission{Skip: "filter_mismatch"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, admit(t, d, c.state, c.history)) })
	}
}

func TestModesOfReentry(t *testing.T) {
	never, ran := journey.History{}, journey.History{Entered: true, LastEntered: noon.Add(-day)}
	runs := journey.History{Entered: true, Active: true, LastEntered: noon.Add(-day)}
	const (
		plain   = `{"type": "event", "event": "e"}`
		keyed   = `{"type": "event", "event": "e", "key": "/event/id"}`
		segment = `{"type": "segment", "segment": "gold"}`
	)
	for name, c := range map[string]struct {
		entry, reentry      string
		never, after, while string
	}{
		"an event enters always":               {plain, ``, "", "", ""},
		"a trigger enters always":              {`{"type": "api"}`, ``, "", "", ""},
		"a key enters after exit":              {keyed, ``, "", "", "already_active"},
		"a segment enters once":                {segment, ``, "", "already_entered", "already_active"},
		"always, with any key":                 {keyed, `"mode": "always"`, "", "", ""},
		"after exit, without a key":            {plain, `"mode": "afterExit"`, "", "", "already_active"},
		"once, without a key":                  {plain, `"mode": "once"`, "", "already_entered", "already_active"},
		"a segment again after exit":           {segment, `"mode": "afterExit"`, "", "", "already_active"},
		"always, after a cooldown":             {plain, `"cooldown": "P2D"`, "", "cooldown", "cooldown"},
		"after exit and a cooldown":            {keyed, `"cooldown": "P2D"`, "", "cooldown", "already_active"},
		"a cooldown that is over":              {plain, `"cooldown": "PT23H"`, "", "", ""},
		"a cooldown that ends at this instant": {plain, `"cooldown": "P1D"`, "", "", ""},
		"a cooldown one millisecond longer":    {plain, `"cooldown": "P1DT0.001S"`, "", "cooldown", "cooldown"},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, doc(`"entry": `+c.entry+`, "reentry": {`+c.reentry+`}`, end))
			const s = `{"event": {"id": "1"}}`
			require.Equal(t, c.never, admit(t, d, s, never).Skip, "never entered")
			require.Equal(t, c.after, admit(t, d, s, ran).Skip, "entered")
			require.Equal(t, c.while, admit(t, d, s, runs).Skip, "active")
		})
	}
}

func TestTheKeyOfARun(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "event", "event": "e", "key": "event/order/id"}`, end))
	missing := journey.Admission{Skip: "missing_key"}
	for name, c := range map[string]struct {
		id   string
		want journey.Admission
	}{
		"a string":              {`"a"`, journey.Admission{Key: "a"}},
		"a number":              {`42`, journey.Admission{Key: "42"}},
		"a number beyond 2^53":  {`9007199254740993`, journey.Admission{Key: "9007199254740993"}},
		"one number, two forms": {`1.50`, journey.Admission{Key: "1.5"}},
		"zero":                  {`0`, journey.Admission{Key: "0"}},
		"false":                 {`false`, journey.Admission{Key: "false"}},
		"null":                  {`null`, missing},
		"an empty string":       {`""`, missing},
		"a redacted value":      {`"[redacted]"`, missing},
		"an object":             {`{"a": 1}`, missing},
		"a list":                {`["a"]`, missing},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, admit(t, d, `{"event": {"order": {"id": `+c.id+`}}}`, journey.History{}))
		})
	}
	require.Equal(t, missing, admit(t, d, `{"event": {"order": {}}}`, journey.History{}))
	require.Equal(t, missing, admit(t, d, `{"event": null}`, journey.History{}))
}

func TestTheHistoryBelongsToTheKey(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "event", "event": "e", "key": "/event/id"}`, end))
	a, err := d.Admit(&cond.Env{Now: noon, State: state(t, `{"event": {"id": "b"}}`)},
		func(key string) (journey.History, error) {
			return journey.History{Entered: true, Active: key == "a", LastEntered: noon}, nil
		})
	require.NoError(t, err)
	require.Equal(t, journey.Admission{Key: "b"}, a)
}

func TestAdmitReturnsErrorsOfTheFacts(t *testing.T) {
	for name, head := range map[string]string{
		"filter":   `"entry": {"type": "api", "filter": {"subscribed": "offers"}}`,
		"audience": `"entry": {"type": "api"}, "audience": {"subscribed": "offers"}`,
	} {
		_, err := parse(t, doc(head, end)).Admit(&cond.Env{Now: noon, Facts: &person{err: errFacts}}, nil)
		require.ErrorIs(t, err, errFacts, name)
	}
	d := parse(t, doc(`"entry": {"type": "api"}, "reentry": {"mode": "once"}`, end))
	_, err := d.Admit(&cond.Env{Now: noon}, func(string) (journey.History, error) {
		return journey.History{}, errFacts
	})
	require.ErrorIs(t, err, errFacts)
}

func TestExitOnEvent(t *testing.T) {
	d := parse(t, doc(keyed+`, "exitOn": [
		{"id": "gone", "condition": true},
		{"id": "big", "event": "order.created", "filter": {"$state": "/event/total", "gt": 100}},
		{"id": "same", "event": "order.created", "matchKey": true},
		{"id": "refund", "event": "refund.*", "filter": {"$state": "/profile/tier", "eq": "gold"}},
		{"id": "counted", "event": "visit",
			"filter": {"performed": {"event": "visit", "filter": {"$state": "/event/n", "gt": 1}}}}]`, end))
	who := &person{events: []cond.Event{{Name: "visit", OccurredAt: noon, Data: map[string]any{"n": 2}}}}
	for name, c := range map[string]struct{ event, data, key, want string }{
		"another event":                  {"order.paid", `{}`, "1", ""},
		"the filter reads the new event": {"order.created", `{"total": 101}`, "1", "big"},
		"the first rule in order":        {"order.created", `{"total": 101, "id": "1"}`, "1", "big"},
		"the run's key":                  {"order.created", `{"id": "1"}`, "1", "same"},
		"the run's key as a number":      {"order.created", `{"id": 1}`, "1", "same"},
		"another key":                    {"order.created", `{"id": "2"}`, "1", ""},
		"no key in the event":            {"order.created", `{}`, "1", ""},
		"a null key in the event":        {"order.created", `{"id": null}`, "1", ""},
		"no key in the run":              {"order.created", `{"id": ""}`, "", ""},
		"no data":                        {"order.created", ``, "1", ""},
		"a redacted key":                 {"order.created", `{"id": "[redacted]"}`, "[redacted]", ""},
		"a pattern":                      {"refund.full", `{}`, "1", "refund"},
		"a pattern does not match its prefix without the dot": {"refund", `{}`, "1", ""},
		"a count uses its own events":                         {"visit", `{"n": 0}`, "1", "counted"},
	} {
		t.Run(name, func(t *testing.T) {
			env := &cond.Env{
				Now:   noon,
				State: state(t, `{"event": {"id": "1", "total": 500}, "profile": {"tier": "gold"}}`),
				Facts: who,
			}
			rule, err := d.ExitOnEvent(c.event, event(t, c.data), env, c.key)
			require.NoError(t, err)
			require.Equal(t, c.want, rule)
			require.Equal(t, state(t, `{"id": "1", "total": 500}`), cond.State(env.State["event"].(map[string]any)),
				"the run's event is unchanged")
		})
	}
}

func TestATriggeredRunMatchesTheKeyOfItsData(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "api", "key": "/data/orderId"},
		"exitOn": [{"id": "cancelled", "event": "order.cancelled", "matchKey": true}]`, end))
	require.Empty(t, d.Check(shop{}))
	env := &cond.Env{Now: noon, State: state(t, `{"data": {"orderId": "o1"}}`)}
	for data, want := range map[string]string{`{"orderId": "o1"}`: "cancelled", `{"orderId": "o2"}`: "", `{}`: ""} {
		rule, err := d.ExitOnEvent("order.cancelled", event(t, data), env, "o1")
		require.NoError(t, err)
		require.Equal(t, want, rule, data)
	}
}

func TestExitOnState(t *testing.T) {
	d := parse(t, doc(keyed+`, "exitOn": [
		{"id": "e", "event": "e"},
		{"id": "quiet", "condition": {"performed": {"event": "visit", "within": "P7D", "count": {"lt": 1}}}},
		{"id": "left", "condition": {"$state": "/profile/left", "eq": true}},
		{"id": "due", "condition": {"$state": "/profile/at", "within": "P9D", "not": true}}]`, end))
	visited := &person{events: []cond.Event{{Name: "visit", OccurredAt: noon.Add(-day)}}}
	for name, c := range map[string]struct {
		state string
		facts *person
		rule  string
		until time.Time
	}{
		"true now": {
			`{"profile": {"left": true, "at": "2026-06-05"}}`, visited, "left", time.Time{},
		},
		"the first in order":                {`{"profile": {"left": true}}`, &person{}, "quiet", time.Time{}},
		"the earliest that time makes true": {`{"profile": {"at": "2026-06-05"}}`, visited, "", noon.Add(6*day + ms)},
		"the other is earlier": {
			`{"profile": {"at": "2026-05-28"}}`, visited, "", at(t, "2026-06-06T00:00:00Z").Add(ms),
		},
	} {
		t.Run(name, func(t *testing.T) {
			rule, until, err := d.ExitOnState(&cond.Env{Now: noon, State: state(t, c.state), Facts: c.facts})
			require.NoError(t, err)
			require.Equal(t, c.rule, rule)
			require.Equal(t, c.until, until)
		})
	}
	never := parse(t, doc(keyed+`, "exitOn": [{"id": "left", "condition": {"$state": "/profile/left"}}]`, end))
	rule, until, err := never.ExitOnState(&cond.Env{Now: noon})
	require.NoError(t, err)
	require.Empty(t, rule)
	require.Zero(t, until)
}

func TestExitRulesReturnErrorsOfTheFacts(t *testing.T) {
	env := &cond.Env{Now: noon, Facts: &person{err: errFacts}}
	d := parse(t, doc(keyed+`, "exitOn": [
		{"id": "e", "event": "e", "filter": {"subscribed": "offers"}},
		{"id": "s", "condition": {"subscribed": "offers"}}]`, end))
	_, err := d.ExitOnEvent("e", nil, env, "")
	require.ErrorIs(t, err, errFacts)
	_, _, err = d.ExitOnState(env)
	require.ErrorIs(t, err, errFacts)
	require.Equal(t, "exit_rule:s", journey.ExitRuleReason("s"))
}
