package segmentflow_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// acceptAll accepts each item of a batch, with a whole EmailSend.
func acceptAll(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	body.WriteString(`{"items":[`)
	for i := range bytes.Count(raw, []byte(`"idempotencyKey":`)) {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"index":%d,"idempotencyKey":"receipt:x","send":%s}`, i, sendOne)
	}
	body.WriteString("]}")
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(&body)}, nil
}

// heap returns how much of the heap is in use. After a collection that is what a program cannot do without.
func heap(collect bool) int64 {
	if collect {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// peak sends n items and returns the largest heap above that before, of one look in so many batches.
func peak(tb testing.TB, n, batches int, collect bool) int64 {
	tb.Helper()
	client, at, before := dial(tb, roundTripper(acceptAll)), 0, heap(true)
	most := before
	opts := segmentflow.SendAllOptions{Progress: func(segmentflow.SendAllProgress) {
		if at++; at%batches == 0 {
			most = max(most, heap(collect))
		}
	}}
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range n {
			it := item(i)
			it.Data = map[string]any{"orderId": i, "total": 42.5, "currency": "EUR"}
			if !yield(it) {
				return
			}
		}
	}
	got := 0
	for _, err := range client.Emails.SendAll(tb.Context(), items, opts) {
		require.NoError(tb, err)
		got++
	}
	require.Equal(tb, n, got)
	return most - before
}

// The heap is looked at after a collection, so that it does not depend on when the collector runs.
func TestTheMemoryOfARangeDoesNotGrowWithItsLength(t *testing.T) {
	const most = 2 << 20
	require.Less(t, peak(t, 1_000, 10, true), int64(most))
	require.Less(t, peak(t, 10_000, 10, true), int64(most))
}

// BenchmarkSendAllHeap reports the largest heap above that before, with what is not yet collected. All items are one
// range, 100 000 for each iteration: -benchtime 10x is a range of a million.
func BenchmarkSendAllHeap(b *testing.B) {
	most := peak(b, b.N*100_000, 20, false)
	b.ReportMetric(float64(most)/(1<<20), "heap-MiB")
	b.ReportMetric(0, "ns/op")
}
