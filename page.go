package segmentflow

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// all ranges over every item of a cursor list, from the page of cursor first, which is "" for the very first. Fetch gets
// one page and the cursor of the next, nil after the last. Nothing is fetched before it is needed; an error is yielded
// once and ends the range, as does a cursor that has been seen before. Each range starts at the same page.
func all[T any](ctx context.Context, first string, fetch func(ctx context.Context, cursor string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for cursor := first; !seen[cursor]; {
			seen[cursor] = true
			items, next, err := fetch(ctx, cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			cursor = *next
		}
	}
}

// orDefaults gives the params of an operation that can do without any.
func orDefaults[T any](params *T) T {
	if params == nil {
		return *new(T)
	}
	return *params
}

// pageQuery is the query of a cursor list.
func pageQuery(cursor string, limit int, status ...BroadcastStatus) url.Values {
	query := url.Values{}
	for _, s := range status {
		query.Add("status", string(s))
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	return query
}
