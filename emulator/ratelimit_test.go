package emulator_test

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// limited makes a call and returns its status and the headers of the rate limit.
func limited(t testing.TB, emu *emulator.Emulator, method, path string, headers ...string) string {
	t.Helper()
	a := call(t, emu, method, "/api/v1"+path, "", headers...)
	text := fmt.Sprint(a.status)
	for _, name := range []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"} {
		if values := a.header.Values(name); len(values) > 0 {
			text += fmt.Sprint(" ", values)
		}
	}
	return text
}

func TestARateLimitIsABucketOnTheClock(t *testing.T) {
	emu := acme(t)
	emu.RateLimit("listTemplates", 3, 10*time.Second)
	list := func() string { return limited(t, emu, "GET", "/templates") }
	require.Equal(t, "200 [3] [2] [4]", list())
	require.Equal(t, "200 [3] [1] [7]", list())
	require.Equal(t, "200 [3] [0] [10]", limited(t, emu, "HEAD", "/templates"))
	require.Equal(t, "429 [3] [0] [10] [4]", list())
	require.Equal(t, "429 [3] [0] [10] [4]", list(), "a refused call takes nothing, and real time does not count")
	emu.Advance(3333 * time.Millisecond)
	require.Equal(t, "429 [3] [0] [7] [1]", list())
	emu.Advance(time.Millisecond)
	require.Equal(t, "200 [3] [0] [10]", list())
	emu.Advance(time.Hour)
	require.Equal(t, "200 [3] [2] [4]", list(), "it is never more than full")

	require.Equal(t, "200", limited(t, emu, "GET", "/segments"), "another operation")
	require.Equal(t, "401", limited(t, emu, "GET", "/templates", "x-api-key", ""))
	emu.RateLimit("listTemplates", 1, time.Second)
	require.Equal(t, "200 [1] [0] [1]", list(), "a new limit is full")
	emu.RateLimit("listTemplates", 0, 0)
	require.Equal(t, "200", list())
}

func TestARateLimitFillsWithoutLoss(t *testing.T) {
	emu := acme(t)
	emu.RateLimit("listTemplates", 1, 24*time.Hour)
	require.Equal(t, "200 [1] [0] [86400]", limited(t, emu, "GET", "/templates"))
	for range 1000 { // each call adds a little
		emu.Advance(86400 * time.Millisecond)
		_ = call(t, emu, "GET", "/api/v1/templates", "", "x-request", "1")
	}
	require.Equal(t, "429 [1] [0] [86400] [86400]", limited(t, emu, "GET", "/templates"), "the last one was allowed")
	emu.RateLimit("listTemplates", 1_000_000, time.Hour)
	require.Equal(t, "200 [1000000] [999999] [1]", limited(t, emu, "GET", "/templates"))
}

func TestARateLimitOfAnySize(t *testing.T) {
	emu := acme(t)
	for _, per := range []time.Duration{1, time.Second, math.MaxInt64} {
		emu.RateLimit("listTemplates", math.MaxInt, per)
		for range 2 {
			require.Equal(t, "200 [9223372036854775807] [9223372036854775807] [0]",
				limited(t, emu, "GET", "/templates"))
		}
		emu.RateLimit("listTemplates", 1, per)
		seconds := max(1, int64(math.Ceil(per.Seconds())))
		full := fmt.Sprintf("[1] [0] [%d]", seconds)
		require.Equal(t, "200 "+full, limited(t, emu, "GET", "/templates"))
		require.Equal(t, fmt.Sprintf("429 %s [%d]", full, seconds), limited(t, emu, "GET", "/templates"))
	}
}

func TestARefusedCallWritesNothingAndIsInTheJournal(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("sendEmail", 1, time.Minute)
	never := s.emu.Fail(emulator.Fault{Skip: 1, Status: 500})
	require.NoError(t, s.try("alex@example.com", "k1"))
	err := refusal(t, s.try("bruno@example.com", "k2"))
	require.Equal(t, []any{429, "rate_limited", "Too many requests.", "k2", time.Minute},
		[]any{err.Status, err.Code, err.Message, err.IdempotencyKey, err.RetryAfter})
	require.Zero(t, never.Hits(), "faults do not see a call that the limit refuses")
	s.emu.Outbox().To("bruno@example.com").None(t)
	entry := listIn(t, s.get("/requests?limit=1"), "requests")[0]
	require.Equal(t, "k2 429 rate_limited <nil>", told(entry))

	s.emu.Advance(time.Minute)
	s.emu.ClearFaults()
	require.NoError(t, s.try("bruno@example.com", "k2"))
	s.emu.Reset()
	for range 3 {
		require.NoError(t, s.try("bruno@example.com", "k3"), "Reset removes the limits")
	}
}

func TestEachKeyHasABucket(t *testing.T) {
	emu := acme(t)
	emu.RateLimit("listTemplates", 1, time.Second)
	other := emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}})
	noScope := emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"events:write"}})
	require.Equal(t, "200 [1] [0] [1]", limited(t, emu, "GET", "/templates"))
	require.Equal(t, "200 [1] [0] [1]", limited(t, emu, "GET", "/templates", "x-api-key", other))
	require.Equal(t, "403 [1] [0] [1]", limited(t, emu, "GET", "/templates", "x-api-key", noScope))
	require.Equal(t, "429 [1] [0] [1] [1]", limited(t, emu, "GET", "/templates", "x-api-key", noScope))
}

func TestALimitOfAllOperations(t *testing.T) {
	emu := acme(t)
	emu.RateLimit("", 3, time.Minute)
	emu.RateLimit("listTemplates", 1, time.Second)
	require.Equal(t, "200 [1] [0] [1]", limited(t, emu, "GET", "/templates"), "the limit with the fewest left")
	require.Equal(t, "429 [1] [0] [1] [1]", limited(t, emu, "GET", "/templates"))
	require.Equal(t, "200 [3] [1] [40]", limited(t, emu, "GET", "/segments"), "the refused call took nothing")
	require.Equal(t, "200 [3] [0] [60]", limited(t, emu, "GET", "/segments"))
	require.Equal(t, "429 [3] [0] [60] [20]", limited(t, emu, "GET", "/segments"))
	require.Equal(t, "429 [3] [0] [60] [20]", limited(t, emu, "GET", "/templates"), "the limit that lasts longest")
}

func TestTheHeadersAreOnAllReplies(t *testing.T) {
	emu := acme(t)
	emu.RateLimit("", 9, 9*time.Second)
	emu.Fail(emulator.Fault{Operation: "listSegments", Status: 503, Times: 1})
	emu.Fail(emulator.Fault{Operation: "listSegments", Status: 503, Times: 1, AfterCommit: true})
	require.Equal(t, "503 [9] [8] [1]", limited(t, emu, "GET", "/segments"))
	require.Equal(t, "503 [9] [7] [2]", limited(t, emu, "GET", "/segments"))
	require.Equal(t, "404 [9] [6] [3]", limited(t, emu, "GET", "/emails/0d0a0000-0000-4000-8000-000000000001"))
	require.Equal(t, "400 [9] [5] [4]", limited(t, emu, "GET", "/segments?limit=x"))
}

func TestManyCallsAtOnceShareABucket(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("sendEmail", 7, time.Second)
	var group sync.WaitGroup
	errs := make([]error, 100)
	for i := range errs {
		group.Go(func() { errs[i] = s.try("alex@example.com", fmt.Sprint("k", i)) })
	}
	group.Wait()
	sent := 0
	for _, err := range errs {
		if err == nil {
			sent++
			continue
		}
		require.ErrorIs(t, err, segmentflow.ErrRateLimited)
	}
	require.Equal(t, 7, sent)
	require.Equal(t, 7, s.emu.Outbox().Count())
}

func TestALiveClockFillsTheBucketInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithLiveClock())
		emu.RateLimit("sendEmail", 2, 10*time.Second)
		start := time.Now()
		for range 5 {
			sendTo(t, emu, "hello", "alex@example.com") // the client waits as Retry-After says
		}
		require.Equal(t, 15*time.Second, time.Since(start))
		require.Equal(t, 5, emu.Outbox().Count())
	})
}

func TestAWrongRateLimitFailsTheTest(t *testing.T) {
	emu := acme(t)
	for _, c := range []struct {
		operation string
		n         int
		per       time.Duration
		want      string
	}{
		{"sendEmail", -1, time.Second, `RateLimit("sendEmail", -1, 1s): N must not be negative; 0 removes the limit`},
		{"sendEmail", 1, 0, `RateLimit("sendEmail", 1, 0s): Per must be positive, such as a second`},
		{"sendEmail", 1, -time.Second, `RateLimit("sendEmail", 1, -1s): Per must be positive, such as a second`},
		{"sendEmails", 0, 0, `RateLimit("sendEmails", 0, 0s): Operation "sendEmails" is not an operation of the API; ` +
			"the nearest are sendEmail, batchSendEmails, retrieveEmail"},
	} {
		text := failureOf(t, func(w emulator.TB) { emu.For(w).RateLimit(c.operation, c.n, c.per) })
		require.Equal(t, "emulator: "+c.want, text)
	}
	require.Empty(t, call(t, emu, http.MethodGet, "/api/v1/templates", "").header.Values("RateLimit-Limit"))
}
