package segmentflow_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const maybe = "http2: Transport received Server's graceful shutdown GOAWAY"

func noSleep(context.Context, time.Duration) error { return nil }

// unprocessed contains the answers by which a server certifies that it did not process a request.
var unprocessed = map[string]func(*http2.Framer, uint32) bool{
	"REFUSED_STREAM":       reset(http2.ErrCodeRefusedStream),
	"GOAWAY":               goAway(false, http2.ErrCodeNo, ""),
	"GOAWAY with an error": goAway(false, http2.ErrCodeEnhanceYourCalm, "slow down; please"),
}

func TestWhatTheServerDidNotProcessIsSentAgain(t *testing.T) {
	operations := readContract(t).operations(t)
	for name, answer := range unprocessed {
		server := startHTTP2(t) // one for all operations: most of the time would go into TLS
		client := dial(t, server.Client().Transport, segmentflow.WithBaseURL(server.URL),
			segmentflow.WithSleep(noSleep))
		for id, op := range operations {
			t.Run(name+" "+id, func(t *testing.T) {
				server.answers, server.keys = []func(*http2.Framer, uint32) bool{answer, teapot}, nil
				_, err := invoke(t, client, methods[id], minimalParams(op))
				assert.Equal(t, 418, refused(t, err).Status)
				require.Len(t, server.keys, 2)
				assert.Equal(t, server.keys[0], server.keys[1])
			})
		}
	}
}

// write is a call of a route for which no key is documented.
func write(t *testing.T, transport http.RoundTripper, url string, body any) *segmentflow.Error {
	t.Helper()
	client := dial(t, transport, segmentflow.WithBaseURL(url), segmentflow.WithSleep(noSleep))
	return refused(t, client.Do(t.Context(), http.MethodPost, "/x", body, nil))
}

func TestEachTransportSaysWhatWasNotProcessed(t *testing.T) {
	for name, answer := range unprocessed {
		for kind, body := range map[string]any{"with a body": receipt(), "without a body": nil} {
			server := startHTTP2(t)
			for of, transport := range server.transports(t) {
				t.Run(fmt.Sprintf("%s %s %s", name, kind, of), func(t *testing.T) {
					server.answers, server.keys = []func(*http2.Framer, uint32) bool{answer, answer, teapot}, nil
					e := write(t, transport, server.URL, body)
					assert.Equal(t, 418, e.Status)
					assert.Equal(t, 3, e.Attempts)
					assert.Len(t, server.keys, 3)
				})
			}
		}
	}
}

func TestARefusalEndsWithTheRetries(t *testing.T) {
	server := startHTTP2(t, unprocessed["REFUSED_STREAM"])
	e := write(t, server.Client().Transport, server.URL, nil)
	assert.Equal(t, 3, e.Attempts)
	assert.Zero(t, e.Status)
	require.ErrorContains(t, e, "REFUSED_STREAM")
	assert.Len(t, server.keys, 3)
}

func TestAMiddlewareMayWrapWhatWasNotProcessed(t *testing.T) {
	server := startHTTP2(t, unprocessed["GOAWAY"], teapot)
	wrapping := roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := server.Client().Transport.RoundTrip(req)
		if err != nil {
			return nil, fmt.Errorf("traced: %w", err)
		}
		return resp, nil
	})
	assert.Equal(t, 418, write(t, wrapping, server.URL, receipt()).Status)
}

func TestWhatTheServerMayHaveProcessedIsSentOnce(t *testing.T) {
	for name, answer := range map[string]func(*http2.Framer, uint32) bool{
		"a closed connection":              closeConnection,
		"GOAWAY":                           goAway(true, http2.ErrCodeNo, ""),
		"GOAWAY that quotes":               goAway(true, http2.ErrCodeNo, maybe),
		"PROTOCOL_ERROR":                   reset(http2.ErrCodeProtocol),
		"CANCEL":                           reset(http2.ErrCodeCancel),
		"REFUSED_STREAM within the answer": half(reset(http2.ErrCodeRefusedStream)),
		"GOAWAY within the answer":         half(goAway(false, http2.ErrCodeNo, "")),
	} {
		for kind, body := range map[string]any{"with a body": receipt(), "without a body": nil} {
			server := startHTTP2(t)
			for of, transport := range server.transports(t) {
				t.Run(fmt.Sprintf("%s %s %s", name, kind, of), func(t *testing.T) {
					server.answers, server.keys = []func(*http2.Framer, uint32) bool{answer, teapot}, nil
					e := write(t, transport, server.URL, body)
					assert.Zero(t, e.Status)
					assert.Equal(t, 1, e.Attempts)
					assert.Len(t, server.keys, 1)
				})
			}
		}
	}
}

// TestAGracefulShutdownLosesNoCall replaces a server by another one while calls are under way. One call that lasts
// keeps the connection busy: net/http closes an idle one without a GOAWAY, which does not say what was processed.
func TestAGracefulShutdownLosesNoCall(t *testing.T) {
	const callers, calls = 8, 40
	var mu sync.Mutex
	processed := map[string]int{}
	started, half, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			close(started)
			<-end
			return
		}
		mu.Lock()
		defer mu.Unlock()
		processed[r.Header.Get("Idempotency-Key")]++
		if len(processed) == callers*calls/2 {
			close(half)
		}
	})
	var current atomic.Pointer[httptest.Server]
	start := func() *httptest.Server {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = true
		server.StartTLS()
		t.Cleanup(server.Close)
		current.Store(server)
		return server
	}
	first := start()
	transport, ok := first.Client().Transport.(*http.Transport)
	require.True(t, ok)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, current.Load().Listener.Addr().String())
	}
	client := dial(t, transport, segmentflow.WithBaseURL(first.URL))

	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, client.Do(t.Context(), http.MethodGet, "/", nil, io.Discard)) })
	<-started
	var writers sync.WaitGroup
	for range callers {
		writers.Go(func() {
			for range calls {
				assert.NoError(t, client.Do(t.Context(), http.MethodPost, "/", receipt(), io.Discard))
			}
		})
	}
	<-half
	start()
	running.Go(func() { assert.NoError(t, first.Config.Shutdown(t.Context())) })
	writers.Wait()
	close(end)
	running.Wait()

	assert.Len(t, processed, callers*calls)
	for key, times := range processed {
		assert.Equal(t, 1, times, key)
	}
}
