package store

import (
	"slices"
	"strings"
	"time"
)

// Place is where something stands in a list that goes from the newest to the oldest, and by falling id within one instant.
type Place struct {
	At time.Time
	ID string
}

// Page asks for a part of a list: the first Limit things, those after a place, or with Back those just before it.
type Page struct {
	From  *Place
	Back  bool
	Limit int
}

// Listed is a page of a list. Next and Previous are the places from which the pages beside it go on, nil where there is none.
type Listed[T any] struct {
	Items          []T
	Next, Previous *Place
}

// listed returns one page of the rows of a view that pass all filters. The rows have created_at and id. where is a
// WHERE with a condition, which those of the filters follow.
func listed[T any](
	tx *Tx, page Page, v view[T], place func(*T) Place, where Filter, filters ...Filter,
) (Listed[T], error) {
	compare, order := "<", "DESC"
	if page.Back {
		compare, order = ">", "ASC"
	}
	if page.From != nil {
		filters = append(slices.Clone(filters), Filter{"(created_at, id) " + compare + " (?, ?)", []any{page.From.At, page.From.ID}})
	}
	query := Filter{v.selectSQL + where.SQL, where.Args}.and(filters...)
	query.SQL += strings.ReplaceAll(" ORDER BY created_at x, id x LIMIT ?", "x", order)
	items := make([]T, 0, page.Limit+1)
	err := tx.db.compose(v.appendTo(&items), query.SQL, append(query.Args, page.Limit+1)...)
	more := len(items) > page.Limit
	items = items[:min(len(items), page.Limit)]
	if page.Back {
		slices.Reverse(items)
	}
	found := Listed[T]{Items: items}
	if err != nil || len(items) == 0 {
		return found, err
	}
	// Whoever came by a cursor came from the other side, where there is something.
	if first := place(&items[0]); page.From != nil && !page.Back || page.Back && more {
		found.Previous = &first
	}
	if last := place(&items[len(items)-1]); page.Back || more {
		found.Next = &last
	}
	return found, nil
}
