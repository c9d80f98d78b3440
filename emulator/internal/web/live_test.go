package web_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// overSocket signs another browser in, which reaches the emulator over its socket.
func (b browser) overSocket() browser {
	b.Helper()
	_ = b.emu.URL()
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	transport := &http.Transport{}
	b.Cleanup(transport.CloseIdleConnections)
	b.client = &http.Client{Transport: transport, Jar: jar}
	login, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.emu.LoginURL(), nil)
	require.NoError(b, err)
	response, err := b.client.Do(login)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
	require.Equal(b, 200, response.StatusCode)
	return b
}

// stream is an open stream of versions.
type stream struct {
	browser
	response *http.Response
	events   *bufio.Scanner
	first    string // version
}

// listen opens a stream and reads its first version.
func (b browser) listen(ctx context.Context, base string) stream {
	b.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/dashboard/live", nil)
	require.NoError(b, err)
	response, err := b.client.Do(request)
	require.NoError(b, err)
	b.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(b, 200, response.StatusCode)
	require.Equal(b, "text/event-stream", response.Header.Get("Content-Type"))
	s := stream{browser: b, response: response, events: bufio.NewScanner(response.Body)}
	s.first = s.next()
	return s
}

// next returns the next version, "" at the end of the stream.
func (s stream) next() string {
	for s.events.Scan() {
		if version, ok := strings.CutPrefix(s.events.Text(), "data: "); ok {
			return version
		}
	}
	return ""
}

func TestAStreamTellsOfEachChange(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	s := b.overSocket().listen(t.Context(), b.emu.URL())
	last := ""
	changed := func(what string) {
		t.Helper()
		version := s.next()
		require.NotEmpty(t, version, what)
		require.NotEqual(t, last, version, what)
		last = version
	}
	b.emu.Advance(1)
	changed("the clock was moved")
	require.NoError(t, b.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "new@example.com"}}}))
	changed("a commit")
	_, err := b.emu.Client().Templates.List(t.Context(), nil)
	require.NoError(t, err)
	changed("a call that only reads is in the journal")
	b.post("/dashboard/advance", map[string][]string{"by": {"1h"}})
	changed("a form")
	fault := b.emu.Fail(emulator.Fault{Operation: "listTemplates", Status: 503})
	changed("a fault")
	fault.Remove()
	changed("a fault is gone")
	b.emu.RateLimit("listTemplates", 1, time.Second)
	changed("a rate limit")
	b.emu.Reset()
	changed("a reset")
}

func TestReadingTellsNothing(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"in memory": {emulator.WithSeedFile(acme)},
		"in a file": {emulator.WithSeedFile(acme), emulator.WithDatabase(t.TempDir() + "/world.db")},
		"live":      {emulator.WithSeedFile(acme), emulator.WithLiveClock()},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, opts...)
			b.emu.Advance(time.Hour)
			other := b.overSocket()
			before := other.listen(t.Context(), b.emu.URL()).first
			for _, path := range []string{"/dashboard", "/dashboard/people", "/dashboard/find?q=alex@example.com"} {
				b.get(path)
			}
			b.emu.Profile("alex@example.com")
			require.Equal(t, before, other.listen(t.Context(), b.emu.URL()).first)
			b.post("/dashboard/advance", map[string][]string{"by": {"1h"}})
			require.NotEqual(t, before, other.listen(t.Context(), b.emu.URL()).first)
		})
	}
}

func TestAStreamNeedsASession(t *testing.T) {
	b := signedOut(t)
	status, page := b.get("/dashboard/live")
	require.Equal(t, 401, status, page)
}

func TestAStreamEndsWithItsBrowserAndWithTheEmulator(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme)).overSocket()
	ctx, leave := context.WithCancel(t.Context())
	const streams = 50
	for range streams {
		b.listen(ctx, b.emu.URL())
	}
	stay := b.listen(t.Context(), b.emu.URL())
	require.Equal(t, streams+1, openStreams())
	leave()
	require.Eventually(t, func() bool { return openStreams() == 1 }, patience, time.Millisecond)

	require.NoError(t, b.emu.Close())
	require.Empty(t, stay.next())
	require.Eventually(t, func() bool { return openStreams() == 0 }, patience, time.Millisecond)
}

func TestAServerDoesNotWaitForStreams(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	stop := b.serve(listener)
	other := b.overSocket()
	const streams = 50
	for range streams {
		other.listen(t.Context(), "http://"+listener.Addr().String())
	}
	require.Equal(t, streams, openStreams())
	stop()
	require.Zero(t, openStreams())
}

// TestAServerDoesNotWaitForABrowserThatReadsNothing uses a connection without a buffer, so that the stream's first
// write already waits for the browser.
func TestAServerDoesNotWaitForABrowserThatReadsNothing(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	listener := &pipes{accepted: make(chan net.Conn, 1), closed: make(chan struct{})}
	stop := b.serve(listener)
	ours, theirs := net.Pipe()
	listener.accepted <- theirs
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/dashboard/live", nil)
	require.NoError(t, err)
	for _, cookie := range b.client.Jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	require.NoError(t, request.Write(ours))
	require.Eventually(t, func() bool { return openStreams() == 1 }, patience, time.Millisecond)
	stop()
	require.Zero(t, openStreams())
	require.NoError(t, ours.Close())
}

// serve serves the emulator until the returned function is called, which fails the test if the server waits.
func (b browser) serve(listener net.Listener) (stop func()) {
	b.Helper()
	ctx, end := context.WithCancel(b.Context())
	served := make(chan error, 1)
	go func() { served <- b.emu.Serve(ctx, listener) }()
	return func() {
		b.Helper()
		closing, giveUp := context.WithTimeout(b.Context(), 4*time.Second) // it waits 5 s for what does not end
		defer giveUp()
		end()
		select {
		case err := <-served:
			require.NoError(b, err)
		case <-closing.Done():
			b.Error("the server waited for its streams")
		}
	}
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { close(p.closed); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// patience is how long a test waits for what must happen soon.
const patience = 10 * time.Second

// openStreams counts the goroutines that serve a stream.
func openStreams() int {
	stacks := make([]byte, 4<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "web.live(")
}
