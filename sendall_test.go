package segmentflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
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

// batchServer is a server for batches, in process. It accepts each item, with its key as id, but rejects items with the
// subject "no". It numbers the batches by their first item.
type batchServer struct {
	mu            sync.Mutex
	latency       func(batch int) time.Duration
	fail          func(batch int) *http.Response
	sizes         []int
	running, most int // batches at the moment, and the maximum
}

func (p *batchServer) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(req.Body)
	var body struct {
		Items []struct{ IdempotencyKey, Subject string }
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	p.mu.Lock()
	n := 0
	_, _ = fmt.Sscanf(body.Items[0].IdempotencyKey, "receipt:%d", &n)
	n /= 100
	p.sizes = append(p.sizes, len(body.Items))
	p.running++
	p.most = max(p.most, p.running)
	p.mu.Unlock()
	defer func() { p.mu.Lock(); p.running--; p.mu.Unlock() }()
	if p.latency != nil {
		select {
		case <-time.After(p.latency(n)):
		case <-req.Context().Done():
			time.Sleep(time.Second) // ending takes a while, too
			return nil, req.Context().Err()
		}
	}
	if p.fail != nil {
		if resp := p.fail(n); resp != nil {
			return resp, nil
		}
	}
	items := make([]string, len(body.Items))
	for i, item := range body.Items {
		outcome := `"send":{"id":"` + item.IdempotencyKey + `"}`
		if item.Subject == "no" {
			outcome = `"error":{"error":"validation_failed","message":"No."}`
		}
		items[i] = fmt.Sprintf(`{"index":%d,"idempotencyKey":%q,%s}`, i, item.IdempotencyKey, outcome)
	}
	return answer(200, `{"items":[`+strings.Join(items, ",")+`]}`), nil
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// count yields n items and counts in *taken how many were requested.
func count(n int, taken *int) iter.Seq[segmentflow.BatchSendItem] {
	return func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range n {
			*taken++
			if !yield(item(i)) {
				return
			}
		}
	}
}

func TestSendAllKeepsTheOrderAndTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &batchServer{latency: func(batch int) time.Duration { return time.Duration(10-batch) * time.Second }}
		client := dial(t, p)
		var progress []segmentflow.SendAllProgress
		var taken int
		opts := segmentflow.SendAllOptions{Concurrency: 3, Defaults: &segmentflow.BatchDefaults{TemplateID: "d"},
			Progress: func(now segmentflow.SendAllProgress) { progress = append(progress, now) }}
		n := 0
		for result, err := range client.Emails.SendAll(t.Context(), count(950, &taken), opts) {
			require.NoError(t, err)
			require.Equal(t, n, result.Index)
			require.Equal(t, fmt.Sprintf("receipt:%d", n), result.Send.ID)

			n++
			require.LessOrEqual(t, taken-n, 300, "only the batches in flight are in memory")
		}
		assert.Equal(t, 950, n)
		assert.Equal(t, 3, p.most)
		assert.Equal(t, []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 50}, p.sizes)
		assert.Len(t, progress, 10)
		assert.Equal(t, segmentflow.SendAllProgress{Done: 950, Accepted: 950}, progress[9])
	})
}

func TestSendAllRejectsItemsAtTheirPlace(t *testing.T) {
	client := dial(t, &batchServer{})
	var last segmentflow.SendAllProgress
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range 205 {
			it := item(i)
			switch i {
			case 101:
				it.Data = math.NaN()
			case 103:
				it.Subject = "no"
			}
			if !yield(it) {
				return
			}
		}
	}
	n := 0
	for result, err := range client.Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{
		Progress: func(p segmentflow.SendAllProgress) { last = p },
	}) {
		require.NoError(t, err)
		require.Equal(t, n, result.Index)
		require.Equal(t, fmt.Sprintf("receipt:%d", n), result.IdempotencyKey)

		switch n {
		case 101:
			require.ErrorIs(t, result.Err, segmentflow.ErrInvalidRequest)
			require.ErrorContains(t, result.Err, "item 101")
		case 103:
			require.ErrorIs(t, result.Err, segmentflow.ErrValidationFailed)
			require.ErrorContains(t, result.Err, "item 103")
		default:
			require.Nil(t, result.Err)
			require.NotNil(t, result.Send)
		}
		n++
	}
	assert.Equal(t, segmentflow.SendAllProgress{Done: 205, Accepted: 203, Rejected: 2}, last)
}

func TestSendAllStaysBelowTheSizeOfABatch(t *testing.T) {
	p := &batchServer{}
	big := strings.Repeat("x", 900<<10)
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range 12 {
			it := item(i)
			it.Data = map[string]string{"text": big}
			if !yield(it) {
				return
			}
		}
	}
	for _, err := range dial(t, p).Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{Concurrency: 1}) {
		require.NoError(t, err)
	}
	assert.Equal(t, []int{5, 5, 2}, p.sizes)
}

func TestSendAllWaitsForARateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := 0
		p := &batchServer{fail: func(batch int) *http.Response {
			if batch != 1 || times > 0 {
				return nil
			}
			times++
			limited := answer(429, `{"error":"rate_limited","message":"Slow down."}`)
			limited.Header.Set("Retry-After", "20")
			return limited
		}}
		start, n, taken := time.Now(), 0, 0
		for _, err := range dial(t, p).Emails.SendAll(t.Context(), count(300, &taken), segmentflow.SendAllOptions{}) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 300, n)
		between(t, 20*time.Second, time.Since(start), 22*time.Second, "as long as asked, and up to a tenth longer")
		assert.Len(t, p.sizes, 4)
	})
}

func TestSendAllYieldsAFailureOnceAfterTheEarlierResults(t *testing.T) {
	for name, failed := range map[string]reply{
		"refused": problem(403, "insufficient_scope"),
		"answered twice": {
			status: 200,
			body: `{"items":[` + strings.Repeat(`{"index":0,"send":{"id":"x"}},`, 99) +
				`{"index":0,"send":{"id":"x"}}]}`,
		},
		"not answered whole": {
			status: 200,
			body:   `{"items":[{"index":0,"send":{"id":"x"}},{"index":700,"send":{"id":"x"}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &batchServer{fail: func(batch int) *http.Response {
				if batch == 2 {
					return answer(failed.status, failed.body)
				}
				return nil
			}}
			var taken, fine int
			var errs []error
			opts := segmentflow.SendAllOptions{Concurrency: 1}
			for result, err := range dial(t, p).Emails.SendAll(t.Context(), count(900, &taken), opts) {
				if err == nil {
					fine++
					continue
				}
				assert.Equal(t, 200, result.Index)
				errs = append(errs, err)
			}
			assert.Equal(t, 200, fine)
			require.Len(t, errs, 1)
			assert.NotZero(t, refused(t, errs[0]).Attempts)
			assert.Equal(t, 300, taken)
		})
	}
}

// synctest fails the test if a goroutine is left running.
func TestSendAllLeavesNothingRunning(t *testing.T) {
	type results = iter.Seq2[segmentflow.BatchResultItem, error]
	for name, stop := range map[string]func(cancel func(), all results){
		"when the consumer stops": func(_ func(), all results) {
			for _, err := range all {
				require.NoError(t, err)
				break
			}
		},
		"when the consumer panics": func(_ func(), all results) {
			defer func() { _ = recover() }()
			for _, err := range all {
				panic(err)
			}
		},
		"when the context is cancelled": func(cancel func(), all results) {
			yielded := 0
			for _, err := range all {
				if yielded++; yielded == 100 {
					cancel()
				}
				if err != nil {
					require.ErrorIs(t, err, context.Canceled)
				}
			}
			assert.Equal(t, 101, yielded, "the results so far, and the error")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := &batchServer{latency: func(batch int) time.Duration {
					return time.Minute + time.Duration(batch)*time.Hour
				}}
				start, taken := time.Now(), 0
				client := dial(t, p, segmentflow.WithTimeout(0))
				opts := segmentflow.SendAllOptions{Concurrency: 2}
				stop(cancel, client.Emails.SendAll(ctx, count(10_000, &taken), opts))
				assert.Equal(t, 61*time.Second, time.Since(start), "batches in flight are cancelled and have ended")
				assert.LessOrEqual(t, taken, 300)
				assert.Zero(t, p.running)
			})
		})
	}
}

func TestSendAllCanBeRangedAgainAndOverNothing(t *testing.T) {
	p := &batchServer{}
	emails := dial(t, p).Emails
	taken := 0
	all := emails.SendAll(t.Context(), count(150, &taken), segmentflow.SendAllOptions{})
	for range 2 {
		n := 0
		for _, err := range all {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 150, n)
	}
	for _, none := range []iter.Seq[segmentflow.BatchSendItem]{nil, count(0, &taken)} {
		for _, err := range emails.SendAll(t.Context(), none, segmentflow.SendAllOptions{}) {
			t.Error("there is nothing to yield", err)
		}
	}
	assert.Len(t, p.sizes, 4)
}

func TestAClientServesManyGoroutines(t *testing.T) {
	client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		return answer(200, `{"id":"`+req.Header.Get("Idempotency-Key")+`"}`), nil
	}))
	params := receipt()
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for j := range 20 {
				key := fmt.Sprintf("%d-%d", i, j)
				var resp segmentflow.Response
				send, err := client.Emails.Send(t.Context(), params,
					segmentflow.WithIdempotencyKey(key), segmentflow.WithResponse(&resp))
				if err != nil {
					t.Error(err)
					return
				}
				assert.Equal(t, key, send.ID)
				assert.Equal(t, key, resp.IdempotencyKey)
			}
		})
	}
	group.Wait()
}
