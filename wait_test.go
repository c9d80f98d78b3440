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

func TestWaitsDoubleUpToEightSecondsAndAreHalfRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{replies: []reply{problem(503, "unavailable")}}
		_, err := dial(t, w, segmentflow.WithMaxRetries(7)).Emails.Retrieve(t.Context(), sendID)
		require.Error(t, err)

		full := []time.Duration{
			500 * time.Millisecond,
			time.Second,
			2 * time.Second,
			4 * time.Second,
			8 * time.Second,
			8 * time.Second,
			8 * time.Second,
		}
		require.Len(t, w.waits(), len(full))

		for i, wait := range w.waits() {
			assert.LessOrEqual(t, wait, full[i])
			assert.GreaterOrEqual(t, wait, full[i]/2)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	const never = -1
	for value, want := range map[string]time.Duration{
		"0":                   0,
		"7":                   7 * time.Second,
		"1.25":                1250 * time.Millisecond,
		"30":                  30 * time.Second,
		"31":                  never,
		"9223372036854775807": never,
		"1e999":               never,
	} {
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, w := answering(t, problem(429, "rate_limited", "Retry-After: "+value), ok)
				start := time.Now()
				_, err := client.Emails.Send(t.Context(), receipt())
				if want == never {
					require.ErrorIs(t, err, segmentflow.ErrRateLimited)
					assert.Greater(t, refused(t, err).RetryAfter, 30*time.Second)
					assert.Zero(t, time.Since(start))
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []time.Duration{want}, w.waits())
			})
		})
	}
}

func TestRetryAfterMayBeADate(t *testing.T) {
	for _, ahead := range []time.Duration{20 * time.Second, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			at := time.Now().Add(ahead).UTC().Format(http.TimeFormat)
			client, _ := answering(t, problem(404, "not_found", "Retry-After: "+at))
			_, err := client.Emails.Send(t.Context(), receipt())
			assert.Equal(t, max(ahead, 0), refused(t, err).RetryAfter)
			client, w := answering(t, problem(503, "unavailable", "Retry-After: "+at), ok)
			_, err = client.Emails.Send(t.Context(), receipt())
			require.NoError(t, err)
			assert.Equal(t, []time.Duration{max(ahead, 0)}, w.waits())
		})
	}
}

func TestAnInvalidRetryAfterIsIgnored(t *testing.T) {
	for _, value := range []string{"-5", "soon", "NaN", ""} {
		synctest.Test(t, func(t *testing.T) {
			client, w := answering(t, problem(429, "rate_limited", "Retry-After: "+value), ok)
			_, err := client.Emails.Send(t.Context(), receipt())
			require.NoError(t, err)
			assert.LessOrEqual(t, w.waits()[0], 500*time.Millisecond)
			assert.GreaterOrEqual(t, w.waits()[0], 250*time.Millisecond)
		})
	}
}

func TestAWaitWithinTheDeadlineStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		defer cancel()
		client, _ := answering(t, problem(429, "rate_limited", "Retry-After: 5"), ok)
		_, err := client.Emails.Send(ctx, receipt())
		require.NoError(t, err)
	})
}

func TestCancellingEndsAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, context.Cause(req.Context()) // as net/http does
		}))
		time.AfterFunc(time.Second, func() { cancel(errors.New("the shop is closed")) })
		_, err := client.Emails.Send(ctx, receipt())
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "the shop is closed")
		assert.Equal(t, 1, refused(t, err).Attempts)
	})
}

func TestNothingIsSentAfterTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client, w := answering(t, ok)
	_, err := client.Emails.Send(ctx, receipt())
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, refused(t, err).Attempts)
	assert.Zero(t, w.count())
}
