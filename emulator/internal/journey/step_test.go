package journey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

func fire(t testing.TB, d *journey.Definition, node string) journey.Effect {
	t.Helper()
	effect, err := d.Fire(node)
	require.NoError(t, err)
	return effect
}

func TestARunWaitsForItsEmail(t *testing.T) {
	d := parse(t, nodes(
		`{"id": "a", "type": "email", "template": "receipt", "subscriptionGroup": "offers", "senderProfile": "shop",
			"subject": "Hi ${profile/firstName}", "next": "end"}`,
		`{"id": "b", "type": "email", "template": "receipt",
			"subject": {"$cond": {"$state": "/profile/vip"}, "$then": "VIP", "$else": {"$state": "/event/none"}},
			"next": "end"}`,
		`{"id": "c", "type": "email", "template": "receipt", "next": "end"}`,
	))
	in := input(t, `{"profile": {"firstName": "Alex"}}`)
	require.Equal(t, journey.Effect{Email: &journey.Email{
		Template: "receipt", SubscriptionGroup: "offers", SenderProfile: "shop", Subject: "Hi Alex",
	}}, arrive(t, d, "a", in))
	require.Equal(t, journey.Effect{Email: &journey.Email{Template: "receipt"}}, arrive(t, d, "b", in))
	require.Equal(t, "VIP", arrive(t, d, "b", input(t, `{"profile": {"vip": true}}`)).Email.Subject)
	require.Equal(t, journey.Effect{Email: &journey.Email{Template: "receipt"}}, arrive(t, d, "c", in))
}

// exits returns the effect of a step that ends the run early.
func exits(outcome, reason string) journey.Effect {
	return journey.Effect{Outcome: outcome, End: &journey.End{Status: journey.Exited, Reason: reason}}
}

// movesOn returns the effect of a step that leads to the node end.
func movesOn(outcome string) journey.Effect {
	return journey.Effect{Outcome: outcome, Next: "end"}
}

func TestAfterAnEmail(t *testing.T) {
	failed := journey.Effect{
		Outcome: "failed: template_render_failed",
		End:     &journey.End{Status: journey.Failed, Error: "template_render_failed"},
	}
	const skip, carryOn = `"settings": {"onUnsubscribed": "skip"}`, `"settings": {"onSendFailure": "continue"}`
	for name, c := range map[string]struct {
		settings, node, status, reason string
		want                           journey.Effect
	}{
		"sent": {``, ``, "Sent", "", movesOn("sent")},
		"unsubscribed exits": {
			``, ``, "Skipped", "unsubscribed", exits("skipped: unsubscribed", "unsubscribed"),
		},
		"not_opted_in exits too": {``, ``, "Skipped", "not_opted_in", exits("skipped: not_opted_in", "unsubscribed")},
		"a bounce exits": {
			``, ``, "Skipped", "suppressed_bounce", exits("skipped: suppressed_bounce", "suppressed"),
		},
		"a complaint exits": {
			``, ``, "Skipped", "suppressed_complaint", exits("skipped: suppressed_complaint", "suppressed"),
		},
		"a manual suppression exits": {
			``, ``, "Skipped", "suppressed_manual", exits("skipped: suppressed_manual", "suppressed"),
		},
		"the settings skip": {skip, ``, "Skipped", "unsubscribed", movesOn("skipped: unsubscribed")},
		"the settings skip suppression too": {
			skip, ``, "Skipped", "suppressed_bounce", movesOn("skipped: suppressed_bounce"),
		},
		"the node skips": {
			``, `"onUnsubscribed": "skip"`, "Skipped", "unsubscribed", movesOn("skipped: unsubscribed"),
		},
		"the node exits against the journey": {
			skip, `"onUnsubscribed": "exit"`, "Skipped", "unsubscribed", exits("skipped: unsubscribed", "unsubscribed"),
		},
		"a deleted Profile exits": {
			``, ``, "Skipped", "profile_deleted", exits("skipped: profile_deleted", "profile_deleted"),
		},
		"a deleted Profile exits always": {
			skip, ``, "Skipped", "profile_deleted", exits("skipped: profile_deleted", "profile_deleted"),
		},
		"a failure fails": {``, ``, "Failed", "template_render_failed", failed},
		"the settings continue": {
			carryOn, ``, "Failed", "template_render_failed", movesOn("failed: template_render_failed"),
		},
		"the node continues": {
			``, `"onFailure": "continue"`, "Failed", "template_render_failed",
			movesOn("failed: template_render_failed"),
		},
		"the node fails against the journey": {
			carryOn, `"onFailure": "exit"`, "Failed", "template_render_failed", failed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			node := join(`{"id": "a", "type": "email", "template": "receipt", "next": "end"`, c.node) + `}`
			d := parse(t, doc(join(keyed, c.settings), node, end))
			effect, err := d.AfterEmail("a", c.status, c.reason)
			require.NoError(t, err)
			require.Equal(t, c.want, effect)
		})
	}
}

func TestADelayForAWhile(t *testing.T) {
	d := parse(t, nodes(`{"id": "a", "type": "delay", "for": "P1D", "next": "end"}`))
	in := input(t, `{}`)
	require.Equal(t, journey.Effect{Until: noon.Add(day)}, arrive(t, d, "a", in))
	require.Equal(t, journey.Effect{Outcome: "elapsed", Next: "end"}, fire(t, d, "a"))
	in.Env.Now = at(t, "2026-03-07T20:00:00Z")
	in.Env.Zone = zone(t, "America/New_York")
	require.Equal(t, at(t, "2026-03-08T20:00:00Z"), arrive(t, d, "a", in).Until,
		"a day is 24 hours, even when the clocks change")
}

func TestADelayUntilALocalDate(t *testing.T) {
	d := parse(t, nodes(`{"id": "a", "type": "delay", "untilProperty": {"path": "/event/at"}, "next": "end"}`))
	for name, c := range map[string]struct{ at, timezone, want string }{
		"in the Profile's zone":              {`"2026-06-20"`, `"America/New_York"`, "2026-06-20T04:00:00Z"},
		"else in the Organization's":         {`"2026-06-20"`, `null`, "2026-06-19T22:00:00Z"},
		"a zone that does not exist":         {`"2026-06-20"`, `"Mars/Olympus"`, "2026-06-19T22:00:00Z"},
		"a date-time":                        {`"2026-06-20T09:00:00"`, `"Asia/Tokyo"`, "2026-06-20T00:00:00Z"},
		"a date-time with its zone is not":   {`"2026-06-20T09:00:00Z"`, `"Asia/Tokyo"`, "2026-06-20T09:00:00Z"},
		"in a gap by the offset before it":   {`"2027-03-14T02:30"`, `"America/New_York"`, "2027-03-14T07:30:00Z"},
		"in an overlap the first of the two": {`"2026-11-01T01:30"`, `"America/New_York"`, "2026-11-01T05:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, `{"event": {"at": `+c.at+`}, "profile": {"timezone": `+c.timezone+`}}`)
			in.Env.Zone = zone(t, "Europe/Berlin")
			require.Equal(t, journey.Effect{Until: at(t, c.want)}, arrive(t, d, "a", in))
		})
	}
}

func TestADelayUntilAProperty(t *testing.T) {
	const week = `, "offset": "-P7D"`
	const exit = `, "ifMissing": "exit", "ifPast": "exit"`
	until := func(instant string) journey.Effect { return journey.Effect{Until: at(t, instant)} }
	for name, c := range map[string]struct {
		more, value string
		want        journey.Effect
	}{
		"a date is its midnight":     {``, `"2026-06-20"`, until("2026-06-20T00:00:00Z")},
		"a date-time with an offset": {``, `"2026-06-20T09:00:00+02:00"`, until("2026-06-20T07:00:00Z")},
		"an epoch in seconds":        {``, `1781942400`, until("2026-06-20T08:00:00Z")},
		"an epoch in milliseconds":   {``, `1781942400000`, until("2026-06-20T08:00:00Z")},
		"an offset without a colon":  {``, `"2026-06-20T09:00:00+0200"`, until("2026-06-20T07:00:00Z")},
		"a small z":                  {``, `"2026-06-20T09:00:00z"`, until("2026-06-20T09:00:00Z")},
		"no zone is the local one":   {``, `"2026-06-20T09:00"`, until("2026-06-20T09:00:00Z")},
		"a week before":              {week, `"2026-06-20"`, until("2026-06-13T00:00:00Z")},
		"a while after": {
			`, "offset": "PT12H30M"`, `"2026-06-05"`, until("2026-06-05T12:30:00Z"),
		},
		"one millisecond ahead": {
			``, `"2026-06-05T12:00:00.001Z"`, journey.Effect{Until: noon.Add(ms)},
		},
		"due now is past":                         {``, `"2026-06-05T12:00:00Z"`, movesOn("past")},
		"past continues":                          {``, `"2026-06-04"`, movesOn("past")},
		"past by its offset":                      {week, `"2026-06-12"`, movesOn("past")},
		"past ends the run":                       {exit, `"2026-06-04"`, exits("past", "property_past")},
		"missing continues":                       {``, ``, movesOn("missing")},
		"null is missing":                         {``, `null`, movesOn("missing")},
		"a value that is not a date ends the run": {``, `"soon"`, exits("unreadable", "property_unreadable")},
		"so do digits":                            {``, `"20290229"`, exits("unreadable", "property_unreadable")},
		"so does a date that does not exist":      {``, `"2029-02-29"`, exits("unreadable", "property_unreadable")},
		"so does an empty text":                   {``, `""`, exits("unreadable", "property_unreadable")},
		"so does a boolean":                       {``, `false`, exits("unreadable", "property_unreadable")},
		"so does a list":                          {``, `["2026-06-20"]`, exits("unreadable", "property_unreadable")},
		"so does an object":                       {``, `{}`, exits("unreadable", "property_unreadable")},
		"so does a date after the year 9999":      {``, `8640000000000000`, exits("unreadable", "property_unreadable")},
		"so does a date that its offset moves there": {
			`, "offset": "P1D"`, `"9999-12-31"`, exits("unreadable", "property_unreadable"),
		},
		"or it continues":                {`, "ifUnreadable": "continue"`, `"soon"`, movesOn("unreadable")},
		"which does not concern missing": {`, "ifUnreadable": "exit"`, ``, movesOn("missing")},
		"nor past":                       {`, "ifUnreadable": "exit"`, `"2026-06-04"`, movesOn("past")},
		"missing ends the run":           {exit, ``, exits("missing", "property_missing")},
		"only past ends the run":         {`, "ifPast": "exit"`, `null`, movesOn("missing")},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, nodes(`{"id": "a", "type": "delay",
				"untilProperty": {"path": "/profile/at"`+c.more+`}, "next": "end"}`))
			document := `{"profile": {}}`
			if c.value != "" {
				document = `{"profile": {"at": ` + c.value + `}}`
			}
			in := input(t, document)
			require.Equal(t, c.want, arrive(t, d, "a", in))
			require.Equal(t, movesOn("elapsed"), fire(t, d, "a"))
		})
	}
}

func TestABranchTakesItsFirstTruePath(t *testing.T) {
	d := parse(t, doc(keyed, `{"id": "a", "type": "branch", "paths": [
		{"id": "gold", "when": {"$state": "/profile/tier", "eq": "gold"}, "next": "b"},
		{"id": "any", "when": {"$state": "/profile/tier", "exists": true}, "next": "c"}], "default": "end"}`,
		`{"id": "b", "type": "exit", "reason": "gold"}`, `{"id": "c", "type": "exit"}`, end))
	for tier, want := range map[string]journey.Effect{
		`"gold"`:   {Outcome: "gold", Next: "b"},
		`"silver"`: {Outcome: "any", Next: "c"},
		`null`:     {Outcome: "default", Next: "end"},
	} {
		require.Equal(t, want, arrive(t, d, "a", input(t, `{"profile": {"tier": `+tier+`}}`)), tier)
	}
}

func TestAnExitEndsTheRun(t *testing.T) {
	d := parse(t, nodes(`{"id": "a", "type": "exit", "reason": "bought"}`))
	require.Equal(t, journey.Effect{Outcome: "bought", End: &journey.End{Status: journey.Completed, Reason: "bought"}},
		arrive(t, d, "a", input(t, `{}`)))
	require.Equal(t, journey.Effect{Outcome: "exit", End: &journey.End{Status: journey.Completed}},
		arrive(t, d, "end", input(t, `{}`)))
}

// cohort returns a cohort of three arms that is sticky to the Profile or the run.
func cohort(t testing.TB, sticky string) *journey.Definition {
	t.Helper()
	return parse(t, nodes(`{"id": "a", "type": "randomCohort", "sticky": "`+sticky+`", "arms": [
		{"id": "0", "percent": 0, "next": "end"},
		{"id": "1", "percent": 33.33, "next": "end"},
		{"id": "2", "percent": 66.67, "next": "end"}]}`))
}

func TestACohortFollowsItsPercents(t *testing.T) {
	d, counts := cohort(t, "profile"), map[string]int{}
	for i := range 10_000 {
		in := input(t, `{}`)
		in.ProfileID = fmt.Sprint("profile-", i)
		effect := arrive(t, d, "a", in)
		require.Equal(t, "end", effect.Next)
		counts[effect.Outcome]++
	}
	require.Zero(t, counts["0"])
	require.InDelta(t, 3333, counts["1"], 150)
	require.Equal(t, 10_000, counts["1"]+counts["2"])
}

// arms returns the arms of twenty Profiles or runs with a seed.
func arms(t testing.TB, d *journey.Definition, seed uint64, profile, run string) string {
	t.Helper()
	all := ""
	for i := range 20 {
		in := input(t, `{}`)
		in.Seed = seed
		in.ProfileID = fmt.Sprintf(profile, i)
		in.RunID = fmt.Sprintf(run, i)
		all += arrive(t, d, "a", in).Outcome
	}
	return all
}

func TestACohortIsSticky(t *testing.T) {
	profile, run := cohort(t, "profile"), cohort(t, "run")
	require.Equal(t, arms(t, profile, 1, "p%d", "r%d"), arms(t, profile, 1, "p%d", "s%d"),
		"sticky to the Profile, for any run")
	require.Equal(t, arms(t, run, 1, "p%d", "r%d"), arms(t, run, 1, "q%d", "r%d"), "sticky to the run, for any Profile")
	require.NotEqual(t, arms(t, run, 1, "p%d", "r%d"), arms(t, run, 1, "p%d", "s%d"), "each run is assigned anew")
	require.Equal(t, arms(t, profile, 1, "p%d", "r%d"), arms(t, profile, 1, "P%d", "r%d"), "ids are lower case")
	require.NotEqual(t, arms(t, profile, 1, "p%d", "r%d"), arms(t, profile, 2, "p%d", "r%d"),
		"another seed assigns other arms")
	require.Equal(t, "12112121112112222221",
		arms(t, profile, 1, "p%d", "r%d"), "the same in every release")
}

func TestSetPropertySetsItsValues(t *testing.T) {
	const at = `{"event": {"n": 9007199254740993, "null": null, "list": [1, "a"], "object": {"b": true}},
		"profile": {"firstName": "Alex"}}`
	for name, c := range map[string]struct{ value, want string }{
		"a literal":                 {`"gold"`, `{"p":"gold"}`},
		"null unsets":               {`null`, `{"p":null}`},
		"a number keeps its digits": {`{"$state": "/event/n"}`, `{"p":9007199254740993}`},
		"a value of any type":       {`{"$state": "/event/object"}`, `{"p":{"b":true}}`},
		"an item of a list":         {`{"$state": "event/list/1"}`, `{"p":"a"}`},
		"an existing null unsets":   {`{"$state": "/event/null"}`, `{"p":null}`},
		"a missing value leaves the property unchanged": {`{"$state": "/event/none"}`, `{}`},
		"a path through a null is missing":              {`{"$state": "/event/null/deeper"}`, `{}`},
		"a choice": {
			`{"$cond": {"$state": "/event/n"}, "$then": 1, "$else": 2}`, `{"p":1}`,
		},
		"the other choice": {
			`{"$cond": {"$state": "/event/none"}, "$then": 1, "$else": {"$state": "/event/list"}}`, `{"p":[1,"a"]}`,
		},
		"without $else the value is missing": {`{"$cond": false, "$then": 1}`, `{}`},
		"a choice of null unsets":            {`{"$cond": true, "$then": null}`, `{"p":null}`},
		"a template": {
			`{"$template": "Hi ${/profile/firstName}, ${event/list}!"}`, `{"p":"Hi Alex, 1, a!"}`,
		},
		"a template prints nothing for nulls": {
			`{"$template": "<${/event/null}${/event/none}${/event/object}>"}`, `{"p":"\u003c\u003e"}`,
		},
		"a template's backslash": {
			`{"$template": "\\${/profile/firstName} $5"}`, `{"p":"${/profile/firstName} $5"}`,
		},
		"a plain string has no bindings": {`"${/profile/firstName}"`, `{"p":"${/profile/firstName}"}`},
		"an object leaves out missing members": {
			`{"a": {"$state": "/event/none"}, "b": {"$state": "/event/null"}}`, `{"p":{"b":null}}`,
		},
		"a list keeps the places of its items": {`[{"$state": "/event/none"}, 2]`, `{"p":[null,2]}`},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, nodes(`{"id": "a", "type": "setProperty", "set": {"p": `+c.value+`}, "next": "end"}`))
			effect := arrive(t, d, "a", input(t, at))
			require.Equal(t, "set", effect.Outcome)
			require.Equal(t, "end", effect.Next)
			require.Equal(t, c.want, text(t, effect.Set))
		})
	}
}

func TestEmitEventHasItsData(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"none": {``, `{}`},
		"literals and expressions": {
			`{"a": 1, "b": {"$state": "/event/id"}, "c": {"$state": "/event/none"},
				"d": {"deep": {"$template": "${/event/id}!"}}}`,
			`{"a":1,"b":"x","d":{"deep":"x!"}}`,
		},
		"an expression for all":               {`{"$state": "/event"}`, `{"id":"x"}`},
		"an expression that is not an object": {`{"$state": "/event/id"}`, `{}`},
		"an expression that is missing":       {`{"$state": "/data"}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			member := ""
			if c.data != "" {
				member = `"data": ` + c.data + `, `
			}
			d := parse(t, nodes(`{"id": "a", "type": "emitEvent", "event": "f", `+member+`"next": "end"}`))
			effect := arrive(t, d, "a", input(t, `{"event": {"id": "x"}}`))
			require.Equal(t, "f", effect.Emit.Event)
			require.Equal(t, c.want, text(t, effect.Emit.Data))
			effect.Emit = nil
			require.Equal(t, journey.Effect{Outcome: "emitted", Next: "end"}, effect)
		})
	}
}

func TestAStepAtTheWrongNodeIsAnError(t *testing.T) {
	d := parse(t, nodes(`{"id": "a", "type": "email", "template": "receipt", "next": "end"}`))
	in := input(t, `{}`)
	for _, node := range []string{"", "nowhere", "end"} {
		_, err := d.Fire(node)
		require.Error(t, err, node)
		_, _, err = d.OfferEvent(node, cond.Event{Name: "e"}, in)
		require.Error(t, err, node)
		_, _, err = d.OfferState(node, in)
		require.Error(t, err, node)
		_, err = d.AfterEmail(node, "Sent", "")
		require.Error(t, err, node)
	}
	_, err := d.Arrive("nowhere", in)
	require.EqualError(t, err, `journey j has no node "nowhere"`)
	_, err = d.AfterEmail("a", "Queued", "")
	require.EqualError(t, err, `an EmailSend does not end as "Queued"`)
}

func TestAStepReturnsErrorsOfTheFacts(t *testing.T) {
	const choice = `{"$cond": {"subscribed": "offers"}, "$then": 1}`
	for name, node := range map[string]string{
		"email":       `"type": "email", "template": "receipt", "subject": ` + choice,
		"branch":      `"type": "branch", "paths": [{"id": "p", "when": {"subscribed": "offers"}}]`,
		"setProperty": `"type": "setProperty", "set": {"p": ` + choice + `}`,
		"emitEvent":   `"type": "emitEvent", "event": "f", "data": {"list": [` + choice + `]}`,
		"waitFor":     `"type": "waitFor", "branches": [{"id": "b", "condition": {"subscribed": "offers"}}]`,
		"since entry": `"type": "waitFor", "since": "entry", "branches": [{"id": "b", "event": "f"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, nodes(`{"id": "a", `+node+`}`)).Arrive("a", input(t, `{}`, &person{err: errFacts}))
			require.ErrorIs(t, err, errFacts)
		})
	}
}

func TestEffectsAreReproducible(t *testing.T) {
	d := parse(t, string(file(t, "everything")))
	for _, n := range d.Nodes {
		in := input(t, `{"event": {"cartId": "c", "vip": true}, "profile": {"renewsAt": "2027-01-01"}}`, &person{})
		in.Env.Now = in.Env.Now.Add(time.Hour)
		first := arrive(t, d, n.ID, in)
		require.Equal(t, first, arrive(t, d, n.ID, in), n.ID)
	}
}
