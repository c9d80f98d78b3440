package emulator_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTransportAnswersForAnyHostAndDoesNotChangeTheRequest(t *testing.T) {
	emu := emulator.Start(t)
	body := &closing{Reader: strings.NewReader("{}")}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"https://api.segmentflow.ai/api/v1/emails?x=1", body)
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
		r.Header.Set("x-api-key", emu.APIKey())
		response, err := emu.Transport().RoundTrip(r)
		if response != nil {
			response.Body.Close()
		}
		return err
	}
	never, feed := io.Pipe()
	asked := make(chan error)
	go func() { asked <- ask(never) }()
	_, err := feed.Write([]byte("{")) // the handler now reads the body
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-asked, context.Canceled)
	_, err = feed.Write([]byte("}"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "the handler does not wait for the rest")
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

func TestTransportWorksInASynctestBubble(t *testing.T) {
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
