package segmentflow

import (
	"context"
	"iter"
)

// All is the iterator that every list operation uses.
func All[T any](
	ctx context.Context,
	fetch func(ctx context.Context, cursor string) ([]T, *string, error),
) iter.Seq2[T, error] {
	page := func(ctx context.Context, cursor string, _ []CallOption) ([]T, *string, error) {
		return fetch(ctx, cursor)
	}
	return all(ctx, listProfiles, "", nil, page)
}
