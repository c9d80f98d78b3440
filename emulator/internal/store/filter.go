package store

import "slices"

// Filter is a condition on Profiles in SQL: an expression over a row p of profiles, and its arguments in order.
type Filter struct {
	SQL  string
	Args []any
}

// and narrows a query that ends with a condition.
func (f Filter) and(filters ...Filter) Filter {
	f.Args = slices.Clone(f.Args)
	for _, other := range filters {
		f.SQL += " AND (" + other.SQL + ")"
		f.Args = append(f.Args, other.Args...)
	}
	return f
}

// belongsTo returns the condition that the argument ?2 is a column's value or, if the value is "", no condition. A
// condition that allows both would keep SQLite from using an index of the column.
func belongsTo(column, value string) string {
	if value == "" {
		return "?2 = ''"
	}
	return column + " = ?2"
}

// limitOf returns a limit for SQL. A limit below 1 means no limit.
func limitOf(limit int) int {
	if limit < 1 {
		return -1
	}
	return limit
}
