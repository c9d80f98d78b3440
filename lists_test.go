package segmentflow_test

import (
	"iter"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// ids returns a function that collects the ids of everything that an iterator yields.
func ids[T any](seq iter.Seq2[T, error], id func(T) string) func() ([]string, error) {
	return func() ([]string, error) {
		var found []string
		for item, err := range seq {
			if err != nil {
				return found, err
			}
			found = append(found, id(item))
		}
		return found, nil
	}
}

// list is one All method with every possible parameter, and the requests that it should make.
type list struct {
	plural string
	all    func(c *segmentflow.Client, from string) func() ([]string, error) // starts at the page of from
	none   func(c *segmentflow.Client) func() ([]string, error)              // without params
	want   func(cursor string) string                                        // query or body of the request for a page
}

func query(rest string) func(string) string {
	return func(cursor string) string { return "cursor=" + cursor + rest }
}

func lists(t *testing.T) map[string]list {
	ctx := t.Context()
	drafts := []segmentflow.BroadcastStatus{segmentflow.BroadcastStatusNotStarted, segmentflow.BroadcastStatusPaused}
	broadcast := func(b segmentflow.Broadcast) string { return b.ID }
	newsletter := func(n segmentflow.Newsletter) string { return n.ID }
	issue := func(i segmentflow.NewsletterIssue) string { return i.ID }
	segment := func(s segmentflow.Segment) string { return s.ID }
	profile := func(p segmentflow.Profile) string { return p.ID }
	type run = func() ([]string, error)
	return map[string]list{
		"Broadcasts": {
			plural: "broadcasts",
			all: func(c *segmentflow.Client, from string) run {
				params := &segmentflow.ListBroadcastsParams{Status: drafts, Cursor: from, Limit: 2}
				return ids(c.Broadcasts.All(ctx, params), broadcast)
			},
			none: func(c *segmentflow.Client) run { return ids(c.Broadcasts.All(ctx, nil), broadcast) },
			want: query("&limit=2&status=NotStarted&status=Paused"),
		},
		"Newsletters": {
			plural: "newsletters",
			all: func(c *segmentflow.Client, from string) run {
				params := &segmentflow.ListNewslettersParams{Cursor: from, Limit: 2}
				return ids(c.Newsletters.All(ctx, params), newsletter)
			},
			none: func(c *segmentflow.Client) run { return ids(c.Newsletters.All(ctx, nil), newsletter) },
			want: query("&limit=2"),
		},
		"NewsletterIssues": {
			plural: "issues",
			all: func(c *segmentflow.Client, from string) run {
				params := &segmentflow.ListNewsletterIssuesParams{Status: drafts, Cursor: from, Limit: 2}
				return ids(c.NewsletterIssues.All(ctx, "n", params), issue)
			},
			none: func(c *segmentflow.Client) run { return ids(c.NewsletterIssues.All(ctx, "n", nil), issue) },
			want: query("&limit=2&status=NotStarted&status=Paused"),
		},
		"Segments": {
			plural: "segments",
			all: func(c *segmentflow.Client, from string) run {
				params := &segmentflow.ListSegmentsParams{Cursor: from, Limit: 2}
				return ids(c.Segments.All(ctx, params), segment)
			},
			none: func(c *segmentflow.Client) run { return ids(c.Segments.All(ctx, nil), segment) },
			want: query("&limit=2"),
		},
		"Profiles": {
			plural: "profiles",
			all: func(c *segmentflow.Client, from string) run {
				filter := segmentflow.ProfileFilter{Search: "alex"}
				params := &segmentflow.ListProfilesParams{ProfileFilter: filter, Cursor: from, Limit: 2}
				return ids(c.Profiles.All(ctx, params), profile)
			},
			none: func(c *segmentflow.Client) run { return ids(c.Profiles.All(ctx, nil), profile) },
			want: func(cursor string) string { return `{"search":"alex","cursor":"` + cursor + `","limit":2}` },
		},
	}
}

func TestAListCanBeIteratedTwiceAndFromAnyPage(t *testing.T) {
	for name, list := range lists(t) {
		first := reply{
			status: 200,
			body:   `{"` + list.plural + `":[{"id":"1"},{"id":"2"}],"nextCursor":"q","previousCursor":"o"}`,
		}
		last := reply{status: 200, body: `{"` + list.plural + `":[{"id":"3"}],"nextCursor":null,"previousCursor":"p"}`}
		client, w := answering(t, first, last, first, last)
		run := list.all(client, "p")
		assert.Zero(t, w.count(), "%s: nothing is requested before it is needed", name)

		for range 2 {
			got, err := run()
			require.NoError(t, err)
			assert.Equal(t, []string{"1", "2", "3"}, got, name)
		}
		for i, cursor := range []string{"p", "q", "p", "q"} {
			request := w.requests[i].URL.RawQuery + w.requests[i].body
			assert.Equal(t, list.want(cursor), request, "%s, page %d", name, i)
		}
	}
}

func TestAllNeedsNoParams(t *testing.T) {
	for name, list := range lists(t) {
		client, w := answering(t, reply{status: 200, body: `{"` + list.plural + `":[{"id":"1"}],"nextCursor":null}`})
		got, err := list.none(client)()
		require.NoError(t, err)
		assert.Equal(t, []string{"1"}, got, name)
		request := w.requests[0].URL.RawQuery + w.requests[0].body
		assert.Contains(t, []string{"", "{}"}, request, name)
	}
}

func TestAllYieldsItsErrorOnce(t *testing.T) {
	for name := range lists(t) {
		synctest.Test(t, func(t *testing.T) {
			list := lists(t)[name] // with the context of synctest
			page := reply{status: 200, body: `{"` + list.plural + `":[{"id":"1"}],"nextCursor":"p"}`}
			client, w := answering(t, page, problem(503, "unavailable"))
			got, err := list.none(client)()
			require.ErrorIs(t, err, segmentflow.ErrUnavailable, name)
			assert.Equal(t, []string{"1"}, got, "%s: the items before the error", name)
			assert.Equal(t, 4, w.count(), "%s: each page is retried like a read", name)
		})
	}
}

func TestARepeatedCursorIsAnErrorOfItsOperation(t *testing.T) {
	for name, list := range lists(t) {
		client, w := answering(t, reply{
			status:  200,
			body:    `{"` + list.plural + `":[{"id":"1"}],"nextCursor":"p"}`,
			headers: []string{"X-Request-Id: req_1"},
		})
		got, err := list.all(client, "p")()
		assert.Equal(t, []string{"1"}, got, "%s: the first page is not fetched again", name)
		assert.Equal(t, 1, w.count())
		e := refused(t, err)
		assert.Equal(t, 200, e.Status)
		method, path := w.requests[0].Method, w.requests[0].URL.Path
		if list.plural == "issues" {
			path = "/api/v1/newsletters/{id}/issues"
		}
		require.EqualError(t, err, "segmentflow: "+method+" "+path+": 200 OK: the next cursor of the reply is that of "+
			"an earlier page; the list would repeat itself (request req_1, attempts 1)")
	}
}
