package segmentflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

type (
	source  = iter.Seq[segmentflow.BatchSendItem]
	results = iter.Seq2[segmentflow.BatchResultItem, error]
)

// every yields n items, each after a time.
func every(d time.Duration, n int) source {
	return func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range n {
			time.Sleep(d)
			if !yield(item(i)) {
				return
			}
		}
	}
}

func TestResultsOfASlowSourceComeSoon(t *testing.T) {
	for name, c := range map[string]struct {
		each, linger time.Duration
		latest       time.Duration // between the item and its result
		sizes        []int
	}{
		"an item a second":              {time.Second, 0, time.Second, nil},
		"ten items a second":            {100 * time.Millisecond, 0, time.Second, nil},
		"a long linger":                 {time.Second, 10 * time.Second, 10 * time.Second, nil},
		"no linger: full batches alone": {time.Second, -1, 99 * time.Second, []int{100, 100, 50}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &batchServer{}
				n, start := 0, time.Now()
				for item, err := range dial(t, p).Emails.SendAll(t.Context(), every(c.each, 250),
					segmentflow.SendAllOptions{Linger: c.linger}) {
					require.NoError(t, err)
					require.Equal(t, n, item.Index)
					n++
					require.LessOrEqual(t, time.Since(start), time.Duration(n)*c.each+c.latest, n)
				}
				assert.Equal(t, 250, n)
				if c.sizes != nil {
					assert.Equal(t, c.sizes, p.sizes)
				}
			})
		})
	}
}

func TestABatchThatWouldOnlyWaitTakesMoreItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &batchServer{latency: func(int) time.Duration { return 10 * time.Second }}
		n := 0
		opts := segmentflow.SendAllOptions{Concurrency: 2}
		for _, err := range dial(t, p).Emails.SendAll(t.Context(), every(time.Second, 30), opts) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 30, n)
		assert.Less(t, len(p.sizes), 10, "not one each second")
	})
}

func TestASourceThatBlocksKeepsNothingWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		consume func(cancel func(), all results) (yielded int, last error)
		want    int
		err     error
	}{
		"results before it are yielded, and the end of the context ends the range": {
			func(cancel func(), all results) (n int, _ error) {
				time.AfterFunc(time.Hour, cancel)
				for item, err := range all {
					if err != nil {
						return n, fmt.Errorf("at %d: %w", item.Index, err)
					}
					n++
				}
				return n, nil
			}, 150, context.Canceled,
		},
		"the consumer leaves": {
			func(_ func(), all results) (n int, _ error) {
				for _, err := range all {
					if n++; n == 150 {
						return n, err
					}
				}
				return n, nil
			}, 150, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				release, ended := make(chan struct{}), false
				blocking := func(yield func(segmentflow.BatchSendItem) bool) {
					defer func() { ended = true }()
					for i := range 150 {
						if !yield(item(i)) {
							return
						}
					}
					<-release
					assert.False(t, yield(item(150)), "nobody wants it any more")
				}
				n, err := c.consume(cancel, dial(t, &batchServer{}).Emails.SendAll(ctx, blocking,
					segmentflow.SendAllOptions{}))
				assert.Equal(t, c.want, n)
				require.ErrorIs(t, err, c.err)
				if err != nil {
					require.ErrorContains(t, err, "at 150: ")
				}
				close(release)
				synctest.Wait()
				assert.True(t, ended)
			})
		})
	}
}

func TestARangeWhoseContextHasEndedReadsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	taken, p := 0, &batchServer{}
	var errs []error
	for item, err := range dial(t, p).Emails.SendAll(ctx, count(10, &taken), segmentflow.SendAllOptions{}) {
		assert.Zero(t, item.Index)
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], context.Canceled)
	assert.Zero(t, refused(t, errs[0]).Attempts)
	assert.Zero(t, taken)
	assert.Empty(t, p.sizes)
}

func TestARangeThatHasSentAllDoesNotFailWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, n := &batchServer{}, 0
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			cancel()
			time.Sleep(time.Second)
			return p.RoundTrip(req)
		}))
		for _, err := range client.Emails.SendAll(ctx, count(50, new(int)), segmentflow.SendAllOptions{}) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 50, n)
	})
}

func drain(t *testing.T, all results) {
	t.Helper()
	for _, err := range all {
		if err != nil {
			t.Error(err)
		}
	}
}

// ended says how a function has ended its goroutine.
func ended(f func()) (how any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		how = "goexit"
		defer func() {
			if value := recover(); value != nil {
				how = value
			}
		}()
		f()
		how = "return"
	}()
	<-done
	return how
}

func TestWhatEndsTheSourceOrTheLoopEndsItsGoroutine(t *testing.T) {
	for name, end := range map[string]struct {
		f    func()
		want any
	}{
		"panic":  {func() { panic("out of paper") }, "out of paper"},
		"goexit": {runtime.Goexit, "goexit"},
		"return": {func() {}, "return"},
	} {
		p := &batchServer{}
		client := dial(t, p)
		failing := func(yield func(segmentflow.BatchSendItem) bool) {
			for i := range 250 {
				if !yield(item(i)) {
					return
				}
			}
			end.f()
		}
		atTheEnd := func(yield func(segmentflow.BatchSendItem) bool) {
			defer end.f()
			for i := range 1000 {
				if !yield(item(i)) {
					return
				}
			}
		}
		one := segmentflow.SendAllOptions{Concurrency: 1}
		for where, f := range map[string]func(){
			"in the source": func() {
				drain(t, client.Emails.SendAll(t.Context(), failing, segmentflow.SendAllOptions{}))
			},
			"when the source ends early": func() {
				for _, err := range client.Emails.SendAll(t.Context(), atTheEnd, one) {
					_ = err
					break
				}
			},
			"in the loop": func() {
				for _, err := range client.Emails.SendAll(t.Context(), count(1000, new(int)), one) {
					_ = err
					end.f()
				}
			},
			"in progress": func() {
				opts := segmentflow.SendAllOptions{Progress: func(segmentflow.SendAllProgress) { end.f() }}
				drain(t, client.Emails.SendAll(t.Context(), count(1000, new(int)), opts))
			},
		} {
			assert.Equal(t, end.want, ended(f), "%s %s", name, where)
		}
	}
}

func TestABatchWhoseGoroutineEndsIsAnError(t *testing.T) {
	client := dial(t, roundTripper(func(*http.Request) (*http.Response, error) {
		runtime.Goexit()
		return nil, nil
	}))
	var errs []error
	for item, err := range client.Emails.SendAll(t.Context(), count(150, new(int)), segmentflow.SendAllOptions{}) {
		assert.Zero(t, item.Index)
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "segmentflow: POST /api/v1/emails/batch: a middleware or the transport has ended")

	panics := dial(t, roundTripper(func(*http.Request) (*http.Response, error) { panic("out of paper") }))
	assert.Equal(t, "out of paper", ended(func() {
		drain(t, panics.Emails.SendAll(t.Context(), count(150, new(int)), segmentflow.SendAllOptions{}))
	}))
}

func TestASourceMayReuseItsData(t *testing.T) {
	data := map[string]int{}
	reusing := func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range 300 {
			data["total"] = i
			it := item(i)
			it.Data = data
			if !yield(it) {
				return
			}
		}
	}
	p := &batchServer{}
	client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		raw, _ := io.ReadAll(req.Body)
		var body struct {
			Items []struct {
				IdempotencyKey string
				Data           struct{ Total int }
			}
		}
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, err
		}
		for _, item := range body.Items {
			assert.Equal(t, item.IdempotencyKey, fmt.Sprintf("receipt:%d", item.Data.Total))
		}
		req.Body = io.NopCloser(bytes.NewReader(raw))
		return p.RoundTrip(req)
	}))
	n := 0
	for _, err := range client.Emails.SendAll(t.Context(), reusing, segmentflow.SendAllOptions{}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 300, n)
}

func TestASlowConsumerHoldsTheSourceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, taken := 0, 0
		opts := segmentflow.SendAllOptions{Concurrency: 2}
		for _, err := range dial(t, &batchServer{}).Emails.SendAll(t.Context(), count(1000, &taken), opts) {
			require.NoError(t, err)
			n++
			time.Sleep(time.Second)
			synctest.Wait()
			require.LessOrEqual(t, taken-n, 200)
		}
		assert.Equal(t, 1000, n)
	})
}
