package segmentflow_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestAResponseHasTheRateLimitOfItsHeaders(t *testing.T) {
	limit := func(limit, remaining int, reset time.Duration) *segmentflow.RateLimit {
		return &segmentflow.RateLimit{Limit: limit, Remaining: remaining, Reset: reset}
	}
	for name, c := range map[string]struct {
		headers []string
		want    *segmentflow.RateLimit
	}{
		"none": {nil, nil},
		"the form of the emulator": {
			[]string{"RateLimit-Limit: 10", "RateLimit-Remaining: 0", "RateLimit-Reset: 3"},
			limit(10, 0, 3*time.Second),
		},
		"the older form": {
			[]string{"X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 9", "X-RateLimit-Reset: 1.5"},
			limit(10, 9, 1500*time.Millisecond),
		},
		"both, the first unreadable": {
			[]string{"RateLimit-Remaining: few", "X-RateLimit-Remaining: 4", "RateLimit-Limit: 5"}, limit(5, 4, 0),
		},
		"policies":          {[]string{"RateLimit-Limit: 10, 10;w=1", "RateLimit-Remaining: 7;x"}, limit(10, 7, 0)},
		"nothing remaining": {[]string{"RateLimit-Limit: 10", "RateLimit-Reset: 3"}, nil},
		"negative":          {[]string{"RateLimit-Remaining: -1"}, nil},
		"no number":         {[]string{"RateLimit-Remaining: NaN"}, nil},
		"too much":          {[]string{"RateLimit-Remaining: 1e400", "X-RateLimit-Remaining: 1e16"}, nil},
		"others unreadable": {
			[]string{"RateLimit-Remaining: 1", "RateLimit-Limit: -5", "RateLimit-Reset: soon"}, limit(0, 1, 0),
		},
		"a time too far ahead": {[]string{"RateLimit-Remaining: 1", "X-RateLimit-Reset: 99999999999"}, limit(0, 1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, reply{status: 200, body: sendOne, headers: c.headers})
			var resp segmentflow.Response
			_, err := client.Emails.Retrieve(t.Context(), sendID, segmentflow.WithResponse(&resp))
			require.NoError(t, err)
			assert.Equal(t, c.want, resp.RateLimit)
		})
	}
}

func TestTheResetOfARateLimitMayBeATime(t *testing.T) {
	for _, ahead := range []time.Duration{20 * time.Second, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			at := time.Now().Add(ahead)
			for _, value := range []int64{at.Unix(), at.UnixMilli()} {
				client, _ := answering(t, problem(404, "not_found", "X-RateLimit-Remaining: 0",
					fmt.Sprint("X-RateLimit-Reset: ", value)))
				var resp segmentflow.Response
				_, err := client.Emails.Retrieve(t.Context(), sendID, segmentflow.WithResponse(&resp))
				require.ErrorIs(t, err, segmentflow.ErrNotFound, "a failed call has it too")
				assert.Equal(t, max(ahead, 0), resp.RateLimit.Reset)
			}
		})
	}
}
