package segmentflow_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func slowDown() reply {
	return problem(429, "rate_limited", "Retry-After: 5", "X-Request-Id: req_7", "RateLimit-Remaining: 0")
}

// assertSlowedDown asserts that both an error and a response tell of the answer slowDown.
func assertSlowedDown(t *testing.T, err error, resp segmentflow.Response) {
	t.Helper()
	require.ErrorIs(t, err, segmentflow.ErrRateLimited)
	e := refused(t, err)
	assert.Equal(t, 429, e.Status)
	assert.Equal(t, "rate_limited", e.Code)
	assert.Equal(t, "It did not work.", e.Message)
	assert.Equal(t, "req_7", e.RequestID)
	assert.Equal(t, 5*time.Second, e.RetryAfter)
	assert.JSONEq(t, slowDown().body, string(e.Body))
	assert.Equal(t, 1, e.Attempts)

	assert.Equal(t, 429, resp.Status)
	assert.Equal(t, "req_7", resp.RequestID)
	assert.Equal(t, "5", resp.Header.Get("Retry-After"))
	assert.NotNil(t, resp.RateLimit)
	assert.Equal(t, 1, resp.Attempts)
}

func TestAWaitThatEndsEarlyKeepsTheLastAnswer(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		synctest.Test(t, func(t *testing.T) {
			client, w := answering(t, slowDown(), ok)
			ctx, cancel := context.WithCancelCause(t.Context())
			closed := errors.New("the shop is closed")
			time.AfterFunc(time.Second, func() { cancel(closed) })
			var resp segmentflow.Response
			_, err := invokeIn(ctx, t, client, methods[id], minimalParams(op), numbered,
				segmentflow.WithResponse(&resp))
			assertSlowedDown(t, err, resp)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, closed)
			assert.Equal(t, "segmentflow: "+op.method+" "+op.route+": 429 rate_limited: It did not work.; "+
				"not retried: context canceled: the shop is closed (request req_7, attempts 1)", err.Error())
			assert.Equal(t, 1, w.count())
		})
	}
}

func TestADeadlineThatASleepExceedsKeepsTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		defer cancel()
		client := dial(t, &wire{replies: []reply{slowDown()}}, segmentflow.WithSleep(
			func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return nil }))
		var resp segmentflow.Response
		_, err := client.Emails.Send(ctx, receipt(), segmentflow.WithResponse(&resp))
		assertSlowedDown(t, err, resp)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAContextThatEndsWithTheAnswerKeepsIt(t *testing.T) {
	for status, retried := range map[int]bool{429: true, 404: false} {
		ctx, cancel := context.WithCancel(t.Context())
		w := &wire{replies: []reply{slowDown()}}
		w.replies[0].status = status
		sleeps := sleeper{}
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			cancel()
			return w.RoundTrip(req)
		}), segmentflow.WithSleep(sleeps.sleep))
		_, err := client.Emails.Send(ctx, receipt())
		require.ErrorIs(t, err, segmentflow.ErrRateLimited)
		assert.Equal(t, retried, errors.Is(err, context.Canceled), "an answer that ends the call is not the context's")
		assert.Empty(t, sleeps.waits)
	}
}

func TestAWaitThatEndsEarlyKeepsTheFailureOfTheTransport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := dial(t, &wire{replies: []reply{slowDown(), lost}}, segmentflow.WithSleep(
		func(_ context.Context, d time.Duration) error {
			if d != 5*time.Second {
				cancel()
			}
			return nil
		}))
	var resp segmentflow.Response
	_, err := client.Emails.Send(ctx, receipt(), segmentflow.WithResponse(&resp))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, lost.err)
	e := refused(t, err)
	assert.Zero(t, e.Status, "the last attempt has no answer")
	assert.Empty(t, e.Body)
	assert.Equal(t, "segmentflow: POST /api/v1/emails: context canceled; the last attempt: "+
		"connection reset by peer (attempts 2)", e.Error())
	assert.Zero(t, resp.Status)
	assert.Nil(t, resp.Header)
}
