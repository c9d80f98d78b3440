package segmentflow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// pages is a cursor list: for each cursor its items, the next cursor, and an error.
type pages map[string]struct {
	items []int
	next  string
	err   error
}

func (p pages) fetch(fetched *[]string) func(context.Context, string) ([]int, *string, error) {
	return func(_ context.Context, cursor string) ([]int, *string, error) {
		*fetched = append(*fetched, cursor)
		page := p[cursor]
		if page.next == "" {
			return page.items, nil, page.err
		}
		return page.items, &page.next, page.err
	}
}

func TestAllFollowsTheCursors(t *testing.T) {
	list := pages{"": {[]int{1, 2}, "a", nil}, "a": {nil, "b", nil}, "b": {[]int{3}, "", nil}}
	var fetched []string
	all := segmentflow.All(t.Context(), list.fetch(&fetched))
	assert.Empty(t, fetched, "nothing is fetched before it is ranged over")

	for range 2 {
		fetched = nil
		var got []int
		for item, err := range all {
			require.NoError(t, err)
			got = append(got, item)
		}
		assert.Equal(t, []int{1, 2, 3}, got)
		assert.Equal(t, []string{"", "a", "b"}, fetched)
	}
	fetched = nil
	for _, err := range all {
		require.NoError(t, err)
		break
	}
	assert.Equal(t, []string{""}, fetched, "no page more than needed")
}

func TestAllYieldsAnErrorOnceAndStops(t *testing.T) {
	down := errors.New("down")
	list := pages{"": {[]int{1}, "a", nil}, "a": {[]int{9}, "b", down}}
	var fetched []string
	var errs []error
	for _, err := range segmentflow.All(t.Context(), list.fetch(&fetched)) {
		errs = append(errs, err)
	}
	assert.Equal(t, []error{nil, down}, errs)
}

func TestAListThatStartsLaterDoesNotGoOnAtTheFirstPage(t *testing.T) {
	client, w := answering(t, reply{status: 200, body: `{"broadcasts":[{"id":"b"}],"nextCursor":""}`})
	var errs []error
	for _, err := range client.Broadcasts.All(t.Context(), &segmentflow.ListBroadcastsParams{Cursor: "later"}) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 2)
	require.NoError(t, errs[0])
	require.ErrorContains(t, errs[1], "cursor")
	assert.Equal(t, 1, w.count())
}

func TestAllYieldsAnErrorInsteadOfAPageThatItHadBefore(t *testing.T) {
	for name, next := range map[string][]*string{ // the next cursor of each page
		"a page names itself":         {new("a"), new("a")},
		"two pages name each other":   {new("a"), new("b"), new("a")},
		"a page names the first":      {new("a"), new("")},
		"the first page names itself": {new("")},
	} {
		var got []int
		var errs []error
		pages := 0
		fetch := func(context.Context, string) ([]int, *string, error) {
			pages++
			return []int{pages}, next[pages-1], nil
		}
		for item, err := range segmentflow.All(t.Context(), fetch) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			got = append(got, item)
		}
		assert.Len(t, got, len(next), "%s: each page once", name)
		require.Len(t, errs, 1, name)
		assert.ErrorContains(t, refused(t, errs[0]), "cursor", name)
	}
}
