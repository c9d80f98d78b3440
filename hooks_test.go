package segmentflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// sleeper is a sleep that notes each wait and takes no time.
type sleeper struct {
	waits []time.Duration
	err   error
}

func (s *sleeper) sleep(_ context.Context, d time.Duration) error {
	s.waits = append(s.waits, d)
	return s.err
}

// countedKeys returns a source of the keys k1, k2 and so on.
func countedKeys() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("k%d", n) }
}

func TestEachWaitBetweenAttemptsIsAnInjectedSleep(t *testing.T) {
	for name, c := range map[string]struct {
		replies []reply
		want    []time.Duration
	}{
		"Retry-After": {
			[]reply{problem(429, "rate_limited", "Retry-After: 30"), problem(503, "unavailable", "Retry-After: 0"), ok},
			[]time.Duration{30 * time.Second, 0},
		},
		"none after a success":         {[]reply{ok}, nil},
		"none after the last attempt":  {[]reply{lost}, []time.Duration{time.Second, 2 * time.Second}},
		"none after a refusal":         {[]reply{problem(422, "validation_failed")}, nil},
		"none longer than the maximum": {[]reply{problem(429, "rate_limited", "Retry-After: 31"), ok}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, start := sleeper{}, time.Now()
				client := dial(t, &wire{replies: c.replies}, segmentflow.WithSleep(s.sleep),
					segmentflow.WithBackoff(func(n int) time.Duration { return time.Duration(n) * time.Second }))
				_, _ = client.Emails.Send(t.Context(), receipt())
				assert.Equal(t, c.want, s.waits)
				assert.Zero(t, time.Since(start))
			})
		})
	}
}

func TestAFailedSleepEndsTheCall(t *testing.T) {
	closed := errors.New("the shop is closed")
	s, w := sleeper{err: closed}, &wire{replies: []reply{problem(503, "unavailable")}}
	client := dial(t, w, segmentflow.WithSleep(s.sleep))
	var resp segmentflow.Response
	_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithIdempotencyKey("k"),
		segmentflow.WithResponse(&resp))
	require.ErrorIs(t, err, closed)
	e := refused(t, err)
	assert.Equal(t, "segmentflow: POST /api/v1/emails: 503 unavailable: It did not work.; "+
		"not retried: the shop is closed (attempts 1)", e.Error())
	assert.Equal(t, "k", e.IdempotencyKey)
	assert.Equal(t, 1, resp.Attempts)
	assert.Equal(t, 1, w.count())

	var errs []error
	one := segmentflow.SendAllOptions{Concurrency: 1}
	for _, err := range client.Emails.SendAll(t.Context(), count(300, new(int)), one) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], closed)
}

func TestASleepThatIgnoresTheEndOfItsContextStartsNoAttempt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &wire{replies: []reply{lost}}
	client := dial(t, w, segmentflow.WithSleep(func(context.Context, time.Duration) error { cancel(); return nil }))
	_, err := client.Emails.Send(ctx, receipt())
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, refused(t, err).Attempts)
	assert.Equal(t, 1, w.count())
}

func TestAnInjectedSleepDoesNotStartPastTheDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s := sleeper{}
	client := dial(t, &wire{replies: []reply{
		problem(429, "rate_limited", "Retry-After: 5"), problem(429, "rate_limited", "Retry-After: 11"), ok,
	}}, segmentflow.WithSleep(s.sleep))
	_, err := client.Emails.Send(ctx, receipt())
	require.ErrorIs(t, err, segmentflow.ErrRateLimited)
	assert.Equal(t, 11*time.Second, refused(t, err).RetryAfter)
	assert.Equal(t, []time.Duration{5 * time.Second}, s.waits)
}

func TestABackoffOfTheCallerReplacesTheWaits(t *testing.T) {
	for name, c := range map[string]struct {
		backoff time.Duration
		reply   reply
		want    []time.Duration
	}{
		"the wait":               {3 * time.Second, lost, []time.Duration{3 * time.Second, 3 * time.Second}},
		"a negative one is none": {-time.Second, lost, []time.Duration{0, 0}},
		"one over the maximum":   {31 * time.Second, lost, nil},
		"Retry-After takes precedence": {time.Hour, problem(429, "rate_limited", "Retry-After: 2"),
			[]time.Duration{2 * time.Second, 2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{replies: []reply{c.reply}}
				var attempts []int
				client := dial(t, w, segmentflow.WithBackoff(func(attempt int) time.Duration {
					attempts = append(attempts, attempt)
					return c.backoff
				}))
				_, err := client.Emails.Send(t.Context(), receipt())
				require.Error(t, err)
				assert.Equal(t, c.want, w.waits())
				assert.Equal(t, []int{1, 2}[:max(1, len(c.want))], attempts)
			})
		})
	}
}

func TestAKeySourceNamesWritesAndItemsWithoutAKey(t *testing.T) {
	client, w := keyed(t, countedKeys())
	w.replies = []reply{ok, ok, ok, ok, accepted(3)}
	send := func(opts ...segmentflow.CallOption) {
		_, err := client.Emails.Send(t.Context(), receipt(), opts...)
		require.NoError(t, err)
	}
	send()
	send(segmentflow.WithIdempotencyKey("mine"))
	send()
	_, err := client.Emails.Retrieve(t.Context(), sendID)
	require.NoError(t, err)
	_, err = client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{item(0), {}, {}},
	})
	require.NoError(t, err)

	var keys []string
	for _, r := range w.requests {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
	}
	assert.Equal(t, []string{"k1", "mine", "k2", "", "k3"}, keys)
	var body struct {
		Items []struct{ IdempotencyKey string }
	}
	require.NoError(t, json.Unmarshal([]byte(w.requests[4].body), &body))
	assert.Equal(t, "[{receipt:0} {k3/1} {k3/2}]", fmt.Sprint(body.Items))
}

// keyed returns a client with a key source, and its server.
func keyed(t *testing.T, source func() string) (*segmentflow.Client, *wire) {
	t.Helper()
	w := &wire{replies: []reply{ok}}
	return dial(t, w, segmentflow.WithKeySource(source)), w
}

func TestACallThatIsNotSentTakesNoKey(t *testing.T) {
	taken := 0
	client, w := keyed(t, func() string { taken++; return fmt.Sprint("k", taken) })
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, client.Templates.Delete(t.Context(), ""))
	require.ErrorIs(t, client.Templates.Delete(ended, sendID), context.Canceled)
	_, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{{}, {Data: "no object"}},
	})
	require.Error(t, err)
	noObject := func(yield func(segmentflow.BatchSendItem) bool) { yield(segmentflow.BatchSendItem{Data: "no object"}) }
	for item, err := range client.Emails.SendAll(t.Context(), noObject, segmentflow.SendAllOptions{}) {
		require.NoError(t, err)
		require.Error(t, item.Err)
	}
	assert.Zero(t, taken)
	assert.Zero(t, w.count())
}

func TestAnInvalidKeyOfASourceIsNotSent(t *testing.T) {
	for key, want := range map[string]string{
		"":                       "must not be empty",
		strings.Repeat("é", 256): "must have at most 255 characters",
		"a\nb":                   "must not contain control characters",
		"a\xff":                  "must be valid UTF-8",
	} {
		client, w := keyed(t, func() string { return key })
		batch := &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{{}}}
		_, refusedBatch := client.Emails.BatchSend(t.Context(), batch)
		for _, err := range []error{client.Do(t.Context(), http.MethodPost, "/x", nil, nil), refusedBatch} {
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
			e := refused(t, err)
			require.Len(t, e.Issues, 1)
			assert.Equal(t, "/Idempotency-Key", e.Issues[0].Path)
			assert.Equal(t, "not sent: the key from WithKeySource "+want, e.Message)
			assert.Zero(t, e.Attempts)
		}

		_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithIdempotencyKey("mine"))
		require.NoError(t, err)
		_, err = client.Emails.Retrieve(t.Context(), sendID)
		require.NoError(t, err)
		assert.Equal(t, 2, w.count(), "a key of the call's own, and a read, need none of the source")
	}
}

// limited is a server whose rate limit lets a batch pass after it has refused it so many times.
func limited(times int, after string) *batchServer {
	refusals := map[int]int{}
	return &batchServer{fail: func(batch int) *http.Response {
		if refusals[batch]++; refusals[batch] > times {
			return nil
		}
		resp := answer(429, `{"error":"rate_limited","message":"Slow down."}`)
		resp.Header.Set("Retry-After", after)
		return resp
	}}
}

func TestSendAllWaitsForARateLimitAsLongAsItsContextLasts(t *testing.T) {
	one := segmentflow.SendAllOptions{Concurrency: 1}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for _, err := range dial(t, limited(5, "60")).Emails.SendAll(t.Context(), count(250, new(int)), one) {
			require.NoError(t, err)
		}
		between(t, 15*time.Minute, time.Since(start), 16*time.Minute+30*time.Second, "three batches, each five times")

		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start = time.Now()
		for _, err := range dial(t, limited(1e9, "600")).Emails.SendAll(ctx, count(250, new(int)), one) {
			require.ErrorIs(t, err, segmentflow.ErrRateLimited, "the last response is returned")
			assert.Equal(t, 6, refused(t, err).Attempts)
		}
		between(t, 50*time.Minute, time.Since(start), 55*time.Minute, "the wait past the full hour is not begun")
	})
}

// between checks a span of time of which a part is random.
func between(t *testing.T, least, got, most time.Duration, message string) {
	t.Helper()
	assert.GreaterOrEqual(t, got, least, message)
	assert.LessOrEqual(t, got, most, message)
}

func TestARateLimitDoesNotUseUpTheRetriesOfSendAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []int{503, 429, 429, 429, 503, 429, 503}
		n := 0
		client := dial(t, &batchServer{fail: func(int) *http.Response {
			n++
			return answer(statuses[n-1], "")
		}})
		for _, err := range client.Emails.SendAll(t.Context(), count(1, new(int)), segmentflow.SendAllOptions{}) {
			require.ErrorIs(t, err, segmentflow.ErrUnavailable)
		}
		assert.Equal(t, len(statuses), n)
	})
}
