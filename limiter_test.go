package segmentflow_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// clocked answers every call and notes its path and when it arrived after the start. The calls are answered with what
// replies has for them, by their number from 0, and otherwise with a success.
type clocked struct {
	start   time.Time
	replies map[int]reply

	mu    sync.Mutex
	at    []time.Duration
	paths []string
}

func (c *clocked) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, special := c.replies[len(c.at)]
	c.at, c.paths = append(c.at, time.Since(c.start)), append(c.paths, req.URL.Path)
	if !special {
		return answer(200, idOf.body), nil
	}
	return (&wire{replies: []reply{now}}).RoundTrip(req)
}

func get(ctx context.Context, client *segmentflow.Client, path string) error {
	return client.Do(ctx, http.MethodGet, path, nil, nil)
}

func TestARateLimitOfTheClientSpreadsItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &clocked{start: time.Now()}
		client := dial(t, server, segmentflow.WithRateLimit(2, time.Second))
		derived, err := client.With(segmentflow.WithUserAgent("shop"))
		require.NoError(t, err)
		var group sync.WaitGroup
		for i := range 7 {
			group.Go(func() {
				if i%2 == 0 {
					assert.NoError(t, get(t.Context(), client, fmt.Sprint("/", i)))
					return
				}
				_, err := derived.Emails.Retrieve(t.Context(), fmt.Sprint(i))
				assert.NoError(t, err)
			})
			synctest.Wait()
		}
		group.Wait()
		half := 500 * time.Millisecond
		assert.Equal(t, []time.Duration{0, 0, half, 2 * half, 3 * half, 4 * half, 5 * half}, server.at)
		assert.Equal(t, []string{"/0", "/api/v1/emails/1", "/2", "/api/v1/emails/3", "/4", "/api/v1/emails/5", "/6"},
			server.paths, "in the order in which they came, over all operations and derived clients")

		own, err := client.With(segmentflow.WithRateLimit(0, 0))
		require.NoError(t, err)
		start := time.Now()
		for range 100 {
			require.NoError(t, get(t.Context(), own, "/x"))
		}
		assert.Zero(t, time.Since(start), "a limit of its own, or none")
	})
}

func TestTheLimiterLearnsFromAResponse(t *testing.T) {
	seconds := func(n ...float64) (list []time.Duration) {
		for _, s := range n {
			list = append(list, time.Duration(s*float64(time.Second)))
		}
		return list
	}
	left := func(limit, remaining, reset int) reply {
		return reply{status: 200, body: idOf.body, headers: []string{fmt.Sprint("RateLimit-Limit: ", limit),
			fmt.Sprint("RateLimit-Remaining: ", remaining), fmt.Sprint("RateLimit-Reset: ", reset)}}
	}
	for name, c := range map[string]struct {
		replies map[int]reply
		n       int
		want    []time.Duration
	}{
		"a 429 closes it for all calls": {map[int]reply{0: problem(429, "rate_limited", "Retry-After: 5")}, 3,
			seconds(0, 5, 5.2)},
		"a 429 without Retry-After":              {map[int]reply{0: problem(429, "rate_limited")}, 2, seconds(0, 0.5)},
		"Remaining: 0 closes it until the reset": {map[int]reply{0: left(5, 0, 7)}, 2, seconds(0, 7)},
		"some are left, and each response says so": {map[int]reply{0: left(3, 1, 7), 1: left(3, 0, 7)}, 4,
			seconds(0, 0, 7, 7)},
		"a later reset is that of another window": {map[int]reply{0: left(3, 0, 3), 1: left(3, 0, 10)}, 3,
			seconds(0, 3, 13)},
		"a response without the headers ends that": {map[int]reply{0: left(3, 2, 7)}, 7, seconds(0, 0, 0, 0, 0, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &clocked{start: time.Now(), replies: c.replies}
				client := dial(t, server, segmentflow.WithRateLimit(10, time.Second), segmentflow.WithMaxRetries(0))
				for range c.n {
					_ = get(t.Context(), client, "/x")
				}
				for n, want := range c.want {
					assert.Equal(t, want, server.at[n].Round(100*time.Millisecond), n)
				}
			})
		})
	}
}

func TestTheLimiterCountsTheCallsThatAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &clocked{start: time.Now(), replies: map[int]reply{}}
		for n, remaining := range []int{2, 1, 0, 2, 1, 0, 2} {
			reset := 6 // a second later than the call, except for the first, whose window begins with its response
			if n == 0 {
				reset = 7
			}
			server.replies[n] = reply{status: 200, body: idOf.body, headers: []string{"X-RateLimit-Limit: 3",
				fmt.Sprint("X-RateLimit-Remaining: ", remaining), fmt.Sprint("X-RateLimit-Reset: ", reset)}}
		}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := server.RoundTrip(req)
			time.Sleep(time.Second)
			return resp, err
		}), segmentflow.WithRateLimit(10, time.Second))
		require.NoError(t, get(t.Context(), client, "/x"))
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() { assert.NoError(t, get(t.Context(), client, "/x")) })
		}
		group.Wait()
		inSeconds := map[int]int{}
		for _, at := range server.at {
			inSeconds[int(at/time.Second)]++
		}
		assert.Equal(t, map[int]int{0: 1, 1: 2, 8: 3, 15: 1}, inSeconds)
	})
}

func TestAnOperationDoesNotWaitForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := map[int]reply{0: problem(429, "rate_limited", "Retry-After: 20")}
		server := &clocked{start: time.Now(), replies: replies}
		client := dial(t, server, segmentflow.WithRateLimit(10, time.Second))
		var group sync.WaitGroup
		group.Go(func() { assert.NoError(t, get(t.Context(), client, "/x")) })
		synctest.Wait()
		group.Go(func() { assert.NoError(t, get(t.Context(), client, "/y")) })
		_, err := client.Emails.Retrieve(t.Context(), sendID)
		require.NoError(t, err)
		group.Wait()
		assert.Equal(t, []string{"/x", "/api/v1/emails/" + sendID}, server.paths[:2])
		assert.Equal(t, []time.Duration{0, 0, 20 * time.Second}, server.at[:3])
	})
}

func TestAnOperationThatTheAPIStopsLetsAnotherPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		none := reply{status: 200, body: idOf.body, headers: []string{
			"RateLimit-Limit: 9", "RateLimit-Remaining: 0", "RateLimit-Reset: 20"}}
		server := &clocked{start: time.Now(), replies: map[int]reply{0: none}}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := server.RoundTrip(req)
			time.Sleep(3 * time.Second)
			return resp, err
		}), segmentflow.WithRateLimit(2, 10*time.Second))
		var group sync.WaitGroup
		for _, call := range []func() error{
			func() error { return get(t.Context(), client, "/x") },
			func() error { _, err := client.Templates.Retrieve(t.Context(), "t"); return err },
			func() error { return get(t.Context(), client, "/y") },
			func() error { _, err := client.Emails.Retrieve(t.Context(), "e"); return err },
		} {
			group.Go(func() { assert.NoError(t, call()) })
			synctest.Wait()
		}
		group.Wait()
		assert.Equal(t, []string{"/x", "/api/v1/templates/t", "/api/v1/emails/e", "/y"}, server.paths)
		assert.Equal(t, []time.Duration{0, 0, 5 * time.Second, 23 * time.Second}, server.at)
	})
}

func TestAResponseCorrectsTheWindowThatTheLimiterHasGuessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		used := func(reset string) reply {
			return reply{status: 200, body: idOf.body, headers: []string{
				"RateLimit-Limit: 3", "RateLimit-Remaining: 0", "RateLimit-Reset: " + reset}}
		}
		server := &clocked{start: time.Now(), replies: map[int]reply{0: used("10"), 1: used("5")}}
		client := dial(t, server, segmentflow.WithRateLimit(10, time.Second))
		require.NoError(t, get(t.Context(), client, "/x"))
		time.Sleep(15 * time.Second)
		require.NoError(t, get(t.Context(), client, "/x"))
		require.NoError(t, get(t.Context(), client, "/x"))
		assert.Equal(t, []time.Duration{0, 15 * time.Second, 20 * time.Second}, server.at)
	})
}

func TestACallThatCannotPassInTimeFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &clocked{start: time.Now()}
		client := dial(t, server, segmentflow.WithRateLimit(1, time.Minute))
		require.NoError(t, get(t.Context(), client, "/x"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := client.Emails.Send(ctx, receipt())
		require.ErrorIs(t, err, segmentflow.ErrRateLimited)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		e := refused(t, err)
		assert.Equal(t, []any{0, 0, time.Minute}, []any{e.Status, e.Attempts, e.RetryAfter})
		assert.Equal(t, "segmentflow: POST /api/v1/emails: rate_limited: "+
			"the rate limit of this client needs a wait of 1m0s", e.Error())
		assert.Zero(t, time.Since(server.start))

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		require.ErrorIs(t, get(ctx, client, "/x"), context.Canceled)
		assert.Equal(t, time.Second, time.Since(server.start))
		require.NoError(t, get(t.Context(), client, "/x"))
		assert.Equal(t, []time.Duration{0, time.Minute}, server.at, "those that did not pass have used nothing up")
	})
}

func TestACallWaitsAtMost30SecondsBecauseOfTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := map[int]reply{0: problem(429, "rate_limited", "Retry-After: 31")}
		server := &clocked{start: time.Now(), replies: replies}
		client := dial(t, server, segmentflow.WithRateLimit(10, time.Second))
		require.ErrorIs(t, get(t.Context(), client, "/x"), segmentflow.ErrRateLimited)
		err := get(t.Context(), client, "/x")
		require.ErrorIs(t, err, segmentflow.ErrRateLimited)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, []any{0, 31 * time.Second}, []any{refused(t, err).Status, refused(t, err).RetryAfter})
		assert.Zero(t, time.Since(server.start))
		time.Sleep(time.Second)
		require.NoError(t, get(t.Context(), client, "/x"))
		assert.Equal(t, 31*time.Second, time.Since(server.start))
	})
}

func TestSleepsThatTakeNoTimePassTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var waited time.Duration
		sleeps := 0
		replies := map[int]reply{5: problem(429, "rate_limited", "Retry-After: 20")}
		server := &clocked{start: time.Now(), replies: replies}
		client := dial(t, server, segmentflow.WithRateLimit(1, time.Second), segmentflow.WithSleep(
			func(_ context.Context, d time.Duration) error {
				mu.Lock()
				defer mu.Unlock()
				sleeps, waited = sleeps+1, waited+d
				return nil
			}))
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() { assert.NoError(t, get(t.Context(), client, "/x")) })
		}
		group.Wait()
		assert.Zero(t, time.Since(server.start))
		assert.Len(t, server.at, 21)
		assert.GreaterOrEqual(t, waited, 39*time.Second)
		assert.LessOrEqual(t, sleeps, 25, "one for each call, and some after the 429")
	})
}

func TestManyCallsOfManyOperationsPassInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &clocked{start: time.Now()}
		client := dial(t, server, segmentflow.WithRateLimit(1, time.Second))
		calls := []func() error{
			func() error { return get(t.Context(), client, "/custom") },
			func() error { _, err := client.Emails.Retrieve(t.Context(), "e"); return err },
			func() error { _, err := client.Templates.Retrieve(t.Context(), "t"); return err },
			func() error { _, err := client.Segments.Retrieve(t.Context(), "s"); return err },
		}
		names := []string{"/custom", "/api/v1/emails/e", "/api/v1/templates/t", "/api/v1/segments/s"}
		var want []string
		var group sync.WaitGroup
		for n := range 60 {
			which := n * 7 % 4
			want = append(want, names[which])
			group.Go(func() { assert.NoError(t, calls[which]()) })
			synctest.Wait()
		}
		group.Wait()
		assert.Equal(t, want, server.paths)
		assert.Equal(t, 59*time.Second, time.Since(server.start))
	})
}

func TestARateLimitThatCannotBeIsRefused(t *testing.T) {
	for _, opt := range []segmentflow.Option{
		segmentflow.WithRateLimit(-1, time.Second), segmentflow.WithRateLimit(1, 0), segmentflow.WithRateLimit(1, -1),
	} {
		_, err := segmentflow.New(apiKey, opt)
		require.ErrorContains(t, err, "WithRateLimit needs a positive number of calls and a positive time")
	}
}

func TestARangeWithARateLimitOfTheClientSendsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &limitedServer{perSecond: 2, latency: 10 * time.Millisecond, after: "1"}
		client, n := dial(t, server, segmentflow.WithRateLimit(2, time.Second)), 0
		for _, err := range client.Emails.SendAll(t.Context(), count(3000, new(int)), segmentflow.SendAllOptions{}) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 3000, n)
		assert.Less(t, len(server.refusals), 10, "few calls are sent in vain")

		start := time.Now()
		long := &limitedServer{perSecond: 0, after: "60"}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		client = dial(t, long, segmentflow.WithRateLimit(2, time.Second))
		for _, err := range client.Emails.SendAll(ctx, count(300, new(int)), segmentflow.SendAllOptions{}) {
			require.ErrorIs(t, err, segmentflow.ErrRateLimited)
		}
		assert.Greater(t, time.Since(start), 8*time.Minute, "a range waits longer than a call")
	})
}
