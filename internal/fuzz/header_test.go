package fuzz_test

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

var (
	decimal = regexp.MustCompile(`^\d+(\.\d+)?$`)
	digits  = regexp.MustCompile(`^(0|[1-9]\d{0,13})$`)
)

// FuzzRetryAfter reads the header. The error has what it says, and the client waits exactly so long before its next
// attempt, unless that is too long: then there is none. Anything else counts as no header.
func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{
		"", "0", "1", "1.5", "30", "30.000001", "31", "-1", "1e3", "NaN", "Inf", "0x1p-2", "1_0", " 2", "9e99",
		"Sat, 01 Jan 2000 00:00:07 GMT", "Saturday, 01-Jan-00 00:00:07 GMT", "Sat Jan  1 00:01:00 2000",
		"Fri, 31 Dec 1999 23:59:59 GMT", "Sat, 01 Jan 2000 00:00:07 CET", "1, 2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		synctest.Test(t, func(t *testing.T) { // its clock stands still
			header := http.Header{"Retry-After": {text}}
			once := &wire{replies: []reply{{status: http.StatusTooManyRequests, header: header}}}
			_, err := once.client(t, segmentflow.WithMaxRetries(0)).Emails.Retrieve(t.Context(), "id")
			wait := requireError(t, err).RetryAfter
			require.GreaterOrEqual(t, wait, time.Duration(0))
			if at, err := http.ParseTime(text); err == nil {
				require.Equal(t, max(time.Until(at), 0), wait)
			}
			if seconds, err := strconv.ParseFloat(text, 64); err == nil && decimal.MatchString(text) && seconds < 1e6 {
				require.InDelta(t, math.Round(seconds*1e9), float64(wait), 2)
			}

			twice := &wire{replies: []reply{once.replies[0], {status: http.StatusNoContent}}}
			own := func(int) time.Duration { return time.Millisecond }
			client := twice.client(t, segmentflow.WithMaxRetries(1), segmentflow.WithBackoff(own))
			err = client.Templates.Delete(t.Context(), "id")
			if wait > 30*time.Second {
				require.Equal(t, wait, requireError(t, err).RetryAfter)
				require.Empty(t, twice.waits)
				return
			}
			require.NoError(t, err)
			require.Len(t, twice.requests, 2)
			require.Len(t, twice.waits, 1)
			require.Contains(t, []time.Duration{wait, time.Millisecond}, twice.waits[0])
			require.True(t, wait == 0 || twice.waits[0] == wait)
		})
	})
}

// FuzzRateLimit reads the headers of a rate limit, in either spelling. Whole numbers count as they are, and nothing is
// negative or further away than a year. Without a number of calls that are left, there is no rate limit.
func FuzzRateLimit(f *testing.F) {
	for _, text := range []string{
		"", "0", "10", "10, 10;w=1", "-1", "1e3", "NaN", " 7 ", "1.5", "999999999999999", "x, 1",
	} {
		f.Add(text, "100", "60", false)
		f.Add("5", text, text, true)
	}
	f.Add("1", "1", "946684860", false)
	f.Add("1", "1", "946684860000", true)
	f.Fuzz(func(t *testing.T, remaining, limit, reset string, old bool) {
		synctest.Test(t, func(t *testing.T) {
			prefix := "Ratelimit-"
			if old {
				prefix = "X-Ratelimit-"
			}
			w := &wire{replies: []reply{{status: http.StatusNoContent, header: http.Header{
				prefix + "Remaining": {remaining}, prefix + "Limit": {limit}, prefix + "Reset": {reset},
			}}}}
			var resp segmentflow.Response
			err := w.client(t).Templates.Delete(t.Context(), "id", segmentflow.WithResponse(&resp))
			require.NoError(t, err)
			got := resp.RateLimit
			if !digits.MatchString(remaining) {
				return
			}
			require.NotNil(t, got)
			require.Equal(t, remaining, strconv.Itoa(got.Remaining))
			if digits.MatchString(limit) {
				require.Equal(t, limit, strconv.Itoa(got.Limit))
			}
			require.GreaterOrEqual(t, got.Limit, 0)
			require.GreaterOrEqual(t, got.Reset, time.Duration(0))
			require.LessOrEqual(t, got.Reset, 366*24*time.Hour)
			if seconds, err := strconv.Atoi(reset); err == nil && digits.MatchString(reset) && seconds < 1e7 {
				require.Equal(t, time.Duration(seconds)*time.Second, got.Reset)
			}
		})
	})
}
