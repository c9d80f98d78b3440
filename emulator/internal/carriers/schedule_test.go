package carriers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
)

// schedule keeps the scheduledAt of a request.
type schedule struct{ at string }

func (s *schedule) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent struct{ ScheduledAt string }
	if err := json.NewDecoder(req.Body).Decode(&sent); err != nil {
		return nil, err
	}
	s.at = sent.ScheduledAt
	body := io.NopCloser(strings.NewReader(`{"id":"b"}`))
	return &http.Response{StatusCode: http.StatusOK, Body: body, Request: req}, nil
}

// span is the form that the API's schema accepts.
var span = regexp.MustCompile(`^in ([1-9]\d{0,3}) (minute|hour|day|week)s?$`)

// FuzzScheduledAt reads times and spans, and what the SDK writes for a time and for a span.
func FuzzScheduledAt(f *testing.F) {
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	for _, text := range []string{
		"", "in 1 hour", "in 90 minutes", "in 9999 weeks", "in 0 days", "in 99999999999999999999 days", "in 1 minutes",
		"2026-03-02T09:31:00Z", "2026-03-02T09:31Z", "2026-03-02T10:30:59.9999+01:00", "2026-03-02", "in 1 month",
	} {
		f.Add(text, int64(time.Hour), now.UnixMilli())
	}
	f.Add("in 1 hour", int64(9999*time.Hour), int64(-62167219200000))
	f.Add("in 1 hour", int64(61*time.Minute), int64(253402300799999))
	f.Add("in 1 hour", int64(time.Second), int64(0))
	f.Fuzz(func(t *testing.T, text string, in, millis int64) {
		at, ok, err := carriers.ScheduledAt(now, text)
		if parts := span.FindStringSubmatch(text); parts != nil {
			unit := map[string]time.Duration{"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}[parts[2]]
			n, err := strconv.Atoi(parts[1])
			require.NoError(t, err)
			require.Equal(t, now.Add(time.Duration(n)*unit*time.Minute), at)
			require.True(t, ok)
		}
		require.True(t, !ok || err == nil)
		if want, err := time.Parse(time.RFC3339, text); err == nil && !strings.Contains(text, ",") {
			require.Equal(t, !want.Before(now.Add(time.Minute)), ok, text)
			require.True(t, !ok || at.Equal(want.Truncate(time.Millisecond)))
		}
		requireSent(t, segmentflow.ScheduleCarrierParams{ScheduledIn: time.Duration(in)}, now.Add(time.Duration(in)))
		want := time.UnixMilli(millis).UTC()
		requireSent(t, segmentflow.ScheduleCarrierParams{ScheduledAt: want}, want)
	})
}

// requireSent requires that what the SDK sends for params means want, or that it refuses them.
func requireSent(t *testing.T, params segmentflow.ScheduleCarrierParams, want time.Time) {
	t.Helper()
	sent := new(schedule)
	client, err := segmentflow.New("sk_live_4f1c9b57", segmentflow.WithHTTPClient(&http.Client{Transport: sent}))
	require.NoError(t, err)
	_, err = client.Broadcasts.Schedule(t.Context(), "b", &params)
	refused := params.ScheduledIn%time.Minute != 0 || params.ScheduledIn < 0 || params.ScheduledIn > 9999*time.Hour ||
		params.ScheduledIn > 9999*time.Minute && params.ScheduledIn%time.Hour != 0 ||
		params.ScheduledIn == 0 && params.ScheduledAt.IsZero() ||
		!params.ScheduledAt.IsZero() && (want.Year() < 0 || want.Year() > 9999)
	if refused {
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
		require.Empty(t, sent.at)
		return
	}
	require.NoError(t, err)
	at, _, err := carriers.ScheduledAt(time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), sent.at)
	require.NoError(t, err)
	require.True(t, want.Equal(at), "%s: want %s, got %s", sent.at, want, at)
}
