package segmentflow

import (
	"context"
	"iter"
)

// all ranges over every item of a cursor list. Fetch gets one page, the first one for cursor "", and the cursor of the
// next, nil after the last. Nothing is fetched before it is needed; an error is yielded once and ends the range, as does
// a cursor that has been seen before. Each range starts at the first page.
func all[T any](ctx context.Context, fetch func(ctx context.Context, cursor string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		for cursor := ""; !seen[cursor]; {
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
