package segmentflow

import (
	"context"
	"iter"
	"net/url"
	"slices"
	"strconv"
)

// fetchPage returns one page of a cursor list and the cursor of the next page, or nil after the last.
type fetchPage[T any] func(ctx context.Context, cursor string, opts []CallOption) ([]T, *string, error)

// all returns an iterator over every item of a cursor list. It starts at the page of the cursor first, or at the first
// page if that is "". Each iteration starts there again. A page is fetched only when it is needed. An error is yielded
// once and ends the iteration. It is an error too if a page names itself or an earlier page as the next.
func all[T any](
	ctx context.Context, op operation, first string, opts []CallOption, fetch fetchPage[T],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := map[string]bool{"": true} // the first page
		for cursor := first; ; {
			seen[cursor] = true
			var resp Response
			items, next, err := fetch(ctx, cursor, append(slices.Clip(opts), WithResponse(&resp)))
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			switch {
			case next == nil:
				return
			case seen[*next]:
				yield(none, repeatedCursor(op, &resp))
				return
			}
			cursor = *next
		}
	}
}

// repeatedCursor returns the error of a list that would never end.
func repeatedCursor(op operation, resp *Response) *Error {
	return &Error{
		Status:    resp.Status,
		Message:   "the next cursor of the reply is that of an earlier page; the list would repeat itself",
		RequestID: resp.RequestID,
		Attempts:  resp.Attempts,
		route:     op.label(),
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
