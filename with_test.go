package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// silent is a transport without answers.
func silent(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestTheTimeLimitOfACallCoversItsAttemptsAndWaits(t *testing.T) {
	for limit, attempts := range map[time.Duration]int{0: 3, 35 * time.Second: 2, 10 * time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			client := dial(t, roundTripper(silent),
				segmentflow.WithBackoff(func(int) time.Duration { return time.Second }))
			_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithCallTimeout(limit))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, attempts, refused(t, err).Attempts)
			if limit == 0 {
				limit = 3*30*time.Second + 2*time.Second
			}
			assert.Equal(t, limit, time.Since(start))
		})
	}
}

func TestAWaitPastTheTimeLimitOfACallReturnsTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, _ := answering(t, slowDown())
		var resp segmentflow.Response
		_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithCallTimeout(4*time.Second),
			segmentflow.WithResponse(&resp))
		assertSlowedDown(t, err, resp)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(start))

		slow := dial(t, &wire{replies: []reply{slowDown()}}, segmentflow.WithSleep(
			func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return ctx.Err() }))
		_, err = slow.Emails.Send(t.Context(), receipt(), segmentflow.WithCallTimeout(6*time.Second),
			segmentflow.WithResponse(&resp))
		assertSlowedDown(t, err, resp)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestACallHasItsOwnNumberOfRetries(t *testing.T) {
	for _, retries := range []int{0, 1, 5} {
		client := dial(t, &wire{replies: []reply{problem(503, "unavailable")}}, segmentflow.WithSleep(noSleep),
			segmentflow.WithMaxRetries(3))
		_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithCallMaxRetries(retries))
		assert.Equal(t, retries+1, refused(t, err).Attempts)
		_, err = client.Emails.Send(t.Context(), receipt())
		assert.Equal(t, 4, refused(t, err).Attempts, "other calls have that of the client")
	}
}

func TestNegativeOptionsOfACallAreNotSent(t *testing.T) {
	client, w := answering(t, ok)
	for want, opt := range map[string]segmentflow.CallOption{
		"/WithCallTimeout min: not sent: must not be negative; 0":    segmentflow.WithCallTimeout(-1),
		"/WithCallMaxRetries min: not sent: must not be negative; 0": segmentflow.WithCallMaxRetries(-1),
	} {
		_, err := client.Emails.Retrieve(t.Context(), sendID, opt)
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
		require.ErrorContains(t, err, want)
	}
	assert.Zero(t, w.count())
}

func TestADerivedClientHasTheOptionsOfItsOrigin(t *testing.T) {
	var order []string
	wrapped := 0
	layer := func(name string) segmentflow.Option {
		return segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			wrapped++
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(req)
			})
		})
	}
	w := &wire{replies: []reply{problem(503, "unavailable")}}
	same := segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper { return next })
	origin := dial(t, w, layer("a"), same, same, segmentflow.WithBaseURL("https://one.example/p"),
		segmentflow.WithMaxRetries(1), segmentflow.WithUserAgent("shop"), segmentflow.WithKeySource(countedKeys()),
		segmentflow.WithSleep(noSleep))
	with := func(of *segmentflow.Client, opts ...segmentflow.Option) *segmentflow.Client {
		client, err := of.With(opts...)
		require.NoError(t, err)
		return client
	}
	plain := with(origin, nil, segmentflow.WithMaxRetries(0))
	assert.Equal(t, 1, wrapped, "the transport is that of the origin, with its middleware")
	left := with(origin, layer("b"), segmentflow.WithBaseURL("https://two.example"))
	right := with(origin, layer("c"), segmentflow.WithUserAgent(""))
	deep := with(left, layer("d"), segmentflow.WithMaxRetries(2))

	for _, c := range []struct {
		client     *segmentflow.Client
		host, name string
		layers     []string
		attempts   int
	}{
		{plain, "one.example", "shop segmentflow-go/0.1.0", []string{"a"}, 1},
		{left, "two.example", "shop segmentflow-go/0.1.0", []string{"a", "b"}, 2},
		{right, "one.example", "segmentflow-go/0.1.0", []string{"a", "c"}, 2},
		{deep, "two.example", "shop segmentflow-go/0.1.0", []string{"a", "b", "d"}, 3},
		{origin, "one.example", "shop segmentflow-go/0.1.0", []string{"a"}, 2},
	} {
		order, w.requests = nil, nil
		_, err := c.client.Emails.Send(t.Context(), receipt())
		assert.Equal(t, c.attempts, refused(t, err).Attempts)
		var want []string
		for range c.attempts {
			want = append(want, c.layers...)
		}
		assert.Equal(t, want, order)
		assert.Equal(t, c.host, w.requests[0].URL.Host)
		assert.Equal(t, c.name, w.requests[0].Header.Get("User-Agent"))
		assert.Equal(t, apiKey, w.requests[0].Header.Get("X-Api-Key"))
		assert.Regexp(t, "^k[1-5]$", w.requests[0].Header.Get("Idempotency-Key"))
	}
}

func TestADerivedClientCanHaveAnotherTransport(t *testing.T) {
	calls, one, other := 0, &wire{replies: []reply{ok}}, &wire{replies: []reply{ok}}
	origin := dial(t, one, segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			calls++
			return next.RoundTrip(req)
		})
	}))
	derived, err := origin.With(segmentflow.WithHTTPClient(&http.Client{Transport: other}))
	require.NoError(t, err)
	_, err = derived.Emails.Send(t.Context(), receipt())
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1, 1}, []int{one.count(), other.count(), calls}, "and has the same middleware")
}

func TestWithRefusesWhatNewRefuses(t *testing.T) {
	plain, err := segmentflow.New(apiKey)
	require.NoError(t, err)
	limited, err := plain.With(segmentflow.WithTimeout(time.Second))
	require.NoError(t, err)
	for name, opt := range map[string]segmentflow.Option{
		"WithTimeout and the Timeout": segmentflow.WithHTTPClient(&http.Client{Timeout: time.Minute}),
		"WithHTTPClient is nil":       segmentflow.WithHTTPClient(nil),
		"WithMaxRetries":              segmentflow.WithMaxRetries(-1),
		"plain http":                  segmentflow.WithBaseURL("http://emulator:4010"),
		"WithMiddleware is nil":       segmentflow.WithMiddleware(nil),
	} {
		client, err := limited.With(opt)
		require.ErrorContains(t, err, name)
		assert.Nil(t, client)
	}

	insecure, err := plain.With(segmentflow.WithInsecureHTTP())
	require.NoError(t, err)
	_, err = insecure.With(segmentflow.WithBaseURL("http://emulator:4010"))
	require.NoError(t, err)
}

func TestALaterChangeOfAnHTTPClientDoesNotReachADerivedClient(t *testing.T) {
	ours := &http.Client{Transport: &wire{replies: []reply{ok}}}
	origin, err := segmentflow.New(apiKey, segmentflow.WithHTTPClient(ours))
	require.NoError(t, err)
	ours.Transport, ours.Timeout = &wire{replies: []reply{{err: errors.New("changed")}}}, time.Minute
	derived, err := origin.With(segmentflow.WithTimeout(time.Second),
		segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper { return next }))
	require.NoError(t, err)
	_, err = derived.Emails.Retrieve(t.Context(), sendID)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%+v", *derived), apiKey)
}
