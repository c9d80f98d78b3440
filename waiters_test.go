package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// waitFor are all waiters: each waits for the thing sendID, and returns its id and status.
var waitFor = map[string]func(context.Context, *segmentflow.Client, ...segmentflow.CallOption) (string, string, error){
	"/api/v1/emails/": func(ctx context.Context, c *segmentflow.Client, opts ...segmentflow.CallOption) (
		string, string, error,
	) {
		send, err := c.Emails.Wait(ctx, sendID, opts...)
		if send == nil {
			return "", "", err
		}
		return send.ID, string(send.Status), err
	},
	"/api/v1/public/journeys/runs/": func(ctx context.Context, c *segmentflow.Client, opts ...segmentflow.CallOption) (
		string, string, error,
	) {
		run, err := c.Journeys.WaitRun(ctx, sendID, opts...)
		if run == nil {
			return "", "", err
		}
		return run.RunID, string(run.Status), err
	},
	"/api/v1/public/broadcasts/": func(ctx context.Context, c *segmentflow.Client, opts ...segmentflow.CallOption) (
		string, string, error,
	) {
		broadcast, err := c.Broadcasts.Wait(ctx, sendID, opts...)
		if broadcast == nil {
			return "", "", err
		}
		return broadcast.ID, string(broadcast.Status), err
	},
	"/api/v1/newsletter-issues/": func(ctx context.Context, c *segmentflow.Client, opts ...segmentflow.CallOption) (
		string, string, error,
	) {
		issue, err := c.NewsletterIssues.Wait(ctx, sendID, opts...)
		if issue == nil {
			return "", "", err
		}
		return issue.ID, string(issue.Status), err
	},
}

// at is a reply with a status.
func at(status string) reply {
	return reply{status: 200, body: fmt.Sprintf(`{"id":%q,"runId":%q,"status":%q}`, sendID, sendID, status)}
}

func TestAWaiterPollsUntilTheStatusIsFinal(t *testing.T) {
	for path, statuses := range map[string][][]string{
		"/api/v1/emails/":               {{"Queued", "Processing", "Later", "Sent"}, {"Failed"}, {"Skipped"}},
		"/api/v1/public/journeys/runs/": {{"queued", "running", "completed"}, {"failed"}, {"running", "exited"}},
		"/api/v1/public/broadcasts/": {
			{"NotStarted", "InProgress", "Warming", "Paused", "Triggered", "Sent"}, {"Failed"}, {"Archived"}},
		"/api/v1/newsletter-issues/": {{"NotStarted", "Sent"}, {"Failed"}, {"Archived"}},
	} {
		for _, list := range statuses {
			synctest.Test(t, func(t *testing.T) {
				var replies []reply
				for _, status := range list {
					replies = append(replies, at(status))
				}
				client, w := answering(t, replies...)
				id, status, err := waitFor[path](t.Context(), client, segmentflow.WithHeader("X-Own", "1"))
				require.NoError(t, err)
				assert.Equal(t, []string{sendID, list[len(list)-1]}, []string{id, status})
				require.Len(t, w.requests, len(list))
				for _, r := range w.requests {
					assert.Equal(t, "GET "+path+sendID+" 1", r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Own"))
				}
			})
		}
	}
}

func TestTheWaitsOfAWaiterGrowAndDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replies := make([]reply, 12)
		for n := range replies {
			replies[n] = at("Queued")
		}
		client, w := answering(t, append(replies, at("Sent"))...)
		_, err := client.Emails.Wait(t.Context(), sendID)
		require.NoError(t, err)
		for n, wait := range w.waits() {
			most := min(time.Second<<n, 30*time.Second)
			assert.LessOrEqual(t, wait, most)
			assert.GreaterOrEqual(t, wait, most/2)
		}
		assert.NotEqual(t, w.waits()[10], w.waits()[11], "the waits have a part that is random")
	})
	synctest.Test(t, func(t *testing.T) {
		client, w := answering(t, at("Queued"), at("Queued"), at("Sent"))
		own, err := segmentflow.New(apiKey, segmentflow.WithHTTPClient(&http.Client{Transport: w}),
			segmentflow.WithBackoff(func(n int) time.Duration { return time.Duration(2-n) * time.Hour }))
		require.NoError(t, err)
		require.NotNil(t, client)
		_, err = own.Emails.Wait(t.Context(), sendID)
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{time.Hour, 0}, w.waits(), "a negative wait is none")
	})
}

func TestTheEndOfTheContextEndsAWaiterWithWhatItHasSeen(t *testing.T) {
	for path, wait := range waitFor {
		synctest.Test(t, func(t *testing.T) {
			client, w := answering(t, at("Later"))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			id, status, err := wait(ctx, client)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, []string{sendID, "Later"}, []string{id, status})
			assert.Equal(t, time.Minute, time.Since(start))
			last := w.requests[w.count()-1].at
			assert.Equal(t, 500*time.Millisecond, time.Since(last), "the last poll is shortly before the deadline")
			e := refused(t, err)
			assert.Equal(t, w.count(), e.Attempts)
			require.ErrorContains(t, err, path+"{")
			require.ErrorContains(t, err, "the wait ended at the status Later: context deadline exceeded")

			cancelled, stop := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Hour, func() { stop(errors.New("enough")) })
			id, _, err = wait(cancelled, client)
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, sendID, id)

			id, _, err = wait(cancelled, client)
			require.ErrorIs(t, err, context.Canceled)
			assert.Empty(t, id, "nothing was seen")
		})
	}
}

func TestAFailedPollEndsAWaiterButARateLimitDoesNot(t *testing.T) {
	slow := problem(429, "rate_limited")
	slow.headers = []string{"Retry-After: 41"} // longer than a call waits; no number of them is an hour
	for name, c := range map[string]struct {
		replies []reply
		want    error // nil if the wait succeeds
		seen    string
	}{
		"a retry succeeds":   {[]reply{at("Queued"), problem(503, "unavailable"), lost, at("Sent")}, nil, sendID},
		"retries fail":       {[]reply{at("Queued"), problem(503, "unavailable")}, segmentflow.ErrUnavailable, sendID},
		"it is gone":         {[]reply{at("Queued"), problem(404, "not_found")}, segmentflow.ErrNotFound, sendID},
		"it never was":       {[]reply{problem(404, "not_found")}, segmentflow.ErrNotFound, ""},
		"a long rate limit":  {[]reply{slow, slow, at("Queued"), slow, at("Sent")}, nil, sendID},
		"many rate limits":   {append(many(20, problem(429, "rate_limited")), at("Sent")), nil, sendID},
		"a page of a proxy":  {[]reply{{status: 200, body: "<html>"}}, nil, "none"},
		"the end in between": {[]reply{slow}, context.DeadlineExceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := answering(t, c.replies...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				id, _, err := waitFor["/api/v1/emails/"](ctx, client)
				switch {
				case c.seen == "none":
					require.Error(t, err)
					return
				case c.want == nil:
					require.NoError(t, err)
				default:
					require.ErrorIs(t, err, c.want)
				}
				assert.Equal(t, c.seen, id)
				if errors.Is(c.want, context.DeadlineExceeded) {
					require.ErrorIs(t, err, segmentflow.ErrRateLimited, "the error has both reasons")
				}
			})
		})
	}
}

func TestAWaiterWhoseContextEndsDuringAPollSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := dial(t, roundTripper(func(*http.Request) (*http.Response, error) {
		cancel()
		return answer(429, `{"error":"rate_limited"}`), nil
	}), segmentflow.WithMaxRetries(0))
	_, err := client.Emails.Wait(ctx, sendID)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, segmentflow.ErrRateLimited)
}

func many(n int, r reply) []reply {
	list := make([]reply, n)
	for i := range list {
		list[i] = r
	}
	return list
}

func TestPollsTellsTheWaitsOfAWaiterFromThoseOfRetries(t *testing.T) {
	var polls []int
	w := &wire{replies: []reply{at("Queued"), problem(503, "unavailable"), at("Queued"), problem(429, "rate_limited"),
		at("Sent")}}
	ended := errors.New("no more")
	sleep := func(ctx context.Context, _ time.Duration) error {
		polls = append(polls, segmentflow.Polls(ctx))
		if len(polls) > 4 {
			return ended
		}
		return nil
	}
	client := dial(t, w, segmentflow.WithMaxRetries(1), segmentflow.WithSleep(sleep))
	_, err := client.Emails.Wait(t.Context(), sendID)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 0, 2, 0}, polls)
	assert.Zero(t, segmentflow.Polls(t.Context()))

	w.replies = []reply{at("Queued"), at("Processing")}
	send, err := client.Emails.Wait(t.Context(), sendID)
	require.ErrorIs(t, err, ended)
	assert.Equal(t, segmentflow.EmailSendStatusProcessing, send.Status, "of the last poll, after the error")
	w.replies = []reply{at("Queued"), problem(404, "not_found")}
	send, err = client.Emails.Wait(t.Context(), sendID)
	require.ErrorIs(t, err, ended)
	assert.Equal(t, segmentflow.EmailSendStatusQueued, send.Status)
	w.replies = []reply{at("Queued"), at("Sent")}
	_, err = client.Emails.Wait(t.Context(), sendID)
	require.NoError(t, err)
}

func TestAWaiterGoesOnIfOnlyAnotherFieldIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for status, polls := range map[string]int{"Queued": 2, "": 1} {
			wrong := reply{status: 200, body: fmt.Sprintf(`{"id":%q,"status":%q,"createdAt":"soon"}`, sendID, status)}
			client, w := answering(t, wrong, at("Sent"))
			send, err := client.Emails.Wait(t.Context(), sendID)
			require.NotNil(t, send)
			assert.Equal(t, polls == 1, err != nil, "without a status, nothing is known: %v", err)
			assert.Equal(t, polls, w.count())
		}
	})
}

func TestAWaiterWaitsAsLongAsARateLimitAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, w := answering(t, problem(429, "rate_limited", "Retry-After: 90"), at("Sent"))
		_, err := client.Emails.Wait(t.Context(), sendID)
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{90 * time.Second}, w.waits())
	})
}

func TestAWaiterDoesNotChangeTheOptions(t *testing.T) {
	client, _ := answering(t, at("Sent"))
	var resp segmentflow.Response
	opts := make([]segmentflow.CallOption, 1, 2)
	opts[0] = segmentflow.WithResponse(&resp)
	_, err := client.Emails.Wait(t.Context(), sendID, opts...)
	require.NoError(t, err)
	assert.Nil(t, opts[:2][1])
	assert.Equal(t, 200, resp.Status, "of the last poll")
}
