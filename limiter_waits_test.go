package segmentflow_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

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

func TestARangeWaitsForWhatTheAPIHasAskedOfAnotherCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, start := &waveServer{waits: []string{"60"}}, time.Now()
		client := dial(t, s, segmentflow.WithRateLimit(10, time.Second), segmentflow.WithMaxRetries(0))
		_, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
			Items: []segmentflow.BatchSendItem{item(0)},
		})
		require.ErrorIs(t, err, segmentflow.ErrRateLimited)
		for _, err := range client.Emails.SendAll(t.Context(), count(1, new(int)), segmentflow.SendAllOptions{}) {
			require.NoError(t, err)
		}
		assert.GreaterOrEqual(t, time.Since(start), time.Minute)
	})
}
