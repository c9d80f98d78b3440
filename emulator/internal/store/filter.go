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

// clause is a condition with one argument.
type clause struct {
	sql   string
	value any
}

// narrow narrows a query by the clauses whose value is not "" or 0. A clause that allows any value instead would keep
// SQLite from using an index.
func (f Filter) narrow(clauses ...clause) Filter {
	f.Args = slices.Clone(f.Args)
	for _, clause := range clauses {
		if clause.value != "" && clause.value != 0 {
			f.SQL += " AND " + clause.sql
			f.Args = append(f.Args, clause.value)
		}
	}
	return f
}

// ownedBy returns the condition that rows belong to the Organization. If they all belong to one row of another table,
// it asks that row, because an index has no room for the Organization. owners are tables and ids; "" is no id.
func (tx *Tx) ownedBy(owners ...string) Filter {
	for i := 0; i < len(owners); i += 2 {
		if table, id := owners[i], owners[i+1]; id != "" {
			return Filter{"WHERE ? = (SELECT org FROM " + table + " WHERE id = ?)", []any{tx.Org, id}}
		}
	}
	return Filter{"WHERE org = ?", []any{tx.Org}}
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
