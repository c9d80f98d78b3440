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

// post takes batches in, in process: each item comes back accepted with its key as id, or rejected when its subject is
// "no". Batches are numbered by their first item.
type post struct {
	mu          sync.Mutex
	latency     func(batch int) time.Duration
	fail        func(batch int) *http.Response
	sizes       []int
	running, up int // batches at this moment, and at most
}

func (p *post) RoundTrip(req *http.Request) (*http.Response, error) {
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
	p.up = max(p.up, p.running)
	p.mu.Unlock()
	defer func() { p.mu.Lock(); p.running--; p.mu.Unlock() }()
	if p.latency != nil {
		select {
		case <-time.After(p.latency(n)):
		case <-req.Context().Done():
			time.Sleep(time.Second) // going takes a while, too
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

// count gives n items and says in *taken how many were asked for.
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

func TestSendAllKeepsTheOrderAndTheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{latency: func(batch int) time.Duration { return time.Duration(10-batch) * time.Second }}
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
			require.LessOrEqual(t, taken-n, 300, "no more is held than the batches under way")
		}
		assert.Equal(t, 950, n)
		assert.Equal(t, 3, p.up)
		assert.Equal(t, []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 50}, p.sizes)
		assert.Len(t, progress, 10)
		assert.Equal(t, segmentflow.SendAllProgress{Done: 950, Accepted: 950}, progress[9])
	})
}

func TestSendAllRejectsItemsInTheirPlace(t *testing.T) {
	client := dial(t, &post{})
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
	for result, err := range client.Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{Progress: func(p segmentflow.SendAllProgress) { last = p }}) {
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
	p := &post{}
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

func TestSendAllWaitsOutARateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := 0
		p := &post{fail: func(batch int) *http.Response {
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
		assert.Equal(t, 20*time.Second, time.Since(start))
		assert.Len(t, p.sizes, 4)
	})
}

func TestSendAllYieldsAFailureOnceAfterWhatWentBefore(t *testing.T) {
	for name, failed := range map[string]reply{"refused": problem(403, "insufficient_scope"),
		"not answered whole": {status: 200, body: `{"items":[{"index":0,"send":{"id":"x"}},{"index":700,"send":{"id":"x"}}]}`}} {
		t.Run(name, func(t *testing.T) {
			p := &post{fail: func(batch int) *http.Response {
				if batch == 2 {
					return answer(failed.status, failed.body)
				}
				return nil
			}}
			var taken, fine int
			var errs []error
			for result, err := range dial(t, p).Emails.SendAll(t.Context(), count(900, &taken), segmentflow.SendAllOptions{Concurrency: 1}) {
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

// In a bubble, a goroutine that is left running fails the test.
func TestSendAllLeavesNothingRunning(t *testing.T) {
	for name, stop := range map[string]func(ctx context.Context, cancel func(), all iter.Seq2[segmentflow.BatchResultItem, error]){
		"when the consumer stops": func(_ context.Context, _ func(), all iter.Seq2[segmentflow.BatchResultItem, error]) {
			for _, err := range all {
				require.NoError(t, err)
				break
			}
		},
		"when the consumer panics": func(_ context.Context, _ func(), all iter.Seq2[segmentflow.BatchResultItem, error]) {
			defer func() { _ = recover() }()
			for _, err := range all {
				panic(err)
			}
		},
		"when the context is cancelled": func(_ context.Context, cancel func(), all iter.Seq2[segmentflow.BatchResultItem, error]) {
			n := 0
			for _, err := range all {
				if n++; n == 100 {
					cancel()
				}
				if err != nil {
					require.ErrorIs(t, err, context.Canceled)
				}
			}
			assert.Equal(t, 101, n, "what was answered, and the error")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := &post{latency: func(batch int) time.Duration {
					return time.Minute + time.Duration(batch)*time.Hour
				}}
				start, taken := time.Now(), 0
				client := dial(t, p, segmentflow.WithTimeout(0))
				stop(ctx, cancel, client.Emails.SendAll(ctx, count(10_000, &taken), segmentflow.SendAllOptions{Concurrency: 2}))
				assert.Equal(t, 61*time.Second, time.Since(start), "batches under way are cancelled, and have gone")
				assert.LessOrEqual(t, taken, 300)
				assert.Zero(t, p.running)
			})
		})
	}
}

func TestSendAllCanBeRangedAgainAndOverNothing(t *testing.T) {
	p := &post{}
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
				send, err := client.Emails.Send(t.Context(), params, segmentflow.WithIdempotencyKey(key), segmentflow.WithResponse(&resp))
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
