package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
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

// waveServer refuses the first batches, which are under way at once. It notes when each request came.
type waveServer struct {
	batchServer
	waits []string // the Retry-After of each refusal; "" leaves it out

	noting sync.Mutex
	at     []time.Duration
	start  time.Time
}

func (s *waveServer) RoundTrip(req *http.Request) (*http.Response, error) {
	s.noting.Lock()
	if s.start.IsZero() {
		s.start = time.Now()
	}
	n := len(s.at)
	s.at = append(s.at, time.Since(s.start))
	s.noting.Unlock()

	time.Sleep(time.Duration(n+1) * time.Millisecond) // so that the order is always the same
	if n >= len(s.waits) {
		return s.batchServer.RoundTrip(req)
	}
	resp := answer(429, `{"error":"rate_limited","message":"Slow down."}`)
	if s.waits[n] != "" {
		resp.Header.Set("Retry-After", s.waits[n])
	}
	return resp, nil
}

// overWave sends 400 items, as four batches at once, with keys that begin with a prefix.
func overWave(ctx context.Context, t *testing.T, s *waveServer, prefix string, opts ...segmentflow.Option) error {
	t.Helper()
	next := countedKeys()
	source := segmentflow.WithKeySource(func() string { return prefix + next() })
	emails := dial(t, s, append(opts, source)...).Emails
	for _, err := range emails.SendAll(ctx, count(400, new(int)), segmentflow.SendAllOptions{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestBatchesThatAreRefusedTogetherCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &waveServer{waits: []string{"30", "40", "5", ""}}
		require.NoError(t, overWave(t.Context(), t, s, "a"))
		require.Len(t, s.at, 8)
		between(t, 40*time.Second, s.at[4], 44*time.Second+5*time.Millisecond, "the longest wait applies")
		assert.Equal(t, s.at[4], s.at[5], "half as many are under way, not a sixteenth")
		assert.Greater(t, s.at[6], s.at[5])
	})
}

func TestARangeComesBackALittleLaterThanAskedAndRangesDoNotComeBackTogether(t *testing.T) {
	seen := map[time.Duration]bool{}
	for _, prefix := range []string{"a", "b", "c"} {
		synctest.Test(t, func(t *testing.T) {
			s := &waveServer{waits: []string{"30"}}
			require.NoError(t, overWave(t.Context(), t, s, prefix))
			require.Len(t, s.at, 5)
			assert.Greater(t, s.at[4], 30*time.Second+time.Millisecond)
			seen[s.at[4]] = true
		})
	}
	assert.Len(t, seen, 3)
}

func TestARangeThatCanComeBackBeforeItsDeadlineDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second+20*time.Millisecond)
		defer cancel()
		require.NoError(t, overWave(ctx, t, &waveServer{waits: []string{"30"}}, "a"))
	})
}

func TestTheEndOfAPauseKeepsTheRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		e := refused(t, overWave(ctx, t, &waveServer{waits: []string{"30", "30", "30", "30"}}, "a"))
		require.ErrorIs(t, e, context.Canceled)
		assert.Equal(t, 429, e.Status)
		assert.Equal(t, 30*time.Second, e.RetryAfter)
		assert.ErrorContains(t, e, "Slow down.; not retried: context canceled (attempts 1)")
	})
}

func TestWithoutRetryAfterTheBackoffDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &waveServer{waits: []string{""}}
		minute := segmentflow.WithBackoff(func(int) time.Duration { return time.Minute })
		require.NoError(t, overWave(t.Context(), t, s, "a", minute))
		between(t, time.Minute, s.at[4], 66*time.Second+time.Millisecond, "the backoff, and up to a tenth longer")
	})
}

// The bubble finds goroutines that wait forever.
func TestAWaitThatFailsEndsTheWholeRange(t *testing.T) {
	closed := errors.New("the shop is closed")
	for keeper := range 4 {
		t.Run(fmt.Sprint(keeper), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := make([]bool, 4)
				p := &batchServer{
					latency: func(batch int) time.Duration { // the keeper is refused first
						return time.Duration(1+(batch-keeper+4)%4) * time.Second
					},
					fail: func(batch int) *http.Response {
						first[batch] = true
						resp := answer(429, "")
						resp.Header.Set("Retry-After", "30")
						return resp
					},
				}
				sleep := func(context.Context, time.Duration) error {
					time.Sleep(10 * time.Second)
					return closed
				}
				var errs []error
				all := dial(t, p, segmentflow.WithSleep(sleep)).Emails.SendAll(t.Context(), count(400, new(int)),
					segmentflow.SendAllOptions{})
				for item, err := range all {
					assert.Zero(t, item.Index)
					errs = append(errs, err)
				}
				require.Len(t, errs, 1)
				require.ErrorIs(t, errs[0], closed)
				assert.NotContains(t, first, false)
			})
		})
	}
}

func TestTheKeyOfAnItemIsTheWholeOneUpTo255Characters(t *testing.T) {
	for key, want := range map[string]string{
		strings.Repeat("ä", 253): strings.Repeat("ä", 253) + "/0",
		strings.Repeat("ä", 254): "sha256:345210ff40569b6f744490b6506fd33658c15da77ac370a995646d5273dcc4bb/0",
	} {
		client, _ := answering(t, accepted(1))
		batch, err := client.Emails.BatchSend(t.Context(),
			&segmentflow.BatchSendParams{Items: make([]segmentflow.BatchSendItem, 1)},
			segmentflow.WithIdempotencyKey(key))
		require.NoError(t, err)
		assert.Equal(t, want, batch.Items[0].IdempotencyKey)
	}
}
