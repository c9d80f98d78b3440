package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestRequestsAreTheJournal(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("k1"))
	s.emu.Advance(time.Minute)
	s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("k1"))
	_ = s.sendRefused(receipt(s.receipt(), 2), segmentflow.WithIdempotencyKey("k1"))
	call(t, s.emu, "POST", "/api/v1/emails", `{"to": {"email": "alex"}}`, "Idempotency-Key", "k2")
	call(t, s.emu, "GET", "/api/v1/emails/x?y=z", "", "x-api-key", "sk_test_nobody")
	call(t, s.emu, "GET", "/api/v2", "")

	all := s.emu.Requests()
	require.Equal(t, 6, all.Count())
	first, last := all.All()[0], all.Last()
	require.Equal(t, emulator.Request{
		ID: "req_00000001", At: monday, Method: "POST", Path: "/api/v1/emails", Operation: "sendEmail",
		KeyLabel: first.KeyLabel, Status: 200, IdempotencyKey: "k1",
	}, first)
	require.NotEmpty(t, first.KeyLabel)
	require.Equal(t, emulator.Request{
		ID: "req_00000006", At: monday.Add(time.Minute), Method: "GET", Path: "/api/v2", Status: 404, Code: "not_found",
	}, *last)

	sends := all.Operation("sendEmail")
	require.Equal(t, []int{4, 3, 2, 1}, []int{
		sends.Count(), sends.Key("k1").Count(), sends.Status(http.StatusOK).Count(),
		sends.Code("idempotency_key_reuse").Count(),
	})
	require.True(t, sends.Status(http.StatusOK).Last().Replayed)
	require.Empty(t, sends.Status(http.StatusOK).Last().Body, "bodies are an option")
	invalid := all.Code("invalid_request").Only(t)
	require.Equal(t, "k2", invalid.IdempotencyKey)
	require.Equal(t, []emulator.Issue{
		{In: "body", Path: "/templateId", Code: "required", Message: "is required"},
		{In: "body", Path: "/to/email", Code: "format", Message: invalid.Issues[1].Message},
	}, invalid.Issues)
	unauthorized := all.Status(http.StatusUnauthorized).Only(t)
	require.Equal(t, "/api/v1/emails/x", unauthorized.Path)
	require.Empty(t, unauthorized.KeyLabel)
	all.Status(http.StatusTooManyRequests).None(t)

	s.emu.Reset()
	all.None(t)
}

func TestARequestHasTheRejectedItemsOfABatch(t *testing.T) {
	s := openShop(t)
	must(s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
		{IdempotencyKey: "a", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "alex"}},
	}}))(s)
	request := s.emu.Requests().Only(t)
	require.Equal(t, http.StatusOK, request.Status)
	require.Len(t, request.Rejected, 1)
	require.Equal(t, "a", request.Rejected[0].IdempotencyKey)
	require.Equal(t, "invalid_request", request.Rejected[0].Code)
	require.Equal(t, "/to/email", request.Rejected[0].Issues[0].Path)
}

// TestCallsThatAreGoneAreCounted makes more calls than the journal keeps.
func TestCallsThatAreGoneAreCounted(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("k1"))
	for range emulator.JournalSize {
		call(t, s.emu, "GET", "/api/v1/segments", "")
	}
	all := s.emu.Requests()
	sends := all.Operation("sendEmail")
	require.Equal(t, []int{emulator.JournalSize + 1, 1, emulator.JournalSize}, []int{
		all.Count(), sends.Count(), all.Operation("listSegments").Count(),
	})
	all.Operation("trackEvent").None(t)
	all.Operation("trackEvent").Key("k1").None(t)
	all.Status(http.StatusNotFound).None(t)

	const gone = "1 older call that matches is gone: the journal keeps 1000 calls; ask before there are more"
	require.Contains(t, failureOf(t, sends.None), "1 call of sendEmail, want none\n  … 1 older ones\nnote: "+gone)
	require.Contains(t, failureOf(t, func(w emulator.TB) { sends.Only(w) }), gone)
	may := strings.Replace(gone, "that matches", "that may match", 1)
	require.Contains(t, failureOf(t, all.Key("k1").None), may)
	require.Contains(t, failureOf(t, func(w emulator.TB) { all.Key("k1").Only(w) }), may)

	w := &logs{}
	require.Empty(t, sends.All())
	for _, ask := range []func(emulator.Requests){
		func(q emulator.Requests) { require.Len(t, q.All(), emulator.JournalSize) },
		func(q emulator.Requests) { require.Nil(t, q.Operation("sendEmail").Last()) },
	} {
		ask(s.emu.For(w).Requests())
	}
	require.Equal(t, []string{"emulator: requests: " + gone, "emulator: requests: " + gone}, w.lines)
	require.NotNil(t, s.emu.For(w).Requests().Last())
	require.Len(t, w.lines, 2, "the last call is known")
	require.Zero(t, s.emu.For(w).Requests().Key("k1").Count())
	require.Equal(t, "emulator: requests: "+may, w.lines[2])
}

// logs is a TB that records what is logged.
type logs struct {
	recorder
	lines []string
}

func (w *logs) Logf(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// TestTheRequestsOfTwoRunsAreEqual runs the same calls twice.
func TestTheRequestsOfTwoRunsAreEqual(t *testing.T) {
	run := func() string {
		s := openShop(t, emulator.WithJournalBodies())
		s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("k1"))
		s.emu.Advance(time.Hour)
		s.track(trial("Pro", "t1"), segmentflow.WithIdempotencyKey("k2"))
		call(t, s.emu, "POST", "/api/v1/emails", `{"x": 1, "b": 2, "a": 3}`, "Idempotency-Key", "k3")
		call(t, s.emu, "GET", "/api/v1/profiles/"+s.emu.SeedID("profile", "nobody@example.com"), "")
		must(s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
			{IdempotencyKey: "a", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "alex"}},
		}}, segmentflow.WithIdempotencyKey("k4")))(s)
		raw, err := json.Marshal(s.emu.Requests().All())
		require.NoError(t, err)
		return string(raw) + fmt.Sprintf("%+v", s.emu.Requests().All())
	}
	first := run()
	require.Equal(t, first, run())
}

// secrets are Templates and a Journey with sensitive values.
const secrets = `
templates:
  - {key: pin, purpose: Transactional, definition: {subject: "Pin", text: "${/data/pin} ${/data/card/number}",
     sensitiveTransactionalVariablePaths: [/data/pin, /data/card/number]}}
journeys:
  - {key: resets, status: Active, entry: {type: api}, start: a,
     nodes: [{id: a, type: email, template: pin, next: b}, {id: b, type: exit}]}
`

const (
	secretData = `{"pin": "s3cr3t", "card": {"number": "s3cr3t", "brand": "<v&m>"}, "n": 1.50}`
	shownData  = `{"pin": "[redacted]", "card": {"number": "[redacted]", "brand": "<v&m>"}, "n": 1.50}`

	toAlex        = `"to": {"email": "alex@example.com"}`
	secretEmail   = `{"templateId": "%s", ` + toAlex + `, "data": %s}`
	secretTrigger = `{"profile": {"email": "alex@example.com"}, "variables": %s}`
)

// bodiesShop keeps bodies. last makes a call and returns what the journal has of it.
func bodiesShop(t *testing.T) (s shop, last func(method, path, body string) *emulator.Request) {
	t.Helper()
	s = openShop(t, emulator.WithJournalBodies())
	s.seedText(secrets)
	return s, func(method, path, body string) *emulator.Request {
		t.Helper()
		call(t, s.emu, method, path, body, "Idempotency-Key", fmt.Sprint("k", s.emu.Requests().Count()))
		last := s.emu.Requests().Last()
		require.NotContains(t, fmt.Sprintf("%+v", *last), "s3cr3t")
		return last
	}
}

func TestJournalBodiesHaveNoSensitiveValues(t *testing.T) {
	s, last := bodiesShop(t)
	pin := s.emu.ID("template", "pin")
	sent := last("POST", "/api/v1/emails", fmt.Sprintf(secretEmail, pin, secretData))
	require.Equal(t, http.StatusOK, sent.Status)
	require.JSONEq(t, fmt.Sprintf(secretEmail, pin, shownData), sent.Body)
	require.Contains(t, sent.Body, `<v&m>`)
	require.Contains(t, sent.Body, `1.50`)
	require.Contains(t, sent.Reply, s.emu.Sends().Last().ID)
	upper := strings.ToUpper(pin)
	require.JSONEq(t, fmt.Sprintf(secretEmail, upper, shownData),
		last("POST", "/api/v1/emails", fmt.Sprintf(secretEmail, upper, secretData)).Body)

	// The value of a member that comes twice must not come back.
	last("POST", "/api/v1/emails", fmt.Sprintf(secretEmail, pin, `{"order": "s3cr3t", "order": 1}`))

	batch := `{"defaults": {"templateId": "%s"}, "items": [
		{"idempotencyKey": "i1", ` + toAlex + `, "data": %s},
		{"idempotencyKey": "i2", "templateId": "%s", ` + toAlex + `, "data": {"pin": 1, "order": {"id": "o"}}}]}`
	kept := last("POST", "/api/v1/emails/batch", fmt.Sprintf(batch, pin, secretData, s.receipt()))
	require.JSONEq(t, fmt.Sprintf(batch, pin, shownData, s.receipt()), kept.Body)

	event := `{"event": "seen", "profile": {"email": "alex@example.com"}, "data": %s,
		"redactedDataPaths": ["/event/pin", "/event/card/number"]}`
	tracked := last("POST", "/api/v1/events", fmt.Sprintf(event, secretData))
	require.JSONEq(t, fmt.Sprintf(event, shownData), tracked.Body)

	for _, ref := range []string{"resets", s.emu.ID("journey", "resets")} {
		run := last("POST", "/api/v1/journeys/"+ref+"/trigger", fmt.Sprintf(secretTrigger, secretData))
		require.Equal(t, http.StatusAccepted, run.Status)
		require.JSONEq(t, fmt.Sprintf(secretTrigger, shownData), run.Body)
	}

	profile := `{"properties": {"tier": "gold"}}`
	require.JSONEq(t, profile, last("PATCH", "/api/v1/profiles/"+s.emu.ID("profile", "alex@example.com"), profile).Body)
	require.Empty(t, last("GET", "/api/v1/segments", "").Body)
}

func TestABodyIsNotKeptIfItsSensitiveValuesAreUnknown(t *testing.T) {
	s, last := bodiesShop(t)
	pin, unknown := s.emu.ID("template", "pin"), s.emu.SeedID("template", "x")
	items := func(item string) string { return `{"items": [` + item + `]}` }
	for name, c := range map[string][2]string{
		"not JSON":         {"emails", `{"data": {"pin": "s3cr3t"`},
		"a wrong member":   {"emails", `{"templateId": "` + pin + `", ` + toAlex + `, "dat": {"pin": "s3cr3t"}}`},
		"no such Template": {"emails", fmt.Sprintf(secretEmail, unknown, secretData)},
		"a Template's key": {"emails", fmt.Sprintf(secretEmail, "pin", secretData)},
		"no such Journey":  {"journeys/reset/trigger", fmt.Sprintf(secretTrigger, secretData)},
		"a wrong item":     {"emails/batch", items(`{"idempotencyKey": "i3", "pin": "s3cr3t"}`)},
		"a string":         {"emails/batch", items(`"s3cr3t"`)},
		"an item's Template": {"emails/batch",
			items(`{"idempotencyKey": "i4", ` + fmt.Sprintf(secretEmail, unknown, secretData)[1:])},
	} {
		refused := last("POST", "/api/v1/"+c[0], c[1])
		require.Empty(t, refused.Body, name)
		require.NotEmpty(t, refused.Reply, name)
	}
}

// writing calls see before it writes a body.
type writing struct {
	*httptest.ResponseRecorder
	see func()
}

func (w writing) Write(body []byte) (int, error) {
	w.see()
	return w.ResponseRecorder.Write(body)
}

// TestACallIsInTheJournalBeforeItsReply looks at the journal while a reply is written: a client of a socket may have
// read it before its handler returns.
func TestACallIsInTheJournalBeforeItsReply(t *testing.T) {
	emu := emulator.Start(t, emulator.WithJournalBodies())
	request := httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1/api/v1/templates", nil)
	request.Header.Set("x-api-key", emu.APIKey())
	var seen []emulator.Request
	w := writing{httptest.NewRecorder(), func() { seen = emu.Requests().All() }}
	emu.Handler().ServeHTTP(w, request)
	require.Len(t, seen, 1)
	require.Equal(t, w.Body.String(), seen[0].Reply)
	require.Equal(t, seen, emu.Requests().All(), "it is there once")
}
