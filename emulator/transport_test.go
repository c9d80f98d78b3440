package emulator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// refusedAs is the code that Handler answers a request with, as it would come from a network.
func refusedAs(t testing.TB, emu *emulator.Emulator, method, path string, change func(*http.Request)) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4010"+path, nil)
	change(r)
	w := httptest.NewRecorder()
	emu.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestTheControlPlaneRefusesForeignHostsAndOrigins(t *testing.T) {
	emu := emulator.Start(t, emulator.WithAllowedHosts("Dev.Example", "box.example:8080"))
	remote := emulator.Start(t, emulator.WithAllowRemote())
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	origin := func(origin string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", origin) }
	}
	for _, c := range []struct {
		name   string
		emu    *emulator.Emulator
		change func(*http.Request)
		status int
	}{
		{"loopback", emu, host("127.0.0.1:4010"), 200},
		{"another loopback address", emu, host("127.8.8.8"), 200},
		{"loopback in IPv6", emu, host("[::1]:4010"), 200},
		{"localhost", emu, host("LOCALHOST:4010"), 200},
		{"below localhost", emu, host("mail.localhost"), 200},
		{"the name of links", emu, host("emulator.test"), 200},
		{"an allowed name", emu, host("dev.example:4010"), 200},
		{"an allowed name with its port", emu, host("box.example"), 200},
		{"a rebound name", emu, host("attacker.example:4010"), 403},
		{"a name that ends like localhost", emu, host("notlocalhost"), 403},
		{"a name below an allowed one", emu, host("evil.dev.example"), 403},
		{"no name", emu, host(""), 403},
		{"an address elsewhere", emu, host("192.0.2.7:4010"), 403},
		{"an address elsewhere, remote allowed", remote, host("192.0.2.7:4010"), 200},
		{"a name, remote allowed", remote, host("attacker.example"), 403},
		{"the emulator's own page", emu, origin("http://127.0.0.1:4010"), 200},
		{"a page elsewhere", emu, origin("https://attacker.example"), 403},
		{"a sandboxed page", emu, origin("null"), 403},
		{"an empty origin", emu, origin(""), 403},
	} {
		for _, path := range []string{"/_emulator/health", "/dashboard", "/login"} {
			want := c.status
			if want == 200 && path != "/_emulator/health" {
				want = 401 // not signed in
			}
			status, body := refusedAs(t, c.emu, "GET", path, c.change)
			require.Equal(t, want, status, "%s %s", c.name, path)
			require.Equal(t, want == 403, strings.Contains(body, "foreign_host"), c.name)
		}
	}
	status, _ := refusedAs(t, emu, "GET", "/api/v1/no-such", host("attacker.example"))
	require.Equal(t, 404, status, "the API has its keys")
	status, _ = refusedAs(t, emu, "POST", "/u/forged", host("mail.example"))
	require.Equal(t, 404, status, "links in mail have their tokens")
}

func TestTransportAnswersForAnyHostAndLeavesTheRequestAlone(t *testing.T) {
	emu := emulator.Start(t)
	body := &closing{Reader: strings.NewReader("{}")}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.segmentflow.ai/api/v1/emails?x=1", body)
	require.NoError(t, err)
	response, err := emu.Transport().RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, "415 Unsupported Media Type", response.Status)
	require.Same(t, r, response.Request)
	require.Equal(t, "https://api.segmentflow.ai/api/v1/emails?x=1", r.URL.String())
	require.True(t, body.closed)
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Len(t, raw, int(response.ContentLength))
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestTransportHonoursTheContext(t *testing.T) {
	emu := emulator.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	ask := func(body io.ReadCloser) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/api/v1/emails", body)
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		response, err := emu.Transport().RoundTrip(r)
		if response != nil {
			response.Body.Close()
		}
		return err
	}
	never, feed := io.Pipe()
	t.Cleanup(func() { feed.Close() })
	asked := make(chan error)
	go func() { asked <- ask(never) }()
	_, err := feed.Write([]byte("{")) // the handler is reading by now
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-asked, context.Canceled)
	body := &closing{Reader: strings.NewReader("{}")}
	require.ErrorIs(t, ask(body), context.Canceled)
	require.True(t, body.closed)
}

type bomb struct{}

func (bomb) Read([]byte) (int, error) { panic("the body is a bomb") }
func (bomb) Close() error             { return nil }

func TestAHandlerThatPanicsIsAnErrorOfTheCall(t *testing.T) {
	emu := emulator.Start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/api/v1/emails", bomb{})
	require.NoError(t, err)
	response, err := emu.Transport().RoundTrip(r)
	if response != nil {
		response.Body.Close()
	}
	require.ErrorContains(t, err, "the body is a bomb")
	sendTo(t, emu, "hello", "alex@example.com")
}

func TestTransportWorksInABubbleWhoseTimeIsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithLiveClock(), emulator.WithSeedFile("testdata/acme.yaml"))
		s := shop{t, emu, emu.Client()}
		s.track(trial("Pro", "t1"))
		emu.Outbox().Template("trial-reminder").None(t)
		time.Sleep(72 * time.Hour)
		synctest.Wait()
		require.Equal(t, segmentflow.JourneyRunStatusCompleted, s.onlyRun("trial-onboarding").Status)
		emu.Outbox().Template("trial-reminder").Only(t)
	})
}

func TestURLOpensAPortOnLoopback(t *testing.T) {
	emu := emulator.Start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, emu.URL()+"/_emulator/health", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 200, response.StatusCode)
	http.DefaultClient.CloseIdleConnections()
}
