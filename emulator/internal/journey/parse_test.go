package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

func TestTheSampleJourneysAreValid(t *testing.T) {
	for _, name := range []string{"trial-onboarding", "password-reset", "loyalty-upgrade", "everything"} {
		t.Run(name, func(t *testing.T) {
			d, findings := journey.Parse(file(t, name))
			require.Empty(t, findings)
			require.Empty(t, d.Check(shop{}))
			validated, findings := journey.Validate(file(t, name), shop{})
			require.Empty(t, findings)
			require.Equal(t, d, validated)
			require.Equal(t, name, d.Key)
		})
	}
}

func TestParseReadsEveryMember(t *testing.T) {
	d := parse(t, string(file(t, "everything")))
	require.Equal(t, "1f0e2d3c-4b5a-4968-8776-655443322110", d.ID)
	require.Equal(t, "Every member there is", d.Name)
	require.Equal(t, "Draft", d.Status)
	require.Equal(t, "cart.filled", d.Entry.Event)
	require.Equal(t, cond.Pointer{"event", "cartId"}, d.Entry.Key)
	require.Equal(t, journey.Reentry{Mode: journey.ReenterAfterExit, Cooldown: 30 * day}, d.Reentry)
	require.Equal(t, journey.Settings{
		OnUnsubscribed:  journey.Skip,
		OnSendFailure:   journey.Continue,
		OnPause:         journey.Drain,
		ExitDuringDelay: journey.AtEnd,
	}, d.Settings)
	require.True(t, d.HasConditionRules())
	require.Equal(t, time.Hour, d.Node("hour").Delay.For)
	local := d.Node("morning").Delay.Local
	require.Equal(t, []time.Weekday{1, 2, 3, 4, 5}, local.Days)
	require.Equal(t, "Europe/Berlin", local.Zone.String())
	require.Equal(t, -7*day, d.Node("renewal").Delay.Property.Offset)
	require.Equal(t, 2*day, d.Node("wait").Wait.Timeout)
	require.True(t, d.Node("wait").Wait.SinceEntry)
	require.True(t, d.Node("cohort").Cohort.PerRun)
	require.Equal(t, 3333, d.Node("cohort").Cohort.Arms[0].Share)
	require.Equal(t, journey.Exit, d.Node("mail").Email.OnUnsubscribed)
	require.Nil(t, d.Node("nowhere"))
	require.Len(t, d.Nodes, 10)
}

func TestEdgesLeadToTheNextNodes(t *testing.T) {
	d := parse(t, string(file(t, "everything")))
	for node, want := range map[string][]string{
		"hour": {":morning"}, "note": {":mail"}, "tell": {":done"}, "mail": {":done"}, "done": nil,
		"wait":   {"opened:split", "vip:cohort", "timeout:cohort"},
		"split":  {"a:note", "b:mail", "default:done"},
		"cohort": {"x:mail", "y:tell"},
	} {
		var got []string
		for _, e := range d.Node(node).Edges() {
			got = append(got, e.Label+":"+e.To)
		}
		require.Equal(t, want, got, node)
	}
}

func TestDefaults(t *testing.T) {
	d := parse(t, `{"key": "k", "entry": {"type": "api"}}`)
	require.Equal(t, "k", d.Name)
	require.Equal(t, "Draft", d.Status)
	require.False(t, d.HasConditionRules())
	require.Equal(t, journey.Settings{
		OnUnsubscribed:  journey.Exit,
		OnSendFailure:   journey.Exit,
		OnPause:         journey.Freeze,
		ExitDuringDelay: journey.Now,
	}, d.Settings)
	for name, c := range map[string]struct{ entry, reentry, mode string }{
		"event": {`{"type": "event", "event": "e"}`, "", journey.ReenterAlways},
		"event with a key": {
			`{"type": "event", "event": "e", "key": "/event/id"}`, "", journey.ReenterAfterExit,
		},
		"api":            {`{"type": "api"}`, "", journey.ReenterAlways},
		"api with a key": {`{"type": "api", "key": "/data/id"}`, "", journey.ReenterAfterExit},
		"segment":        {`{"type": "segment", "segment": "gold"}`, "", journey.ReenterOnce},
		"a mode is kept": {
			`{"type": "segment", "segment": "gold"}`, `, "reentry": {"mode": "always"}`, journey.ReenterAlways,
		},
		"a cooldown changes no mode": {
			`{"type": "segment", "segment": "gold"}`, `, "reentry": {"cooldown": "P1D"}`, journey.ReenterOnce,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.mode, parse(t, `{"key": "k", "entry": `+c.entry+c.reentry+`}`).Reentry.Mode)
		})
	}
}

func TestADraftMayBeIncomplete(t *testing.T) {
	parse(t,
		`{"key": "k", "entry": {"type": "event", "event": "e"}, "nodes": [{"id": "a", "type": "delay", "for": "P1D"}]}`)
}

func TestParseRefusesWrongShapesOfTheHead(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"not JSON":                   {`{`, ""},
		"not an object":              {`[]`, ""},
		"unknown member":             {head(`"version": 1`), "/version"},
		"unknown member to escape":   {head(`"a/b": 1`), "/a~1b"},
		"empty id":                   {head(`"id": ""`), "/id"},
		"no key":                     {`{"entry": {"type": "api"}}`, "/key"},
		"key is null":                {`{"key": null, "entry": {"type": "api"}}`, "/key"},
		"long key":                   {`{"key": "` + string(make121()) + `", "entry": {"type": "api"}}`, "/key"},
		"name is a number":           {head(`"name": 1`), "/name"},
		"unknown status":             {head(`"status": "active"`), "/status"},
		"no entry":                   {`{"key": "k"}`, "/entry"},
		"entry is not an object":     {`{"key": "k", "entry": "event"}`, "/entry"},
		"unknown type of entry":      {`{"key": "k", "entry": {"type": "manual"}}`, "/entry/type"},
		"event entry without event":  {`{"key": "k", "entry": {"type": "event"}}`, "/entry/event"},
		"event entry with a pattern": {`{"key": "k", "entry": {"type": "event", "event": "e.*"}}`, "/entry/event"},
		"event entry with a segment": {
			`{"key": "k", "entry": {"type": "event", "event": "e", "segment": "gold"}}`, "/entry/segment",
		},
		"api entry with an event":       {`{"key": "k", "entry": {"type": "api", "event": "e"}}`, "/entry/event"},
		"segment entry without segment": {`{"key": "k", "entry": {"type": "segment"}}`, "/entry/segment"},
		"segment entry with a filter": {
			`{"key": "k", "entry": {"type": "segment", "segment": "gold", "filter": true}}`, "/entry/filter",
		},
		"enrollExisting is a word": {
			`{"key": "k", "entry": {"type": "segment", "segment": "gold", "enrollExisting": "yes"}}`,
			"/entry/enrollExisting",
		},
		"filter is not a condition": {
			`{"key": "k", "entry": {"type": "api", "filter": {"$state": "/p", "gt": "x"}}}`, "/entry/filter/gt",
		},
		"filter is null":              {`{"key": "k", "entry": {"type": "api", "filter": null}}`, "/entry/filter"},
		"key is not a pointer":        {`{"key": "k", "entry": {"type": "api", "key": "/data/~2"}}`, "/entry/key"},
		"key is empty":                {`{"key": "k", "entry": {"type": "api", "key": ""}}`, "/entry/key"},
		"audience is not a condition": {head(`"audience": {"$or": [{"who": 1}]}`), "/audience/$or/0/who"},
		"reentry is a word":           {head(`"reentry": "once"`), "/reentry"},
		"unknown mode":                {head(`"reentry": {"mode": "never"}`), "/reentry/mode"},
		"unknown member of reentry":   {head(`"reentry": {"limit": 1}`), "/reentry/limit"},
		"cooldown of a month":         {head(`"reentry": {"cooldown": "P1M"}`), "/reentry/cooldown"},
		"cooldown is a number":        {head(`"reentry": {"cooldown": 3}`), "/reentry/cooldown"},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.document, c.path) })
	}
}

func TestParseRefusesWrongShapesOfExitRulesSettingsAndNodes(t *testing.T) {
	for name, c := range map[string]struct{ document, path string }{
		"exitOn is an object":                   {head(`"exitOn": {}`), "/exitOn"},
		"exit rule is a word":                   {head(`"exitOn": ["left"]`), "/exitOn/0"},
		"exit rule without id":                  {head(`"exitOn": [{"event": "e"}]`), "/exitOn/0/id"},
		"exit rule without event and condition": {head(`"exitOn": [{"id": "x"}]`), "/exitOn/0"},
		"exit rule with both": {
			head(`"exitOn": [{"id": "x", "event": "e", "condition": true}]`), "/exitOn/0",
		},
		"exit rule with an inner *": {head(`"exitOn": [{"id": "x", "event": "a*b"}]`), "/exitOn/0/event"},
		"exit rule with a filter and no event": {
			head(`"exitOn": [{"id": "x", "condition": true, "filter": true}]`), "/exitOn/0/filter",
		},
		"exit rule with a matchKey and no event": {
			head(`"exitOn": [{"id": "x", "condition": true, "matchKey": true}]`), "/exitOn/0/matchKey",
		},
		"matchKey is a word": {
			head(`"exitOn": [{"id": "x", "event": "e", "matchKey": "yes"}]`), "/exitOn/0/matchKey",
		},
		"condition is an empty list": {head(`"exitOn": [{"id": "x", "condition": []}]`), "/exitOn/0/condition"},
		"unknown member of an exit rule": {
			head(`"exitOn": [{"id": "x", "event": "e", "when": true}]`), "/exitOn/0/when",
		},
		"settings is a list": {head(`"settings": []`), "/settings"},
		"unknown setting":    {head(`"settings": {"quiet": true}`), "/settings/quiet"},
		"onUnsubscribed continues": {
			head(`"settings": {"onUnsubscribed": "continue"}`), "/settings/onUnsubscribed",
		},
		"onSendFailure skips":       {head(`"settings": {"onSendFailure": "skip"}`), "/settings/onSendFailure"},
		"onPause stops":             {head(`"settings": {"onPause": "stop"}`), "/settings/onPause"},
		"exitDuringDelay is null":   {head(`"settings": {"exitDuringDelay": null}`), "/settings/exitDuringDelay"},
		"start is a number":         {head(`"start": 1`), "/start"},
		"nodes is an object":        {`{"key": "k", "entry": {"type": "api"}, "nodes": {}}`, "/nodes"},
		"a node is a word":          {nodes(`"mail"`), "/nodes/0"},
		"a node without id":         {nodes(`{"type": "exit"}`), "/nodes/0/id"},
		"a node without type":       {nodes(`{"id": "a"}`), "/nodes/0/type"},
		"a node of an unknown type": {nodes(`{"id": "a", "type": "sms"}`), "/nodes/0/type"},
		"next is empty": {
			nodes(`{"id": "a", "type": "delay", "for": "P1D", "next": ""}`), "/nodes/0/next",
		},
		"an exit with a next":           {nodes(`{"id": "a", "type": "exit", "next": "end"}`), "/nodes/0/next"},
		"an exit's reason is an object": {nodes(`{"id": "a", "type": "exit", "reason": {}}`), "/nodes/0/reason"},
		"a branch with a next": {
			nodes(`{"id": "a", "type": "branch", "paths": [{"id": "p", "when": true}], "next": "end"}`),
			"/nodes/0/next",
		},
		"a wait with a next": {
			nodes(`{"id": "a", "type": "waitFor", "branches": [{"id": "p", "event": "e"}], "next": "end"}`),
			"/nodes/0/next",
		},
		"a cohort with a next": {
			nodes(`{"id": "a", "type": "randomCohort", "arms": [{"id": "p", "percent": 100}], "next": "end"}`),
			"/nodes/0/next",
		},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.document, c.path) })
	}
}

func refuses(t *testing.T, document, path string) {
	t.Helper()
	d, findings := journey.Parse([]byte(document))
	require.Nil(t, d)
	require.Equal(t, []string{path}, paths(findings), "%v", findings)
}

func make121() []byte {
	key := make([]byte, 121)
	for i := range key {
		key[i] = 'k'
	}
	return key
}

func TestParseReturnsAllFindingsInOrder(t *testing.T) {
	d, findings := journey.Parse([]byte(`{"kay": 1, "entry": {"type": "event"}, "exitOn": [{}],
		"nodes": [{"type": "delay"}, 1]}`))
	require.Nil(t, d)
	require.Equal(t,
		[]string{"/kay", "/key", "/entry/event", "/exitOn/0/id", "/exitOn/0", "/nodes/0/id", "/nodes/0", "/nodes/1"},
		paths(findings))
	for _, f := range findings {
		require.NotEmpty(t, f.Message)
	}
}
