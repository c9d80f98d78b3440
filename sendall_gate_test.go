package segmentflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// limitedServer accepts so many batches in each second of the bubble's time, and refuses the others. It notes when each
// batch arrived, and how many were under way.
type limitedServer struct {
	perSecond int
	latency   time.Duration
	after     string // Retry-After; "" leaves it out

	mu            sync.Mutex
	accepted      map[string]int // by item key
	second        int64
	inSecond      int
	refusals      []time.Time
	passed        []time.Time
	running, most int
}

func (s *limitedServer) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(req.Body)
	s.begin()
	time.Sleep(s.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if now := time.Now().Unix(); now != s.second {
		s.second, s.inSecond = now, 0
	}
	if s.inSecond++; s.inSecond > s.perSecond {
		s.refusals = append(s.refusals, time.Now())
		resp := answer(429, `{"error":"rate_limited","message":"Slow down."}`)
		if s.after != "" {
			resp.Header.Set("Retry-After", s.after)
		}
		return resp, nil
	}
	s.passed = append(s.passed, time.Now())

	var body struct {
		Items []struct{ IdempotencyKey string }
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	results := make([]string, len(body.Items))
	for i, item := range body.Items {
		s.accepted[item.IdempotencyKey]++
		results[i] = fmt.Sprintf(`{"index":%d,"idempotencyKey":%q,"send":{"id":"x"}}`, i, item.IdempotencyKey)
	}
	return answer(200, `{"items":[`+strings.Join(results, ",")+`]}`), nil
}

func (s *limitedServer) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	s.most = max(s.most, s.running)
	if s.accepted == nil {
		s.accepted = map[string]int{}
	}
}

func TestARateLimitPausesTheRangeAndNeverEndsIt(t *testing.T) {
	for name, c := range map[string]struct {
		n     int
		after string
		opts  []segmentflow.Option
		calls []segmentflow.CallOption
	}{
		"Retry-After":                {n: 10_000, after: "1"},
		"no Retry-After":             {n: 1500},
		"a Retry-After of 0":         {n: 1500, after: "0"},
		"a Retry-After that is over": {n: 1500, after: "Sat, 01 Jan 2000 00:00:00 GMT"},
		"no retries":                 {n: 1500, after: "1", opts: []segmentflow.Option{segmentflow.WithMaxRetries(0)}},
		"no retries of the call": {n: 1500, after: "1",
			calls: []segmentflow.CallOption{segmentflow.WithCallMaxRetries(0)}},
		"a short limit of the call": {n: 1500, after: "1",
			calls: []segmentflow.CallOption{segmentflow.WithCallTimeout(500 * time.Millisecond)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &limitedServer{perSecond: 2, latency: 100 * time.Millisecond, after: c.after}
				n := 0
				all := dial(t, server, c.opts...).Emails.SendAll(t.Context(), count(c.n, new(int)),
					segmentflow.SendAllOptions{CallOptions: c.calls})
				for item, err := range all {
					require.NoError(t, err)
					require.Equal(t, n, item.Index)
					n++
				}
				assert.Equal(t, c.n, n)
				assert.Len(t, server.accepted, c.n)
				assert.Less(t, len(server.refusals), 3*c.n/100, "and not all the time")
				for key, times := range server.accepted {
					require.Equal(t, 1, times, key)
				}
			})
		})
	}
}

func TestNoBatchIsSentWhileTheRangePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var sent []time.Duration
		start := time.Now()
		p := &batchServer{latency: func(int) time.Duration { return time.Second }}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			raw, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(strings.NewReader(string(raw)))
			mu.Lock()
			sent = append(sent, time.Since(start))
			first := len(sent) <= 4 && strings.Contains(string(raw), `"receipt:300"`) // the last of four under way
			mu.Unlock()
			if first {
				time.Sleep(500 * time.Millisecond)
				resp := answer(429, "")
				resp.Header.Set("Retry-After", "30")
				return resp, nil
			}
			return p.RoundTrip(req)
		}))
		for _, err := range client.Emails.SendAll(t.Context(), count(1200, new(int)), segmentflow.SendAllOptions{}) {
			require.NoError(t, err)
		}

		require.Len(t, sent, 13)
		for n, at := range sent[4:] {
			require.GreaterOrEqual(t, at, 30*time.Second+500*time.Millisecond, n)
		}
		together := map[time.Duration]int{}
		for _, at := range sent[4:] {
			together[at-sent[4]]++
		}
		assert.Equal(t, 2, together[0], "half as many at first")
		assert.Equal(t, 3, together[time.Second], "and one more when they have succeeded")
	})
}

func TestAFailureDoesNotLeadThroughAClosedGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		attempts := map[int]int{}
		var again time.Duration
		p := &batchServer{}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			raw, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(strings.NewReader(string(raw)))
			batch := 0
			if strings.Contains(string(raw), `"receipt:100"`) {
				batch = 1
			}
			mu.Lock()
			defer mu.Unlock()
			attempts[batch]++
			switch {
			case batch == 0 && attempts[0] == 1:
				return answer(503, ""), nil // and the wait of a second ends while the gate is closed
			case batch == 1 && attempts[1] == 1:
				resp := answer(429, "")
				resp.Header.Set("Retry-After", "20")
				return resp, nil
			case batch == 0:
				again = time.Since(start)
			}
			return p.RoundTrip(req)
		}), segmentflow.WithBackoff(func(int) time.Duration { return time.Second }))
		for _, err := range client.Emails.SendAll(t.Context(), count(200, new(int)), segmentflow.SendAllOptions{}) {
			require.NoError(t, err)
		}
		between(t, 20*time.Second, again, 25*time.Second, "the batch that failed waits with the range")
	})
}

func TestAPanicOfTheSleepOfAPauseLeavesNoBatchWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := make(chan struct{}) // closed when the first batch has arrived
		p := &batchServer{}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			call, _ := segmentflow.CallInfo(req.Context())
			raw, _ := io.ReadAll(req.Body)
			switch {
			case !strings.Contains(string(raw), `"receipt:0"`):
				<-first
			case call.Attempt == 1:
				close(first)
				time.Sleep(time.Second) // the other batch is refused before, and sleeps for both
			default:
				req.Body = io.NopCloser(strings.NewReader(string(raw)))
				return p.RoundTrip(req)
			}
			return answer(429, ""), nil
		}), segmentflow.WithSleep(func(context.Context, time.Duration) error {
			time.Sleep(2 * time.Second)
			panic("out of sleep")
		}))
		n := 0
		assert.Equal(t, "out of sleep", ended(func() {
			opts := segmentflow.SendAllOptions{Concurrency: 2}
			for _, err := range client.Emails.SendAll(t.Context(), count(200, new(int)), opts) {
				assert.NoError(t, err)
				n++
			}
		}))
		assert.Equal(t, 100, n)
	})
}

func TestTheEndOfTheContextEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		closing := errors.New("the shop is closed")
		time.AfterFunc(5*time.Second, func() { cancel(closing) })
		client := dial(t, roundTripper(func(*http.Request) (*http.Response, error) {
			resp := answer(429, `{"error":"rate_limited","message":"Slow down."}`)
			resp.Header.Set("Retry-After", "3600")
			return resp, nil
		}))
		start := time.Now()
		var errs []error
		for item, err := range client.Emails.SendAll(ctx, count(1000, new(int)), segmentflow.SendAllOptions{}) {
			assert.Zero(t, item.Index)
			errs = append(errs, err)
		}
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], context.Canceled)
		assert.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestAPausePastTheDeadlineDoesNotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		second := func(int) time.Duration { return time.Second }
		p := &batchServer{latency: second, fail: func(batch int) *http.Response {
			if batch < 2 {
				return nil
			}
			resp := answer(429, `{"error":"rate_limited","message":"Slow down."}`)
			resp.Header.Set("Retry-After", "60")
			return resp
		}}
		start, n := time.Now(), 0
		for item, err := range dial(t, p).Emails.SendAll(ctx, count(1000, new(int)), segmentflow.SendAllOptions{}) {
			if err == nil {
				n++
				continue
			}
			require.ErrorIs(t, err, segmentflow.ErrRateLimited)
			assert.Equal(t, 200, item.Index)
			assert.Equal(t, time.Minute, refused(t, err).RetryAfter)
		}
		assert.Equal(t, 200, n)
		assert.LessOrEqual(t, time.Since(start), 2*time.Second, "others under way take a second to end")
	})
}

func TestABatchThatWaitsForAnothersRateLimitNamesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			raw, _ := io.ReadAll(req.Body)
			if strings.Contains(string(raw), `"receipt:0"`) {
				return answer(503, ""), nil // and the wait of a second ends while the gate is closed
			}
			time.Sleep(time.Second / 2) // of the bubble, so that the other batch has begun
			resp := answer(429, "")
			resp.Header.Set("Retry-After", "3600")
			return resp, nil
		}), segmentflow.WithBackoff(func(int) time.Duration { return time.Second }))
		var errs []error
		for item, err := range client.Emails.SendAll(ctx, count(200, new(int)), segmentflow.SendAllOptions{}) {
			assert.Zero(t, item.Index)
			errs = append(errs, err)
		}
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], context.DeadlineExceeded)
		require.ErrorContains(t, errs[0],
			"503 Service Unavailable; not retried: the rate limit of the API needs a wait of 1h0m0s")
	})
}
