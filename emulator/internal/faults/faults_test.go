package faults_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
)

var known = faults.Known{
	Operations: func() []string { return []string{"sendEmail", "trackEvent"} },
	Codes:      func() []string { return []string{"unavailable", "rate_limited"} },
	Near:       func(string, []string) []string { return []string{"a", "b"} },
}

func TestMistakesNameTheFix(t *testing.T) {
	list := faults.NewList(known)
	for _, c := range []struct {
		fault faults.Fault
		want  string
	}{
		{faults.Fault{}, "the fault does nothing; set Delay, Status, Body, Truncate or Drop"},
		{faults.Fault{AfterCommit: true}, "the fault does nothing; set Delay, Status, Body, Truncate or Drop"},
		{faults.Fault{Operation: "sendMail", Drop: true},
			`Operation "sendMail" is not an operation of the API; the nearest are a, b`},
		{faults.Fault{Status: 503, Code: "x"},
			`Code "x" is not a code of the API (to send another one, set Body); the nearest are a, b`},
		{faults.Fault{Drop: true, Skip: -1}, "Skip must not be negative; 0 lets no call pass"},
		{faults.Fault{Drop: true, Times: -1}, "Times must not be negative; 0 strikes for ever"},
		{faults.Fault{Drop: true, Delay: -1}, "Delay must not be negative; 0 is no delay"},
		{faults.Fault{Status: 503, RetryAfter: -1}, "RetryAfter must not be negative; 0 sends no Retry-After"},
		{faults.Fault{Status: 399}, "Status must be an error, from 400 to 599; with Body it may be any from 200"},
		{faults.Fault{Status: -1}, "Status must be an error, from 400 to 599; with Body it may be any from 200"},
		{faults.Fault{Status: 600}, "Status must be at most 599"},
		{faults.Fault{Status: 199, Body: "x"}, "Status must be at least 200"},
		{faults.Fault{Status: 204, Body: "x"}, "Status 204 does not allow a Body"},
		{faults.Fault{Status: 500, Drop: true}, "Drop does not go together with Status; " +
			"a fault has one of Status, Body, Truncate and Drop, so add two faults, or leave one out"},
		{faults.Fault{Body: "x", Status: 500, Truncate: true, Drop: true}, "Drop does not go together with Body and " +
			"Truncate; a fault has one of Status, Body, Truncate and Drop, so add two faults, or leave one out"},
		{faults.Fault{Body: "x", Code: "unavailable", Message: "m", Details: map[string]any{}},
			"Code is part of the API's own error, which Body replaces; leave one of them out; " +
				"Message is part of the API's own error, which Body replaces; leave one of them out; " +
				"Details is part of the API's own error, which Body replaces; leave one of them out"},
		{faults.Fault{Drop: true, Code: "unavailable", RetryAfter: 1},
			"Code is part of an error reply; set Status too; RetryAfter is part of an error reply; set Status too"},
		{faults.Fault{Drop: true, ContentType: "text/html"}, "ContentType describes Body; set Body too"},
		{faults.Fault{Body: "x", ContentType: "a\r\nb: c"}, "ContentType must not contain control characters"},
		{faults.Fault{Status: 500, Details: map[string]any{"f": func() {}}},
			"Details must marshal to JSON: json: unsupported type: func()"},
	} {
		_, err := list.Add(c.fault)
		require.EqualError(t, err, c.want)
	}
	require.False(t, list.Any())
}

func TestWhatGoesTogether(t *testing.T) {
	list := faults.NewList(known)
	for _, fault := range []faults.Fault{
		{Delay: 1},
		{Delay: 1, AfterCommit: true},
		{Delay: 1, Drop: true, AfterCommit: true},
		{Truncate: true, AfterCommit: true},
		{Status: 400},
		{Status: 599, Code: "unavailable", Message: "m", Details: map[string]any{}, RetryAfter: 1},
		{Body: "x"},
		{Body: "x", Status: 200, ContentType: "text/html", RetryAfter: 1, AfterCommit: true},
	} {
		_, err := list.Add(fault)
		require.NoError(t, err, fault)
	}
	require.Len(t, list.All(), 8)
}

func TestNamesOfABody(t *testing.T) {
	for body, want := range map[string]faults.Named{
		``:            {},
		`[]`:          {},
		`{"to": "x"}`: {},
		`{"to": {"email": " A@B.example", "externalId": ""}, "cc": "Al <al@b.example>", "bcc": [7, "C@b.example"]}`: {
			Who: []string{"a@b.example", "al@b.example", "c@b.example"},
		},
		`{"profile": {"externalId": "X1", "userId": "u", "anonymousId": "n"}, "profileId": "P", "email": "e@b"}`: {
			Who: []string{"x1", "u", "n", "p", "e@b"},
		},
		`{"items": [null, {"to": {"email": "a@b.example"}, "idempotencyKey": "K1"}, {"idempotencyKey": 7}]}`: {
			Who: []string{"a@b.example"}, Keys: []string{"K1"},
		},
		`{"writeKey": "wk", "batch": [7, {"email": "A@b.example"}, {"userId": "u"}]}`: {
			Who: []string{"a@b.example", "u"}, WriteKey: "wk",
		},
		`{"writeKey": 7, "email": "a@b.example", "userId": "u"}`: {Who: []string{"u", "a@b.example"}},
	} {
		require.Equal(t, want, faults.Names([]byte(body)), body)
	}
}

func TestCreditFillsTheBuckets(t *testing.T) {
	limits, at := faults.NewLimits(known), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	require.NoError(t, limits.Set(faults.Limit{Operation: "sendEmail", N: 1, Per: time.Minute}))
	take := func() faults.Grant { return limits.Take("sendEmail", "key", at) }
	require.False(t, take().Refused)
	require.Equal(t, faults.Grant{Limited: true, Refused: true, Limit: 1, Reset: 60, Wait: 60}, take())
	limits.Credit(59 * time.Second)
	limits.Credit(-time.Hour)
	require.Equal(t, faults.Grant{Limited: true, Refused: true, Limit: 1, Reset: 1, Wait: 1}, take())
	limits.Credit(time.Second)
	require.Equal(t, faults.Grant{Limited: true, Limit: 1, Reset: 60}, take())
	at = at.Add(-time.Hour)
	require.Equal(t, 60, take().Wait, "a call that is late takes no time back")
	require.Zero(t, limits.Take("trackEvent", "key", at))
}

func TestAFaultIsSaidInWords(t *testing.T) {
	for _, c := range []struct {
		fault       faults.Fault
		which, what string
	}{
		{faults.Fault{}, "Every call", "goes on as usual"},
		{
			faults.Fault{Operation: "sendEmail", To: "a@b.example", Key: "k", Skip: 2, Times: 1, Status: 503,
				Code: "unavailable", Message: "busy", Details: map[string]any{"n": 1}, RetryAfter: time.Second},
			"Calls of sendEmail to a@b.example with the idempotency key k; it lets 2 calls pass first; " +
				"it strikes 1 time",
			"answers 503 unavailable “busy” with details, Retry-After 1s",
		},
		{
			faults.Fault{Match: func(*http.Request) bool { return true }, Delay: time.Second, Drop: true,
				AfterCommit: true},
			"Every call that a function of the test chooses",
			"waits 1s, then sends no reply and closes the connection; the work is done before",
		},
		{
			faults.Fault{Truncate: true}, "Every call",
			"does the work, sends half of the reply and closes the connection",
		},
		{faults.Fault{Body: "<h1>no"}, "Every call", "answers 502 with text/html; charset=utf-8: <h1>no"},
	} {
		require.Equal(t, c.which, c.fault.Which())
		require.Equal(t, c.what, c.fault.What())
	}
}
