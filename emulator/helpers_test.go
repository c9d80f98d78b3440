package emulator_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// monday is the start time of the tests' worlds.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// shop is Acme Outdoor with a client of the SDK.
type shop struct {
	*testing.T
	emu    *emulator.Emulator
	client *segmentflow.Client
}

// acmeWorld is the world of acme. Most tests start from its image, because seeding takes most of the time of a start.
var acmeWorld = emulator.World(func(*emulator.Emulator) error { return nil },
	emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithStartTime(monday))

func openShop(t *testing.T, opts ...emulator.Option) shop {
	t.Helper()
	if len(opts) > 0 {
		emu := acme(t, opts...)
		return shop{T: t, emu: emu, client: emu.Client()}
	}
	emu := acmeWorld.Start(t)
	return shop{T: t, emu: emu, client: emu.Client()}
}

func (s shop) send(p *segmentflow.SendEmailParams, opts ...segmentflow.CallOption) *segmentflow.EmailSend {
	s.Helper()
	send, err := s.client.Emails.Send(s.Context(), p, opts...)
	require.NoError(s, err)
	return send
}

func (s shop) sendRefused(p *segmentflow.SendEmailParams, opts ...segmentflow.CallOption) *segmentflow.Error {
	s.Helper()
	_, err := s.client.Emails.Send(s.Context(), p, opts...)
	return refusal(s, err)
}

// retrieve retrieves an EmailSend again.
func (s shop) retrieve(send *segmentflow.EmailSend) *segmentflow.EmailSend {
	s.Helper()
	again, err := s.client.Emails.Retrieve(s.Context(), send.ID)
	require.NoError(s, err)
	return again
}

func (s shop) track(p *segmentflow.TrackEventParams, opts ...segmentflow.CallOption) *segmentflow.TrackedEvent {
	s.Helper()
	event, err := s.client.Events.Track(s.Context(), p, opts...)
	require.NoError(s, err)
	return event
}

func (s shop) receipt() string { return s.emu.ID("template", "order-receipt") }

func refusal(t testing.TB, err error) *segmentflow.Error {
	t.Helper()
	refused, ok := errors.AsType[*segmentflow.Error](err)
	require.True(t, ok, "want an API error, got %v", err)
	return refused
}

func reason(err *segmentflow.Error) any { return err.Details["reason"] }

// answer is the response to a raw HTTP call.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

// issues returns "in path code" for each issue of a 400.
func (a answer) issues(t testing.TB) []string {
	t.Helper()
	details, _ := a.json(t)["details"].(map[string]any)
	list, _ := details["issues"].([]any)
	var found []string
	for _, item := range list {
		issue := item.(map[string]any)
		found = append(found,
			strings.Join([]string{issue["in"].(string), issue["path"].(string), issue["code"].(string)}, " "))
	}
	return found
}

// call sends an HTTP request to the emulator, as any client would. Headers are pairs. The default key and media type
// are added unless they are given; an empty value leaves a header out.
func call(t testing.TB, emu *emulator.Emulator, method, path, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "https://api.segmentflow.ai"+path,
		bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	request.Header.Set("x-api-key", emu.APIKey())
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Del(headers[i])
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := emu.Transport().RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	checkPlane(t, request, response, raw)
	return answer{response.StatusCode, response.Header, string(raw)}
}

// skipIfRacing skips a test of many cases that run one after another. The race detector finds nothing there and takes
// ten times as long.
func skipIfRacing(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("many cases in one goroutine")
	}
}
