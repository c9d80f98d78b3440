package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// waiting returns a journey that waits at node a for a day. The string more has further
// members of the wait.
func waiting(t testing.TB, branches, more string) *journey.Definition {
	t.Helper()
	wait := `{"id": "a", "type": "waitFor", "timeout": "P1D", "timeoutNext": "late", "branches": [` + branches + `]`
	return parse(t, doc(keyed, join(wait, more)+`}`, `{"id": "b", "type": "exit"}`, `{"id": "late", "type": "exit"}`))
}

func offeredEvent(t testing.TB, d *journey.Definition, name, data string, in journey.Input) (journey.Effect, bool) {
	t.Helper()
	effect, ended, err := d.OfferEvent("a", cond.Event{Name: name, OccurredAt: in.Env.Now, Data: event(t, data)}, in)
	require.NoError(t, err)
	return withoutWhy(effect), ended
}

func offeredState(t testing.TB, d *journey.Definition, in journey.Input) (journey.Effect, bool) {
	t.Helper()
	effect, ended, err := d.OfferState("a", in)
	require.NoError(t, err)
	return withoutWhy(effect), ended
}

// happened returns a person with events. The list has a name, the time from noon and
// the data of each. They were received at noon, in this order.
func happened(t testing.TB, list ...any) *person {
	t.Helper()
	who := &person{}
	for i := 0; i < len(list); i += 3 {
		who.events = append(who.events, cond.Event{
			Name: list[i].(string), OccurredAt: noon.Add(list[i+1].(time.Duration)), Data: event(t, list[i+2].(string)),
			Number: i/3 + 1, ReceivedAt: noon,
		})
	}
	return who
}

var late = journey.Effect{Outcome: "timeout", Next: "late"}

const opened = `{"id": "opened", "event": "opened", "next": "b"}`

func TestAWaitTimesOut(t *testing.T) {
	d := waiting(t, opened, "")
	in := input(t, `{}`)
	require.Equal(t, journey.Effect{Until: noon.Add(day)}, arrive(t, d, "a", in))
	require.Equal(t, late, fire(t, d, "a"))
}

func TestAWaitIsOfferedAnEvent(t *testing.T) {
	d := waiting(t, `{"id": "big", "event": "order.*", "filter": {"$state": "/event/total", "gt": 100}, "next": "b"},
		{"id": "small", "event": "order.created", "filter": {"$state": "/profile/tier", "exists": true},
			"next": "late"}`, "")
	in := input(t, `{"event": {"total": 500}, "profile": {"tier": "gold"}}`)
	for name, c := range map[string]struct {
		event, data string
		want        journey.Effect
		ended       bool
	}{
		"another event":                  {"visit", `{}`, journey.Effect{}, false},
		"the filter reads the new event": {"order.paid", `{"total": 5}`, journey.Effect{}, false},
		"the first true branch": {
			"order.created",
			`{"total": 101}`,
			journey.Effect{Outcome: "big", Next: "b", StepEvent: event(t, `{"total": 101}`)},
			true,
		},
		"the second branch": {
			"order.created",
			`{"total": 1}`,
			journey.Effect{Outcome: "small", Next: "late", StepEvent: event(t, `{"total": 1}`)},
			true,
		},
		"an event without data": {
			"order.created", ``, journey.Effect{Outcome: "small", Next: "late", StepEvent: map[string]any{}}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			effect, ended := offeredEvent(t, d, c.event, c.data, later(in, time.Hour))
			require.Equal(t, c.ended, ended)
			require.Equal(t, c.want, effect)
		})
	}
}

func TestADueTimerFiresBeforeAnEventOfThatInstant(t *testing.T) {
	d := waiting(t, opened+`, {"id": "vip", "condition": {"$state": "/profile/vip"}, "next": "b"}`, "")
	in := input(t, `{}`)
	vip := input(t, `{"profile": {"vip": true}}`)
	effect, ended := offeredEvent(t, d, "opened", `{}`, later(in, day-ms))
	require.True(t, ended)
	require.Equal(t, "opened", effect.Outcome, "one millisecond before")
	effect, ended = offeredState(t, d, later(vip, day-ms))
	require.True(t, ended)
	require.Equal(t, journey.Effect{Outcome: "vip", Next: "b"}, effect, "one millisecond before")
	for _, d2 := range []time.Duration{day, day + ms} {
		effect, ended = offeredEvent(t, d, "opened", `{}`, later(in, d2))
		require.True(t, ended)
		require.Equal(t, late, effect, d2)
		effect, ended = offeredState(t, d, later(vip, d2))
		require.True(t, ended)
		require.Equal(t, late, effect, d2)
	}
	in.Arrived = time.Time{}
	effect, ended = offeredEvent(t, d, "opened", `{}`, later(in, day))
	require.True(t, ended)
	require.Equal(t, "opened", effect.Outcome, "without an arrival only the timer decides")
}

func TestAWaitMatchesTheKey(t *testing.T) {
	d := waiting(t, opened, `"matchKey": true`)
	in := input(t, `{"event": {"id": "1"}}`)
	in.Key = "1"
	for data, want := range map[string]bool{
		`{"id": "1"}`:  true,
		`{"id": 1}`:    true,
		`{"id": "2"}`:  false,
		`{"id": null}`: false,
		`{}`:           false,
		``:             false,
	} {
		_, ended := offeredEvent(t, d, "opened", data, in)
		require.Equal(t, want, ended, data)
	}
}

func TestAWaitTestsConditions(t *testing.T) {
	d := waiting(t, `{"id": "vip", "condition": {"$state": "/profile/vip"}, "next": "b"}`, "")
	ended := journey.Effect{Outcome: "vip", Next: "b"}
	require.Equal(t, ended, arrive(t, d, "a", input(t, `{"profile": {"vip": true}}`)),
		"at once when it is true already")
	effect, done := offeredState(t, d, input(t, `{"profile": {"vip": true}}`))
	require.True(t, done)
	require.Equal(t, ended, effect)
	effect, done = offeredState(t, d, input(t, `{"profile": {}}`))
	require.False(t, done)
	require.Equal(t, journey.Effect{}, effect)
}

func TestTheDeclaredOrderDecidesBetweenAnEventAndACondition(t *testing.T) {
	const vip = `{"id": "vip", "condition": {"$state": "/profile/vip"}, "next": "b"}`
	in := input(t, `{"profile": {"vip": true}}`)
	effect, _ := offeredEvent(t, waiting(t, vip+", "+opened, ""), "opened", `{}`, in)
	require.Equal(t, journey.Effect{Outcome: "vip", Next: "b"}, effect)
	effect, _ = offeredEvent(t, waiting(t, opened+", "+vip, ""), "opened", `{}`, in)
	require.Equal(t, journey.Effect{Outcome: "opened", Next: "b", StepEvent: map[string]any{}}, effect)
	effect, ended := offeredEvent(t, waiting(t, opened+", "+vip, ""), "other", `{}`, in)
	require.True(t, ended, "a condition may have become true with another event")
	require.Equal(t, journey.Effect{Outcome: "vip", Next: "b"}, effect)
}

func TestAConditionReadsTheRunsOwnEvent(t *testing.T) {
	d := waiting(t, `{"id": "x", "condition": {"$state": "/event/n", "eq": 1}, "next": "b"}`, "")
	_, ended := offeredEvent(t, d, "e", `{"n": 1}`, input(t, `{"event": {"n": 2}}`))
	require.False(t, ended)
}

func TestAWaitIsRecheckedWhenTimeAloneMayEndIt(t *testing.T) {
	const (
		quiet = `{"id": "quiet", "next": "b",
			"condition": {"performed": {"event": "visit", "within": "PT6H", "count": {"lt": 1}}}}`
		silent = `{"id": "silent", "next": "b",
			"condition": {"performed": {"event": "visit", "within": "PT9H", "count": {"lt": 1}}}}`
		calm = `{"id": "calm", "next": "b",
			"condition": {"performed": {"event": "visit", "within": "P3D", "count": {"lt": 1}}}}`
	)
	visited := happened(t, "visit", -time.Hour, `{}`)
	in := input(t, `{}`, visited)
	edge := noon.Add(5*time.Hour + ms)

	d := waiting(t, silent+", "+quiet, "")
	require.Equal(t, journey.Effect{Until: noon.Add(day), Recheck: edge}, arrive(t, d, "a", in),
		"the earliest of several")
	effect, ended := offeredState(t, d, later(in, time.Hour))
	require.False(t, ended)
	require.Equal(t, journey.Effect{Recheck: edge}, effect)
	effect, ended = offeredEvent(t, d, "other", `{}`, later(in, time.Hour))
	require.False(t, ended)
	require.Equal(t, journey.Effect{Recheck: edge}, effect)
	effect, ended = offeredState(t, d, later(in, edge.Sub(noon)))
	require.True(t, ended)
	require.Equal(t, journey.Effect{Outcome: "quiet", Next: "b"}, effect)

	d = waiting(t, calm, "")
	require.Equal(t, journey.Effect{Until: noon.Add(day)}, arrive(t, d, "a", in), "not after the timeout")
	effect, ended = offeredState(t, d, in)
	require.False(t, ended)
	require.Zero(t, effect)
}

func TestOnlyAWaitSinceEntryLooksBack(t *testing.T) {
	who := happened(t, "opened", time.Hour, `{"n": 1}`)
	in := later(input(t, `{"event": {}}`, who), 2*time.Hour)
	require.Equal(t, journey.Effect{Until: in.Env.Now.Add(day)}, arrive(t, waiting(t, opened, ""), "a", in))
	require.Equal(t, journey.Effect{Outcome: "opened", Next: "b", StepEvent: event(t, `{"n": 1}`)},
		arrive(t, waiting(t, opened, `"since": "entry"`), "a", in))
}

// sinceEntry is a wait that looks back to entry, and the outcome and the step's event
// on arrival.
type sinceEntry struct {
	branches, more string
	who            *person
	outcome, event string
}

func requireSinceEntry(t *testing.T, received int, cases map[string]sinceEntry) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := waiting(t, c.branches, `"since": "entry"`+c.more)
			in := later(input(t, `{"event": {"id": "1"}, "profile": {"vip": true}}`, c.who), time.Hour)
			in.Key, in.Received = "1", received
			effect := arrive(t, d, "a", in)
			require.Equal(t, c.outcome, effect.Outcome)
			require.Equal(t, event(t, c.event), effect.StepEvent)
			if c.outcome == "" {
				require.Equal(t, journey.Effect{Until: in.Env.Now.Add(day)}, effect)
			}
		})
	}
}

func TestAWaitSinceEntry(t *testing.T) {
	const filtered = `{"id": "x", "event": "opened", "filter": {"$state": "/event/n", "gt": 1}, "next": "b"}`
	const vip = `{"id": "vip", "condition": {"$state": "/profile/vip"}, "next": "b"}`
	requireSinceEntry(t, 0, map[string]sinceEntry{
		"nothing happened":                        {opened, "", happened(t), "", ""},
		"an event before entry does not count":    {opened, "", happened(t, "opened", -ms, `{}`), "", ""},
		"an event at the instant of entry counts": {opened, "", happened(t, "opened", 0*ms, `{}`), "opened", `{}`},
		"the oldest that passes": {
			filtered,
			"",
			happened(t, "opened", ms, `{"n": 1}`, "opened", 2*ms, `{"n": 2}`, "opened", 3*ms, `{"n": 3}`),
			"x",
			`{"n": 2}`,
		},
		"none passes": {filtered, "", happened(t, "opened", ms, `{"n": 1}`), "", ""},
		"the run's key": {
			opened,
			`, "matchKey": true`,
			happened(t, "opened", ms, `{"id": "2"}`, "opened", 2*ms, `{"id": "1"}`),
			"opened",
			`{"id": "1"}`,
		},
		"another key": {opened, `, "matchKey": true`, happened(t, "opened", ms, `{"id": "2"}`), "", ""},
		"a pattern": {
			`{"id": "x", "event": "open*", "next": "b"}`, "", happened(t, "opened", ms, `{}`), "x", `{}`,
		},
		"an event without data": {opened, "", happened(t, "opened", ms, ``), "opened", `{}`},
		"the declared order, not the order in time": {
			`{"id": "y", "event": "closed", "next": "b"}, ` + opened,
			"",
			happened(t, "opened", ms, `{}`, "closed", 2*ms, `{}`),
			"y",
			`{}`,
		},
		"an event before a condition": {opened + ", " + vip, "", happened(t, "opened", ms, `{}`), "opened", `{}`},
		"a condition before an event": {vip + ", " + opened, "", happened(t, "opened", ms, `{}`), "vip", ""},
	})
}

func TestTheEventThatEnteredTheRunIsNotSinceEntry(t *testing.T) {
	const entry = `{"id": "x", "event": "e", "next": "b"}`
	requireSinceEntry(t, 1, map[string]sinceEntry{
		"the event that entered the run does not count": {entry, "", happened(t, "e", 0*ms, `{"id": "1"}`), "", ""},
		"nor does it under a pattern": {
			`{"id": "x", "event": "*", "next": "b"}`, "", happened(t, "e", 0*ms, `{"id": "1"}`), "", "",
		},
		"another event of its name at that instant counts": {
			entry,
			"",
			happened(t, "e", 0*ms, `{"id": "1"}`, "e", 0*ms, `{"id": "1", "n": 2}`),
			"x",
			`{"id": "1", "n": 2}`,
		},
		"an equal event at that instant counts": {
			entry, "", happened(t, "e", 0*ms, `{"id": "1"}`, "e", 0*ms, `{"id": "1"}`), "x", `{"id": "1"}`,
		},
	})
}

func TestWithoutFactsNothingHappenedSinceEntry(t *testing.T) {
	require.Equal(t, journey.Effect{Until: noon.Add(day)},
		arrive(t, waiting(t, opened, `"since": "entry"`), "a", input(t, `{}`)))
}

func TestAnEventThatHasNotOccurredEndsAWaitWhenItOccurs(t *testing.T) {
	ended := journey.Effect{Outcome: "opened", Next: "b", StepEvent: event(t, `{"n": 1}`)}
	for _, since := range []string{"arrival", "entry"} {
		d := waiting(t, opened, `"since": "`+since+`"`)
		who := happened(t, "opened", time.Hour, `{"n": 1}`)
		in := input(t, `{"event": {}}`, who)
		in.Ahead = 1
		effect, taken := offeredState(t, d, in)
		require.False(t, taken, since)
		require.Equal(t, journey.Effect{Recheck: noon.Add(time.Hour), Ahead: 1}, effect, since)
		_, taken = offeredState(t, d, later(in, time.Hour-ms))
		require.False(t, taken, since)
		effect, taken = offeredState(t, d, later(in, time.Hour))
		require.True(t, taken, since)
		require.Equal(t, ended, effect, since)
		_, taken = offeredState(t, d, later(in, time.Hour+ms))
		require.False(t, taken, "%s: its time is over", since)

		in.Ahead = 2
		_, taken = offeredState(t, d, later(in, time.Hour))
		require.False(t, taken, "%s: the run did not wait there yet when the event was received", since)
	}

	d := waiting(t, opened, "")
	in := input(t, `{}`, happened(t, "opened", time.Hour, `{"n": 1}`))
	effect, taken, err := d.OfferEvent("a", cond.Event{Name: "opened", OccurredAt: noon.Add(time.Hour), Number: 1}, in)
	require.NoError(t, err)
	require.False(t, taken)
	require.Equal(t, journey.Effect{Recheck: noon.Add(time.Hour), Ahead: 1}, effect)
	in.Ahead = 1
	effect, _, err = d.OfferEvent("a", cond.Event{Name: "opened", OccurredAt: noon.Add(time.Hour), Number: 2}, in)
	require.NoError(t, err)
	require.Equal(t, 1, effect.Ahead, "the first one counts")
	effect, taken = offeredEvent(t, d, "other", `{}`, in)
	require.False(t, taken)
	require.Equal(t, journey.Effect{Recheck: noon.Add(time.Hour), Ahead: 1}, effect)
}

func TestAWaitSinceEntryKnowsEventsThatHaveNotOccurred(t *testing.T) {
	d := waiting(t, opened, `"since": "entry"`)
	in := input(t, `{"event": {}}`, happened(t, "opened", day/2, `{}`, "opened", time.Hour, `{}`))
	in.Received = 1
	want := journey.Effect{Until: noon.Add(day), Recheck: noon.Add(time.Hour), Ahead: 2}
	require.Equal(t, want, arrive(t, d, "a", in))
	in.Received = 2
	require.Equal(t, journey.Effect{Until: noon.Add(day)}, arrive(t, d, "a", in), "before the entry")
	require.Equal(t, journey.Effect{Until: noon.Add(day)},
		arrive(t, waiting(t, opened, ""), "a", in), "since arrival")
}

func TestAnEventThatWasReceivedBeforeTheEntryEndsNoWait(t *testing.T) {
	requireSinceEntry(t, 2, map[string]sinceEntry{
		"whenever it occurred": {opened, "", happened(t, "opened", ms, `{}`, "opened", 0*ms, `{}`), "", ""},
	})
}

func TestAnEventBeforeTheEntryEndsNoWaitSinceEntry(t *testing.T) {
	early := cond.Event{Name: "opened", OccurredAt: noon.Add(-ms)}
	for since, want := range map[string]bool{"arrival": true, "entry": false} {
		_, taken, err := waiting(t, opened, `"since": "`+since+`"`).OfferEvent("a", early, input(t, `{}`))
		require.NoError(t, err)
		require.Equal(t, want, taken, since)
	}
}

func TestATriggeredRunHasNoEntryEvent(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "api"}`,
		`{"id": "a", "type": "waitFor", "since": "entry", "timeout": "P1D", "timeoutNext": "end",
			"branches": [{"id": "x", "event": "e", "next": "end"}]}`, end))
	effect := arrive(t, d, "a", input(t, `{}`, happened(t, "e", 0*ms, `{}`)))
	require.Equal(t, "x", effect.Outcome)
}

func TestOffersReturnErrorsOfTheFacts(t *testing.T) {
	d := waiting(t, `{"id": "x", "event": "e", "filter": {"subscribed": "offers"}, "next": "b"},
		{"id": "y", "condition": {"subscribed": "offers"}, "next": "b"}`, "")
	in := input(t, `{}`, &person{err: errFacts})
	_, _, err := d.OfferEvent("a", cond.Event{Name: "e"}, in)
	require.ErrorIs(t, err, errFacts)
	_, _, err = d.OfferState("a", in)
	require.ErrorIs(t, err, errFacts)
}
