package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// The last timestamp is 9999-12-31T23:59:59.999Z. The tests below start an hour before it.
var lastHour = time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)

func TestTheClockEndsWithTheYear9999(t *testing.T) {
	emu, err := emulator.New(emulator.WithStartTime(lastHour))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, emu.Close()) })
	const message = "the clock ends with the year 9999"
	require.PanicsWithValue(t, "emulator: Advance(1h0m0s): "+message+", and the target is after it",
		func() { emu.Advance(time.Hour) })
	require.Panics(t, func() { emu.AdvanceTo(time.Date(300000, 1, 1, 0, 0, 0, 0, time.UTC)) })
	for _, body := range []string{`{"duration":"1h"}`, `{"duration":"P15000W"}`, `{"to":"9999-12-31T23:59:59-01:00"}`} {
		a := call(t, emu, "POST", "/_emulator/clock/advance", body, "Host", "localhost")
		require.Equal(t, 400, a.status, a.body)
		require.Contains(t, a.body, "must not lead past the year 9999")
	}
	emu.Advance(time.Hour - time.Millisecond)
	require.Contains(t, call(t, emu, "GET", "/_emulator/clock", "", "Host", "localhost").body,
		`"now":"9999-12-31T23:59:59.999Z"`)

	for _, year := range []int{-1, 0, 10000, 300000} {
		_, err = emulator.New(emulator.WithStartTime(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)))
		require.ErrorContains(t, err, "is not between 1 and 9999")
	}
	_, err = emulator.New(emulator.WithStartTime(lastHour.In(time.FixedZone("", -3600)).Add(2 * time.Hour)))
	require.ErrorContains(t, err, "WithStartTime", "the year counts in UTC")
}

func TestNothingIsScheduledBeyondTheYear9999(t *testing.T) {
	p := openPress(t, emulator.WithStartTime(lastHour))
	path := p.draft(nil)
	for _, span := range []string{"in 1 hour", "in 9999 weeks", "9999-12-31T23:59:59-00:01"} {
		a := call(t, p.emu, "POST", path+"/schedule", `{"scheduledAt":"`+span+`"}`)
		require.Equal(t, 400, a.status, a.body)
		require.Equal(t, []string{"body /scheduledAt format"}, a.issues(t))
		a = call(t, p.emu, "POST", "/api/v1/broadcasts",
			fmt.Sprintf(`{"templateId":%q,"send":true,"scheduledAt":%q}`, p.emu.ID("template", "autumn-sale"), span))
		require.Equal(t, 400, a.status, a.body)
	}
	require.Equal(t, "9999-12-31T23:59:00.000Z",
		p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 59 minutes"})["scheduledAt"])
}

func TestAConfirmationExpiresWithTheClockAtTheLatest(t *testing.T) {
	p := openPress(t, emulator.WithStartTime(lastHour.Add(50*time.Minute)))
	a := call(t, p.emu, "POST", p.draft(nil)+"/confirmation", "")
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t, "9999-12-31T23:59:59.999Z", a.json(t)["expiresAt"])
}

func TestAnEventOccursInAYearOfFourDigits(t *testing.T) {
	s := openShop(t, emulator.WithStartTime(lastHour))
	for at, want := range map[string]string{
		"9999-12-31T23:59:59-01:00": "occurred_at_in_future",
		"0000-01-01T00:00:00+01:00": "body /occurredAt min",
	} {
		body := fmt.Sprintf(`{"event":"e","profile":{"email":"alex@example.com"},"occurredAt":%q}`, at)
		a := call(t, s.emu, "POST", "/api/v1/events", body, "Idempotency-Key", at)
		if a.status == 422 {
			require.Contains(t, a.body, want)
			continue
		}
		require.Equal(t, 400, a.status, a.body)
		require.Equal(t, []string{want}, a.issues(t))
	}
	for _, at := range []string{"9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "P1D"} {
		err := s.emu.Seed(emulator.Seed{Events: []emulator.SeedEvent{
			{Event: "e", Profile: "alex@example.com", OccurredAt: at},
		}})
		require.ErrorContains(t, err, "/events/0/occurredAt: must be in the years 0 to 9999")
	}
}

func TestARunThatWouldWaitBeyondTheYear9999Fails(t *testing.T) {
	for name, node := range map[string]string{
		"a delay":      `{"id": "n", "type": "delay", "for": "PT1H", "next": "x"}`,
		"a local time": `{"id": "n", "type": "delay", "untilLocal": {"hour": 1, "minute": 0}, "next": "x"}`,
		"a wait": `{"id": "n", "type": "waitFor", "branches": [{"id": "b", "event": "other", "next": "x"}],
			"timeout": "P15000W", "timeoutNext": "x"}`,
	} {
		s := openShop(t, emulator.WithStartTime(lastHour))
		s.seedJourney(`{"key": "late", "name": "L", "status": "Active", "entry": {"type": "event", "event": "late"},
			"start": "n", "nodes": [` + node + `, {"id": "x", "type": "exit"}]}`)
		tracked := call(t, s.emu, "POST", "/api/v1/events",
			`{"event":"late","profile":{"email":"alex@example.com"}}`, "Idempotency-Key", "k")
		require.Equal(t, 200, tracked.status, tracked.body)
		run := s.onlyRun("late")
		require.Equal(t, "failed", string(run.Status), name)
		require.Equal(t, "node n would wait beyond the year 9999", run.Error, name)
		due, ok := s.emu.NextDue()
		require.False(t, ok, "%s: %s", name, due)
	}
}

func TestAFactBeyondTheYear9999NeverHappens(t *testing.T) {
	s := openShop(t, emulator.WithStartTime(lastHour))
	s.emu.Script("alex@example.com", emulator.PlannedFact{Type: "delivered", After: 100 * 365 * 24 * time.Hour})
	s.sendOrder("alex@example.com")
	s.emu.Advance(time.Hour - time.Millisecond)
	require.Equal(t, []string{"accepted"}, factNames(s.emu.Outbox().Only(t)))
	require.True(t, strings.HasPrefix(s.emu.Outbox().Only(t).Headers.Get("Date"), "Fri, 31 Dec 9999"))
}

func TestIssueNumbersEndWithTheHighestOne(t *testing.T) {
	p := openPress(t)
	const highest = 9007199254740991
	for _, number := range []any{0, -1, highest + 1, 1e300} {
		a := call(t, p.emu, "POST", p.letters(), fmt.Sprintf(`{"title":"T","number":%v}`, number))
		require.Equal(t, 400, a.status, a.body)
	}
	last := p.issue(object{"title": "Last", "number": highest})
	require.Contains(t, call(t, p.emu, "GET", last, "").body, `"number":9007199254740991`)
	require.Equal(t, "issue_number_taken", p.refused(422, "POST", p.letters(), object{"title": "One more"}))
	require.Equal(t, "issue_number_taken", p.refused(422, "POST", last+"/duplicate", nil))
	require.Equal(t, "issue_number_taken", p.refused(422, "POST", p.letters(), object{"title": "T", "number": highest}))
	p.do(200, "PATCH", last, object{"title": "Still the last"})
	p.do(200, "PATCH", last, object{"number": 5})
	require.InDelta(t, 6, p.do(200, "POST", last+"/duplicate", nil)["number"], 0)
}

func TestAJourneyKeyIsComparedAsText(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "keyed", "name": "K", "status": "Active",
		"entry": {"type": "event", "event": "keyed", "key": "/event/id"}, "start": "w",
		"nodes": [{"id": "w", "type": "delay", "for": "P1D", "next": "x"}, {"id": "x", "type": "exit"}]}`)
	enrolled := func(id string) any {
		a := call(t, s.emu, "POST", "/api/v1/events",
			`{"event":"keyed","profile":{"email":"alex@example.com"},"data":{"id":`+id+`}}`, "Idempotency-Key", id)
		return a.json(t)["enrolledJourneys"]
	}
	require.InDelta(t, 1, enrolled(`1`), 0)
	for _, same := range []string{`1.0`, `1e0`, `"1"`} {
		require.InDelta(t, 0, enrolled(same), 0, same)
	}
	for _, other := range []string{`"1.0"`, `2`, `9007199254740993`, `9007199254740992`} {
		require.InDelta(t, 1, enrolled(other), 0, other)
	}
}
