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

// together makes calls that are under way at once. They end in the order of the replies, a millisecond apart.
func together(t *testing.T, client *segmentflow.Client, n int) {
	t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() { _ = get(t.Context(), client, "/x") })
		synctest.Wait()
	}
	group.Wait()
}

func TestResponsesMayComeInAnotherOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &clocked{start: time.Now(), replies: map[int]reply{}}
		for n, remaining := range []int{1, 0} {
			server.replies[n] = reply{status: 200, body: idOf.body, headers: []string{"RateLimit-Limit: 2",
				fmt.Sprint("RateLimit-Remaining: ", remaining), "RateLimit-Reset: 7"}}
		}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := server.RoundTrip(req)
			if resp.Header.Get("RateLimit-Remaining") == "1" {
				time.Sleep(100 * time.Millisecond)
			}
			return resp, err
		}), segmentflow.WithRateLimit(10, time.Second))
		together(t, client, 2)
		require.NoError(t, get(t.Context(), client, "/x"))
		assert.GreaterOrEqual(t, server.at[2], 7*time.Second)
	})
}

func TestTheLimiterSlowsDownOnceForCallsThatAreRefusedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := map[int]reply{}
		for n := range 4 {
			replies[n] = problem(429, "rate_limited", "Retry-After: 5")
		}
		server := &clocked{start: time.Now(), replies: replies}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := server.RoundTrip(req)
			time.Sleep(time.Second)
			return resp, err
		}), segmentflow.WithRateLimit(4, time.Second), segmentflow.WithMaxRetries(0))
		together(t, client, 4)
		together(t, client, 2)
		require.Len(t, server.at, 6)
		assert.Equal(t, 6*time.Second, server.at[4])
		assert.Equal(t, 6500*time.Millisecond, server.at[5], "two calls a second")
	})
}

func TestTheLimiterIsNeverSlowerThanOne64th(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := map[int]reply{}
		for n := range 20 {
			replies[n] = problem(429, "rate_limited", "Retry-After: 1")
		}
		server := &clocked{start: time.Now(), replies: replies}
		client := dial(t, server, segmentflow.WithRateLimit(1, time.Second), segmentflow.WithMaxRetries(0))
		for range 22 {
			_ = get(t.Context(), client, "/x")
		}
		// A success adds a 32nd, so the next call waits for 64/3 seconds.
		assert.Equal(t, 21*time.Second, (server.at[21] - server.at[20]).Truncate(time.Second))
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
