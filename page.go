package segmentflow

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// all returns an iterator over every item of a cursor list. It starts at the page of the cursor first, or at the first
// page if that is "". Each iteration starts there again. fetch returns one page and the cursor of the next page, or nil
// after the last. A page is fetched only when it is needed. An error is yielded once and ends the iteration; a repeated
// cursor ends it too. The item that was not decoded completely is yielded beside its error.
func all[T any](
	ctx context.Context, first string, fetch func(ctx context.Context, cursor string) ([]T, *string, error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for cursor := first; !seen[cursor]; {
			seen[cursor] = true
			items, next, err := fetch(ctx, cursor)
			whole := intact(len(items), err)
			for _, item := range items[:whole] {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var last T
				if whole < len(items) {
					last = items[whole]
				}
				yield(last, err)
				return
			}
			if next == nil {
				return
			}
			cursor = *next
		}
	}
}

// orDefaults returns *params, or the zero value if params is nil.
func orDefaults[T any](params *T) T {
	if params == nil {
		return *new(T)
	}
	return *params
}

// pageQuery returns the query parameters of a cursor list.
func pageQuery(cursor string, limit int, statuses ...BroadcastStatus) url.Values {
	query := url.Values{}
	for _, status := range statuses {
		query.Add("status", string(status))
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	return query
}
