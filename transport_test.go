package segmentflow_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// replaceDefault sets http.DefaultTransport until the test ends.
func replaceDefault(t *testing.T, transport http.RoundTripper) {
	t.Helper()
	before := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = before })
	http.DefaultTransport = transport
}

func TestAReplacedDefaultTransportIsUsed(t *testing.T) {
	count := 0
	counting := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			count++
			return next.RoundTrip(req)
		})
	}
	base := listen(t, http.NotFound)
	for name, opts := range map[string][]segmentflow.Option{
		"without options":                 nil,
		"an http.Client without one":      {segmentflow.WithHTTPClient(&http.Client{})},
		"a middleware wraps what is used": {segmentflow.WithMiddleware(counting)},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := segmentflow.New(apiKey, append(opts, segmentflow.WithBaseURL(base))...)
			require.NoError(t, err)
			derived, err := client.With()
			require.NoError(t, err)
			status := func(client *segmentflow.Client) int {
				_, err := client.Emails.Retrieve(t.Context(), sendID)
				return refused(t, err).Status
			}
			assert.Equal(t, 404, status(client))

			before := http.DefaultTransport
			replaceDefault(t, &wire{replies: []reply{problem(418, "x")}})
			assert.Equal(t, 418, status(client))
			assert.Equal(t, 418, status(derived))

			http.DefaultTransport = before
			assert.Equal(t, 404, status(client))

			closed := errors.New("the network is closed")
			http.DefaultTransport = &http.Transport{
				DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, closed },
			}
			_, err = client.Emails.Retrieve(t.Context(), sendID, segmentflow.WithCallMaxRetries(0))
			require.ErrorIs(t, err, closed)

			http.DefaultTransport = nil
			_, err = client.Emails.Retrieve(t.Context(), sendID, segmentflow.WithCallMaxRetries(0))
			require.ErrorContains(t, err, "http.DefaultTransport is nil")
		})
	}
	assert.Equal(t, 6, count)
}

// meeting is a server that answers calls when so many are waiting. It counts the connections.
func meeting(t *testing.T, calls int, start func(*httptest.Server)) (server *httptest.Server, connections func() int) {
	t.Helper()
	var mu sync.Mutex
	arrived, opened := 0, 0
	all := make(chan struct{})
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		round := all
		if arrived++; arrived == calls {
			arrived, all = 0, make(chan struct{})
			close(round)
		}
		mu.Unlock()
		<-round
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateNew {
			opened++
		}
	}
	start(server)
	t.Cleanup(server.Close)
	return server, func() int { mu.Lock(); defer mu.Unlock(); return opened }
}

func TestEachCallerKeepsItsConnection(t *testing.T) {
	own, ok := http.DefaultTransport.(*http.Transport)
	require.True(t, ok)
	before := own.TLSClientConfig
	t.Cleanup(func() { own.TLSClientConfig = before })
	for name, start := range map[string]func(*httptest.Server){
		"http":  (*httptest.Server).Start,
		"https": (*httptest.Server).StartTLS,
	} {
		t.Run(name, func(t *testing.T) {
			const callers = 64
			server, connections := meeting(t, callers, start)
			trusting, _ := server.Client().Transport.(*http.Transport)
			own.TLSClientConfig = trusting.TLSClientConfig
			client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(server.URL))
			require.NoError(t, err)
			derived, err := client.With(segmentflow.WithMaxRetries(0))
			require.NoError(t, err)

			for _, client := range []*segmentflow.Client{client, derived, client} {
				var running sync.WaitGroup
				for range callers {
					running.Go(func() { assert.NoError(t, client.Do(t.Context(), "GET", "/", nil, nil)) })
				}
				running.Wait()
			}
			assert.Less(t, connections(), 2*callers, "net/http drops a connection if its own goroutine is late")
		})
	}
}

func TestATransportWithItsOwnLimitIsUsedAsItIs(t *testing.T) {
	server, _ := meeting(t, 1, (*httptest.Server).Start)
	own, ok := http.DefaultTransport.(*http.Transport)
	require.True(t, ok)
	before := own.DialContext
	t.Cleanup(func() { own.MaxIdleConnsPerHost, own.DialContext = 0, before })
	dials := 0
	own.MaxIdleConnsPerHost = 7
	client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(server.URL))
	require.NoError(t, err)
	own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	require.NoError(t, client.Do(t.Context(), "GET", "/", nil, nil))
	own.CloseIdleConnections()
	require.NoError(t, client.Do(t.Context(), "GET", "/", nil, nil))
	assert.Equal(t, 2, dials, "its idle connections are those of the client")
}

func TestAClientThatIsGoneKeepsNoConnection(t *testing.T) {
	closed := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}
	server.Start()
	func() {
		client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(server.URL))
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), "GET", "/", nil, nil))
	}()
	for open := true; open; { // what a finalizer keeps is found by the next collection
		runtime.GC()
		select {
		case <-closed:
			open = false
		default:
			runtime.Gosched()
		}
	}
	server.Close()
}
