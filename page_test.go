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

func TestAllStopsOnARepeatedCursor(t *testing.T) {
	list := pages{"": {[]int{1}, "a", nil}, "a": {[]int{2}, "b", nil}, "b": {[]int{3}, "a", nil}}
	var fetched []string
	var got []int
	for item, err := range segmentflow.All(t.Context(), list.fetch(&fetched)) {
		require.NoError(t, err)
		got = append(got, item)
	}
	assert.Equal(t, []int{1, 2, 3}, got)
}
