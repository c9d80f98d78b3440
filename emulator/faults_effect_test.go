package emulator_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTheErrorOfAFault(t *testing.T) {
	for _, c := range []struct {
		fault      emulator.Fault
		body       string
		retryAfter string
	}{
		{emulator.Fault{Status: 503},
			`{"error":"unavailable","message":"A fault of the test answered this call (fault 1)."}`, ""},
		{emulator.Fault{Status: 429, RetryAfter: 2 * time.Second, Message: "Slow down."},
			`{"error":"rate_limited","message":"Slow down."}`, "2"},
		{emulator.Fault{Status: 429, RetryAfter: 250 * time.Millisecond, Message: "m"},
			`{"error":"rate_limited","message":"m"}`, "0.25"},
		{emulator.Fault{Status: 422, Message: "m", Details: object{"reason": "no", "n": 12345678901234567}},
			`{"details":{"n":12345678901234567,"reason":"no"},"error":"validation_failed","message":"m"}`, ""},
		{emulator.Fault{Status: 409, Code: "idempotency_in_progress", Message: "m"},
			`{"error":"idempotency_in_progress","message":"m"}`, ""},
		{emulator.Fault{Status: 409, Message: "m"}, `{"error":"invalid_state","message":"m"}`, ""},
		{emulator.Fault{Status: 502, Message: "m"}, `{"error":"bad_gateway","message":"m"}`, ""},
		{emulator.Fault{Status: 402, Message: "m"}, `{"error":"invalid_request","message":"m"}`, ""},
		{emulator.Fault{Status: 599, Message: "m"}, `{"error":"internal_error","message":"m"}`, ""},
	} {
		emu := acme(t)
		emu.Fail(c.fault)
		clear(c.fault.Details) // the fault has its own
		a := call(t, emu, "POST", "/api/v1/emails", "{}")
		require.Equal(t, c.fault.Status, a.status)
		require.Equal(t, c.body, a.body)
		require.Equal(t, c.retryAfter, a.header.Get("Retry-After"), "only what the fault says")
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		require.Equal(t, "req_00000001", a.header.Get("x-request-id"))
		require.Empty(t, call(t, emu, "HEAD", "/api/v1/templates", "").body)
	}
}

func TestTheBodyOfAFaultIsNotTheAPIs(t *testing.T) {
	for _, c := range []struct {
		fault  emulator.Fault
		status int
		media  string
	}{
		{emulator.Fault{Body: "<html>Bad gateway</html>"}, 502, "text/html; charset=utf-8"},
		{emulator.Fault{Body: "upstream down", Status: 503, RetryAfter: time.Minute}, 503, "text/plain; charset=utf-8"},
		{emulator.Fault{Body: `{"error":"maintenance"}`, ContentType: "application/json"}, 502, "application/json"},
		{emulator.Fault{Body: "<html>Sign in to the WiFi", Status: 200}, 200, "text/html; charset=utf-8"},
	} {
		emu := acme(t)
		emu.RateLimit("", 10, time.Second)
		emu.Fail(c.fault)
		a := call(t, emu, "POST", "/api/v1/emails", "{}")
		require.Equal(t, c.status, a.status)
		require.Equal(t, c.media, a.header.Get("Content-Type"))
		require.Equal(t, c.fault.Body, a.body)
		want := 2
		if c.fault.RetryAfter > 0 {
			require.Equal(t, "60", a.header.Get("Retry-After"))
			want++
		}
		require.Len(t, a.header, want, "none of the API's headers: %v", a.header)
	}
}

func TestAReplyIsLostAfterTheWork(t *testing.T) {
	for name, c := range map[string]struct {
		fault  emulator.Fault
		status int
		is     error
	}{
		"dropped":              {emulator.Fault{Drop: true}, 0, io.ErrUnexpectedEOF},
		"cut in half":          {emulator.Fault{Truncate: true}, 0, io.ErrUnexpectedEOF},
		"replaced by an error": {emulator.Fault{Status: 503}, 503, segmentflow.ErrUnavailable},
		"replaced by a page":   {emulator.Fault{Body: "<html>", Status: 503}, 503, segmentflow.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			c.fault.Times, c.fault.AfterCommit = 1, true
			s.emu.Fail(c.fault)
			err := s.try("alex@example.com", "k1")
			require.ErrorIs(t, err, c.is)
			require.Equal(t, c.status, refusal(t, err).Status)
			require.Equal(t, 1, s.emu.Outbox().Count())
			var reply segmentflow.Response
			p := receipt(s.receipt(), 1)
			p.To = &segmentflow.Recipient{Email: "alex@example.com"}
			s.send(p, segmentflow.WithIdempotencyKey("k1"), segmentflow.WithResponse(&reply))
			require.True(t, reply.Replayed)
			require.Equal(t, 1, s.emu.Outbox().Count())
		})
	}
}

func TestTheTransportReturnsHalfOfATruncatedReply(t *testing.T) {
	emu := acme(t)
	whole := call(t, emu, "GET", "/api/v1/templates", "").body
	emu.Fail(emulator.Fault{Truncate: true})
	request := must(http.NewRequestWithContext(t.Context(), "GET", "http://x/api/v1/templates", nil))(t)
	request.Header.Set("x-api-key", emu.APIKey())
	reply, err := emu.Transport().RoundTrip(request)
	require.NoError(t, err)
	defer reply.Body.Close()
	half, err := io.ReadAll(reply.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, whole[:len(whole)/2], string(half))
	require.Equal(t, 200, reply.StatusCode)
	require.EqualValues(t, len(whole), reply.ContentLength)

	request.Method = "HEAD"
	reply, err = emu.Transport().RoundTrip(request)
	if err == nil {
		reply.Body.Close()
	}
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "there is no half of a reply without body")
}

// TestFaultsOverASocket reads from the connection itself.
func TestFaultsOverASocket(t *testing.T) {
	emu := acme(t)
	speak := func(method, path string) (reply string, err error) {
		conn := must((&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(emu.URL(), "http://")))(t)
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nx-api-key: %s\r\n"+
			"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", method, path, emu.APIKey())
		require.NoError(t, err)
		raw, err := io.ReadAll(conn)
		return string(raw), err
	}
	dropped := emu.Fail(emulator.Fault{Drop: true})
	for _, method := range []string{"GET", "HEAD"} {
		reply, err := speak(method, "/api/v1/templates")
		require.Empty(t, reply)
		require.ErrorIs(t, err, syscall.ECONNRESET, method)
	}
	dropped.Remove()

	whole := call(t, emu, "GET", "/api/v1/templates", "").body
	emu.Fail(emulator.Fault{Truncate: true})
	reply, err := speak("GET", "/api/v1/templates")
	require.NoError(t, err, "the connection is closed, not reset")
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(reply)), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	half, err := io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, whole[:len(whole)/2], string(half))
	_, err = speak("HEAD", "/api/v1/templates")
	require.ErrorIs(t, err, syscall.ECONNRESET)
	journal := shop{T: t, emu: emu}.get("/requests")
	require.Len(t, listIn(t, journal, "requests"), 5, "a call is in the journal before its connection is closed")
}

func TestTheClientOverASocketMeetsFaults(t *testing.T) {
	s := openShop(t)
	// On a connection that it has used before, net/http would repeat a dropped call by itself.
	afresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client := must(segmentflow.New(s.emu.APIKey(), segmentflow.WithBaseURL(s.emu.URL()),
		segmentflow.WithMaxRetries(0), segmentflow.WithHTTPClient(afresh)))(t)
	for key, fault := range map[string]emulator.Fault{
		"k1": {Truncate: true, Times: 1},
		"k2": {Drop: true, AfterCommit: true, Times: 1},
	} {
		s.emu.Fail(fault)
		_, err := client.Emails.Send(t.Context(), receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey(key))
		require.Error(t, err)
		require.Zero(t, refusal(t, err).Status)
		_, err = client.Emails.Send(t.Context(), receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey(key))
		require.NoError(t, err)
	}
	require.Equal(t, 2, s.emu.Outbox().Count())
}

func TestADelayHoldsUpOneCallOnly(t *testing.T) {
	inBubbles(t, func(s shop) {
		s.emu.Fail(emulator.Fault{To: "alex@example.com", Delay: 10 * time.Second})
		start, done := time.Now(), make(chan error)
		go func() { done <- s.emu.Idle(s.Context()) }()
		require.NoError(s, <-done)
		go func() { done <- s.try("alex@example.com", "k1") }()
		synctest.Wait()
		require.NoError(s, s.try("bruno@example.com", "k2"))
		s.emu.Advance(time.Hour)
		require.Zero(s, time.Since(start), "the others go on")
		s.emu.Outbox().To("alex@example.com").None(s)
		require.NoError(s, s.emu.Idle(s.Context()))
		require.Equal(s, 10*time.Second, time.Since(start), "Idle waits for the call")
		require.NoError(s, <-done)
		s.emu.Outbox().To("alex@example.com").Only(s)
	}, emulator.WithStartTime(monday))
}

func TestTheContextEndsADelay(t *testing.T) {
	for name, c := range map[string]struct {
		fault emulator.Fault
		sent  int
	}{
		"before the work":  {emulator.Fault{Delay: time.Hour, Drop: true}, 0},
		"alone":            {emulator.Fault{Delay: time.Hour}, 0},
		"after the commit": {emulator.Fault{Delay: time.Hour, AfterCommit: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t)
				s.emu.Fail(c.fault)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				_, err := s.client.Emails.Send(ctx, receipt(s.receipt(), 1))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, time.Second, time.Since(start))
				require.Equal(t, c.sent, s.emu.Outbox().Count())
			})
		})
	}
}

func TestADelayOverASocketEndsWithItsClient(t *testing.T) {
	s := openShop(t)
	arrived := make(chan struct{})
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", Delay: time.Hour, Match: func(*http.Request) bool {
		close(arrived)
		return true
	}})
	ctx, cancel := context.WithCancelCause(t.Context())
	client := must(segmentflow.New(s.emu.APIKey(), segmentflow.WithBaseURL(s.emu.URL())))(t)
	asked := make(chan error)
	go func() {
		_, err := client.Emails.Send(ctx, receipt(s.receipt(), 1))
		asked <- err
	}()
	<-arrived
	cancel(errors.New("enough"))
	require.ErrorIs(t, <-asked, context.Canceled)
	idle(t, s.emu) // the server has noticed
	require.Zero(t, s.emu.Outbox().Count())
}

// told shows a call of the journal.
func told(entry map[string]any) string {
	return fmt.Sprint(entry["idempotencyKey"], " ", entry["status"], " ", entry["error"], " ", entry["fault"])
}

func TestTheJournalHasTheNumberOfTheFault(t *testing.T) {
	s := openShop(t)
	s.emu.Fail(emulator.Fault{To: "a@example.com", Status: 422, Details: object{"reason": "template_archived"}})
	s.emu.Fail(emulator.Fault{To: "b@example.com", Drop: true})
	s.emu.Fail(emulator.Fault{To: "c@example.com", Truncate: true})
	s.emu.Fail(emulator.Fault{To: "d@example.com", Body: "<html>", AfterCommit: true})
	s.emu.Fail(emulator.Fault{To: "e@example.com", Delay: time.Millisecond})
	for _, who := range []string{"a", "b", "c", "d", "e", "f"} {
		_ = s.try(who+"@example.com", "key-"+who)
	}
	var got []string
	for _, entry := range listIn(t, s.get("/requests"), "requests") {
		require.Equal(t, "sendEmail", entry["operation"])
		require.Equal(t, "2026-03-02T09:00:00.000Z", entry["at"])
		got = append(got, told(entry))
	}
	require.Equal(t, []string{
		"key-f 200 <nil> <nil>",
		"key-e 200 <nil> 5",
		"key-d 502 <nil> 4",
		"key-c 200 <nil> 3",
		"key-b 0 <nil> 2",
		"key-a 422 validation_failed 1",
	}, got)
}
