package store

import (
	"slices"
	"strings"
	"time"
)

// Place is a position in a list that is sorted by time, newest first, and by falling id for equal times.
type Place struct {
	At time.Time
	ID string
}

// Page selects a part of a list: the first Limit items, those after a place or, with Back, those just before it.
type Page struct {
	From  *Place
	Back  bool
	Limit int
}

// Listed is a page of a list. Next and Previous are the places where the adjacent pages start, or nil if there is no
// such page.
type Listed[T any] struct {
	Items          []T
	Next, Previous *Place
}

// listed returns one page of the rows of a view that pass all filters. The rows have created_at and id. where is a
// WHERE with a condition, to which the filters are added.
func listed[T any](
	tx *Tx, page Page, v view[T], place func(*T) Place, where Filter, filters ...Filter,
) (Listed[T], error) {
	compare, order := "<", "DESC"
	if page.Back {
		compare, order = ">", "ASC"
	}
	if page.From != nil {
		filters = append(slices.Clone(filters),
			Filter{"(created_at, id) " + compare + " (?, ?)", []any{page.From.At, page.From.ID}})
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

	// With a cursor, the caller comes from the page on the other side, so that page exists.
	if first := place(&items[0]); page.From != nil && !page.Back || page.Back && more {
		found.Previous = &first
	}
	if last := place(&items[len(items)-1]); page.Back || more {
		found.Next = &last
	}
	return found, nil
}
