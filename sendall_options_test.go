package segmentflow_test

import (
	"context"
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

// keyless yields n items without a key of their own. The one at bad has no valid data.
func keyless(n, bad int) source {
	return func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range n {
			it := segmentflow.BatchSendItem{Subject: fmt.Sprint(i)}
			if i == bad {
				it.Data = "no object"
			}
			if !yield(it) {
				return
			}
		}
	}
}

func TestItemsOfARangeWithoutAKeyGetOneOfTheRange(t *testing.T) {
	for name, c := range map[string]struct {
		opts []segmentflow.CallOption
		want string
	}{
		"of WithIdempotencyKey":       {[]segmentflow.CallOption{nil, segmentflow.WithIdempotencyKey("mine")}, "mine"},
		"made up, once for the range": {nil, "k1"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			headers := map[string]int{}
			p := &batchServer{}
			client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
				mu.Lock()
				headers[req.Header.Get("Idempotency-Key")]++
				mu.Unlock()
				return p.RoundTrip(req)
			}), segmentflow.WithKeySource(countedKeys()))
			n := 0
			for item, err := range client.Emails.SendAll(t.Context(), keyless(250, 120),
				segmentflow.SendAllOptions{CallOptions: c.opts}) {
				require.NoError(t, err)
				if n == 120 {
					require.ErrorIs(t, item.Err, segmentflow.ErrInvalidRequest)
				} else {
					require.Equal(t, fmt.Sprintf("%s/%d", c.want, n), item.IdempotencyKey)
				}
				n++
			}
			assert.Equal(t, 250, n)
			assert.Equal(t, map[string]int{c.want: 3}, headers)
		})
	}
}

func TestTheErrorOfARangeHasTheKeyThatRepeatsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := dial(t, &batchServer{}, segmentflow.WithKeySource(countedKeys()))
	var last error
	one := segmentflow.SendAllOptions{Concurrency: 1}
	for item, err := range client.Emails.SendAll(ctx, keyless(300, -1), one) {
		if last = err; err == nil && item.Index == 99 {
			cancel()
		}
	}
	require.ErrorIs(t, last, context.Canceled)
	assert.Equal(t, "k1", refused(t, last).IdempotencyKey)

	client = dial(t, &wire{replies: []reply{problem(403, "insufficient_scope")}},
		segmentflow.WithKeySource(countedKeys()))
	for _, last = range client.Emails.SendAll(t.Context(), keyless(300, -1), one) {
		assert.Equal(t, "k1", refused(t, last).IdempotencyKey)
	}
	require.Error(t, last)
}

func TestCallOptionsApplyToEachBatch(t *testing.T) {
	client, w := answering(t, reply{status: 200, body: `{"items":[{"index":0,"send":{"id":"x"}}]}`,
		headers: []string{"X-Request-Id: req_1"}})
	var resp segmentflow.Response
	var seen []string
	opts := segmentflow.SendAllOptions{
		CallOptions: []segmentflow.CallOption{
			segmentflow.WithHeader("X-Team", "billing"), segmentflow.WithResponse(&resp),
		},
		Progress: func(segmentflow.SendAllProgress) { seen = append(seen, resp.RequestID) },
	}
	for _, err := range client.Emails.SendAll(t.Context(), count(1, new(int)), opts) {
		require.NoError(t, err)
		assert.Equal(t, 1, resp.Attempts)
	}
	assert.Equal(t, []string{"req_1"}, seen)
	assert.Equal(t, "billing", w.requests[0].Header.Get("X-Team"))

	for name, opt := range map[string]segmentflow.CallOption{
		"a header that is not valid": segmentflow.WithHeader("x-api-key", "mine"),
		"a key that is too long":     segmentflow.WithIdempotencyKey(strings.Repeat("x", 256)),
		"an empty key":               segmentflow.WithIdempotencyKey(""),
		"a negative time":            segmentflow.WithCallTimeout(-1),
	} {
		opts := segmentflow.SendAllOptions{CallOptions: []segmentflow.CallOption{opt}}
		var errs []error
		for item, err := range client.Emails.SendAll(t.Context(), count(150, new(int)), opts) {
			assert.Zero(t, item.Index, name)
			errs = append(errs, err)
		}
		require.Len(t, errs, 1, name)
		require.ErrorIs(t, errs[0], segmentflow.ErrInvalidRequest, name)
	}
	assert.Equal(t, 1, w.count())
}

func TestACallTimeoutEndsABatchThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, req.Body)
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		start := time.Now()
		opts := segmentflow.SendAllOptions{
			CallOptions: []segmentflow.CallOption{segmentflow.WithCallTimeout(5 * time.Second)},
		}
		for _, err := range client.Emails.SendAll(t.Context(), count(150, new(int)), opts) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		assert.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestARangeWithoutAContextIsAnError(t *testing.T) {
	var errs []error
	for _, err := range dial(t, &batchServer{}).Emails.SendAll(nil, count(1, new(int)), //nolint:staticcheck // the test
		segmentflow.SendAllOptions{Concurrency: 1 << 62}) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], segmentflow.ErrInvalidRequest)
}

func TestAKeySourceWithoutAKeyEndsTheRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{replies: []reply{ok}}
		client := dial(t, w, segmentflow.WithKeySource(func() string {
			time.Sleep(time.Second) // so that two batches ask at once
			return ""
		}))
		for _, err := range client.Emails.SendAll(t.Context(), keyless(300, -1), segmentflow.SendAllOptions{}) {
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
		}
		assert.Zero(t, w.count())
	})
}

func TestAnyConcurrencySendsAll(t *testing.T) {
	for _, concurrency := range []int{-1, 0, 1, 7, 1 << 62} {
		n := 0
		opts := segmentflow.SendAllOptions{Concurrency: concurrency}
		for _, err := range dial(t, &batchServer{}).Emails.SendAll(t.Context(), count(1001, new(int)), opts) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 1001, n)
	}
}

func TestResultsOfWhichAFieldCannotBeReadAreYieldedBeforeTheError(t *testing.T) {
	body := `{"items":[{"index":0,"send":{"id":"x","createdAt":"soon"}},{"index":1,"send":{"id":"y"}}]}`
	client, _ := answering(t, reply{status: 200, body: body})
	var ids []string
	var last error
	for item, err := range client.Emails.SendAll(t.Context(), count(2, new(int)), segmentflow.SendAllOptions{}) {
		if last = err; err == nil {
			ids = append(ids, item.Send.ID)
			continue
		}
		assert.Equal(t, 2, item.Index)
	}
	assert.Equal(t, []string{"x", "y"}, ids)
	require.ErrorContains(t, last, "/items/0/send/createdAt")
}
