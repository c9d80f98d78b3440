package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// once returns a client that makes each call once.
func (s shop) once() *segmentflow.Client {
	return s.emu.Client(segmentflow.WithMaxRetries(0))
}

// try sends a receipt to an address once, under a key.
func (s shop) try(email, key string) error {
	s.Helper()
	p := receipt(s.receipt(), 1)
	p.To = &segmentflow.Recipient{Email: email}
	_, err := s.once().Emails.Send(s.Context(), p, segmentflow.WithIdempotencyKey(key))
	return err
}

func TestAStruckCallWritesNothingAndBurnsNoKey(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"a status": {Status: 503},
		"a body":   {Body: "<html>"},
		"a drop":   {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			fault.Operation, fault.Times = "sendEmail", 1
			struck := s.emu.Fail(fault)
			require.Error(t, s.try("new@example.com", "k1"))
			require.Equal(t, 1, struck.Hits())
			s.emu.Outbox().To("new@example.com").None(t)
			require.Equal(t, 404, call(t, s.emu, "GET", "/_emulator/explain/new@example.com", "").status)

			var reply segmentflow.Response
			p := receipt(s.receipt(), 2)
			s.send(p, segmentflow.WithIdempotencyKey("k1"), segmentflow.WithResponse(&reply))
			require.False(t, reply.Replayed, "the key was not used, not even by another content")
			require.Equal(t, 1, struck.Hits())
		})
	}
}

func TestAFaultStrikesTheCallsThatItSelects(t *testing.T) {
	type tries []string // the recipients of calls; the key is their number
	for name, c := range map[string]struct {
		fault emulator.Fault
		tries tries
		want  string // . for a success
	}{
		"all":             {emulator.Fault{}, tries{"a", "b"}, "xx"},
		"some times":      {emulator.Fault{Times: 2}, tries{"a", "a", "a", "a"}, "xx.."},
		"after some":      {emulator.Fault{Skip: 2}, tries{"a", "a", "a", "a"}, "..xx"},
		"between others":  {emulator.Fault{Skip: 1, Times: 2}, tries{"a", "a", "a", "a"}, ".xx."},
		"a recipient":     {emulator.Fault{To: "B@Example.com "}, tries{"a", "b", "a"}, ".x."},
		"the second to b": {emulator.Fault{To: "b@example.com", Skip: 1, Times: 1}, tries{"b", "a", "b", "b"}, "..x."},
		"a key":           {emulator.Fault{Key: "k1"}, tries{"a", "b", "c"}, ".x."},
		"all of it": {
			emulator.Fault{Operation: "sendEmail", Key: "k1", To: "b@example.com"}, tries{"b", "b", "c"}, ".x.",
		},
		"a key and another recipient": {emulator.Fault{Key: "k1", To: "a@example.com"}, tries{"a", "b"}, ".."},
		"another operation":           {emulator.Fault{Operation: "batchSendEmails"}, tries{"a"}, "."},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			c.fault.Status = 500
			s.emu.Fail(c.fault)
			got := ""
			for i, who := range c.tries {
				if s.try(who+"@example.com", fmt.Sprint("k", i)) != nil {
					got += "x"
				} else {
					got += "."
				}
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestARecipientIsFoundWhereverABodyNamesOne sends raw bodies, since a fault strikes before they are checked.
func TestARecipientIsFoundWhereverABodyNamesOne(t *testing.T) {
	emu := acme(t)
	struck := emu.Fail(emulator.Fault{To: "dora@example.com", Status: 500})
	emu.Fail(emulator.Fault{To: "cus_9", Status: 500})
	const id = "/0d0a0000-0000-4000-8000-000000000001"
	for _, c := range [][2]string{
		{"/emails", `{"to": {"email": "Dora@Example.com"}}`},
		{"/emails", `{"to": {"email": "alex@example.com"}, "cc": "Dora <dora@example.com>"}`},
		{"/emails", `{"to": {"email": "alex@example.com"}, "bcc": ["x@example.com", "dora@example.com"]}`},
		{"/emails", `{"to": {"externalId": "cus_9"}}`},
		{"/emails", `{"profileId": "cus_9"}`},
		{"/emails/batch", `{"items": [7, {}, {"to": {"email": "dora@example.com"}}]}`},
		{"/emails/batch", `{"items": [{"cc": ["dora@example.com"]}]}`},
		{"/events", `{"profile": {"email": "dora@example.com"}}`},
		{"/journeys/trial-onboarding/trigger", `{"profile": {"userId": "cus_9"}}`},
		{"/broadcasts" + id + "/test", `{"email": "dora@example.com"}`},
	} {
		require.Equal(t, 500, call(t, emu, "POST", "/api/v1"+c[0], c[1]).status, c)
	}
	require.Equal(t, 8-1, struck.Hits())
	for _, body := range []string{
		`{"to": {"email": "alex@example.com"}, "data": {"email": "dora@example.com"}, "replyTo": "dora@example.com"}`,
		`{"to": "dora@example.com`, `[]`, ``, `{"items": {"to": {"email": "dora@example.com"}}}`,
	} {
		require.Equal(t, 400, call(t, emu, "POST", "/api/v1/emails", body, "Content-Type", "application/json").status,
			body)
	}
	require.Equal(t, 200, call(t, emu, "GET", "/api/v1/templates", "").status)
}

func TestAKeyIsAlsoThatOfAnItem(t *testing.T) {
	s := openShop(t)
	s.emu.Fail(emulator.Fault{Key: "receipt:2", Status: 500})
	batch := func(keys ...string) error {
		p := &segmentflow.BatchSendParams{}
		for _, key := range keys {
			p.Items = append(p.Items, segmentflow.BatchSendItem{
				IdempotencyKey: key, TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "alex@example.com"},
			})
		}
		_, err := s.once().Emails.BatchSend(t.Context(), p)
		return err
	}
	require.NoError(t, batch("receipt:1", "receipt:3"))
	require.Error(t, batch("receipt:1", "receipt:2"))
}

func TestMatchReadsTheBodyAndLeavesItToTheHandler(t *testing.T) {
	s := openShop(t)
	var bodies []string
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", Status: 500, Match: func(r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.EqualValues(t, len(body), r.ContentLength)
		require.Equal(t, "/api/v1/emails", r.URL.Path)
		r.Header.Set("x-api-key", "spoiled")
		r.Header.Set("Idempotency-Key", "spoiled")
		require.Equal(t, min(len(bodies), 1), s.emu.Outbox().Count(), "Match may use the emulator")
		bodies = append(bodies, string(body))
		return len(bodies) == 2
	}})
	require.NoError(t, s.try("alex@example.com", "k1"))
	require.Error(t, s.try("bruno@example.com", "k2"))
	require.NoError(t, s.try("bruno@example.com", "k2"))
	require.Len(t, bodies, 3)
	require.Contains(t, bodies[1], `"bruno@example.com"`)
	require.Equal(t, "Your order ord_1", s.emu.Outbox().To("bruno@example.com").Only(t).Subject)
}

// TestAMatchThatEndsItsGoroutine has a write that is carried out on a goroutine of its own: no header protects it from
// being sent twice, so its body cannot be read again.
func TestAMatchThatEndsItsGoroutine(t *testing.T) {
	s := openShop(t)
	s.emu.Fail(emulator.Fault{Status: 500, Match: func(*http.Request) bool { runtime.Goexit(); return true }})
	_, err := s.client.Templates.Update(t.Context(), s.receipt(), &segmentflow.UpdateTemplateParams{Name: "x"})
	require.ErrorContains(t, err, "the handler ended its goroutine; a function that it called has used FailNow")
	require.NoError(t, s.emu.Idle(t.Context()), "the call has ended")
}

func TestMatchIsNotCalledForOtherCalls(t *testing.T) {
	s := openShop(t)
	asked := 0
	match := func(*http.Request) bool { asked++; return true }
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, Status: 500})
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", To: "bruno@example.com", Match: match, Times: 1, Status: 500})
	require.Error(t, s.try("bruno@example.com", "k1"), "the first fault strikes")
	require.NoError(t, s.try("alex@example.com", "k2"), "another recipient")
	require.Zero(t, asked)
	require.Error(t, s.try("bruno@example.com", "k3"))
	require.NoError(t, s.try("bruno@example.com", "k4"), "it is over")
	require.Equal(t, 1, asked)
}

// TestTheFirstFaultStrikes has a script: each call is counted by one fault only.
func TestTheFirstFaultStrikes(t *testing.T) {
	s := openShop(t)
	first := s.emu.Fail(emulator.Fault{Skip: 1, Times: 2, Status: 500})
	second := s.emu.Fail(emulator.Fault{Times: 2, Status: 503})
	third := s.emu.Fail(emulator.Fault{Skip: 1, Status: 502})
	var got []int
	for range 7 {
		status := 200
		if err := s.try("alex@example.com", "k"); err != nil {
			status = refusal(t, err).Status
		}
		got = append(got, status)
	}
	require.Equal(t, []int{503, 500, 500, 503, 200, 502, 502}, got)
	require.Equal(t, []int{2, 2, 2}, []int{first.Hits(), second.Hits(), third.Hits()})
	require.Equal(t, []int{1, 2, 3}, []int{first.Number(), second.Number(), third.Number()})
}

func TestCallsAtTheSameTimeAreCountedExactly(t *testing.T) {
	s := openShop(t)
	lost := s.emu.Fail(emulator.Fault{Operation: "sendEmail", Skip: 20, Times: 5, Drop: true})
	others := s.emu.Fail(emulator.Fault{Operation: "sendEmail", Skip: 50, Times: 7, Status: 503,
		Match: func(r *http.Request) bool { _, err := io.ReadAll(r.Body); return err == nil }})
	var group sync.WaitGroup
	errs := make([]error, 200)
	for i := range errs {
		group.Go(func() { errs[i] = s.try("alex@example.com", fmt.Sprint("k", i)) })
	}
	group.Wait()
	failed := map[int]int{}
	for _, err := range errs {
		if err != nil {
			failed[refusal(t, err).Status]++
		}
	}
	require.Equal(t, map[int]int{0: 5, 503: 7}, failed)
	require.Equal(t, []int{5, 7}, []int{lost.Hits(), others.Hits()})
	require.Equal(t, 188, s.emu.Outbox().Count())
}

func TestAFaultEnds(t *testing.T) {
	s := openShop(t)
	ends := map[string]func(*emulator.FaultHandle){
		"Remove":      (*emulator.FaultHandle).Remove,
		"ClearFaults": func(*emulator.FaultHandle) { s.emu.ClearFaults() },
		"Reset":       func(*emulator.FaultHandle) { s.emu.Reset() },
	}
	for name, end := range ends {
		fault := s.emu.Fail(emulator.Fault{Operation: "sendEmail", Status: 503})
		s.emu.Advance(time.Hour)
		require.Error(t, s.try("alex@example.com", "k1"), name)
		end(fault)
		end(fault)
		require.NoError(t, s.try("alex@example.com", "k"+name), name)
		require.Equal(t, 1, fault.Hits(), name)
		s.emu.Reset()
	}
	require.Equal(t, 1, s.emu.Fail(emulator.Fault{Drop: true}).Number(), "Reset numbers from 1 again")
}

func TestAHandleOfForFailsItsTest(t *testing.T) {
	s := openShop(t)
	text := failureOf(t, func(w emulator.TB) {
		fault := s.emu.For(w).Fail(emulator.Fault{Operation: "sendMail", Status: 500})
		require.Zero(t, fault.Hits())
		fault.Remove()
	})
	require.Contains(t, text, `Operation "sendMail" is not an operation of the API; the nearest are sendEmail, `)
	s.emu.For(t).Fail(emulator.Fault{Status: 500})
	require.Error(t, s.try("alex@example.com", "k"), "the handles share their faults")
}

func TestFaultsOfAnEmulatorWithoutTest(t *testing.T) {
	emu, err := emulator.New()
	require.NoError(t, err)
	defer emu.Close()
	require.PanicsWithValue(t,
		"emulator: Fail: the fault does nothing; set Delay, Status, Body, Truncate or Drop",
		func() { emu.Fail(emulator.Fault{Operation: "sendEmail"}) })
	require.PanicsWithValue(t, `emulator: RateLimit("", 1, 0s): Per must be positive, such as a second`,
		func() { emu.RateLimit("", 1, 0) })

	fault := emu.Fail(emulator.Fault{Status: 503})
	require.Equal(t, 503, call(t, emu, "POST", "/api/v1/emails", "{}").status)
	require.NoError(t, emu.Close())
	require.Equal(t, 1, fault.Hits())
	require.Equal(t, "unavailable", call(t, emu, "GET", "/api/v1/templates", "").json(t)["error"])
	require.Equal(t, 1, fault.Hits(), "a closed emulator strikes nothing")
	require.Panics(t, func() { emu.Fail(emulator.Fault{Status: 503}) })
	require.Panics(t, func() { emu.RateLimit("", 1, time.Second) })
	fault.Remove()
	emu.ClearFaults()
}

// TestAFaultComesAfterTheKeyAndBeforeTheScope sends calls that are refused anyway.
func TestAFaultComesAfterTheKeyAndBeforeTheScope(t *testing.T) {
	emu := acme(t)
	struck := emu.Fail(emulator.Fault{Status: 503})
	key := emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"events:write"}})
	for _, c := range []struct {
		path, body, header, value string
		status                    int
	}{
		{"/emails", "{}", "x-api-key", "", 401},
		{"/emails", "{}", "x-api-key", "sk_test_other", 401},
		{"/emails", "{}", "Content-Type", "text/plain", 415},
		{"/nowhere", "{}", "x-request", "1", 404},
		{"/integrations", "{}", "x-request", "1", 501},
		{"/emails", "{}", "x-api-key", key, 503},
		{"/emails", "{", "x-request", "1", 503},
	} {
		require.Equal(t, c.status, call(t, emu, "POST", "/api/v1"+c.path, c.body, c.header, c.value).status, c)
	}
	require.Equal(t, 2, struck.Hits())
}
