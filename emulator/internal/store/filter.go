package store

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

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

// narrow narrows a query by the clauses whose value is not zero. A clause that allows any value instead would keep
// SQLite from using an index.
func (f Filter) narrow(clauses ...clause) Filter {
	f.Args = slices.Clone(f.Args)
	for _, clause := range clauses {
		if clause.value != "" && clause.value != 0 && clause.value != (time.Time{}) {
			f.SQL += " AND " + clause.sql
			f.Args = append(f.Args, clause.value)
		}
	}
	return f
}

// Span narrows a list to a part of it, by the numbers of its rows and by their times. A zero field does not narrow it.
type Span struct {
	Before, After int
	Since         time.Time // and later
}

// clauses are those of a span over a column of numbers and one of times.
func (span Span) clauses(number, at string) []clause {
	return []clause{{number + " < ?", span.Before}, {number + " > ?", span.After}, {at + " >= ?", span.Since}}
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

// ProfilesByID selects the Profiles with these ids.
func ProfilesByID(ids []string) Filter {
	return Filter{"p.id IN (SELECT value FROM json_each(?))", []any{encodeList(ids)}}
}

// ProfilesLike selects the Profiles that have this text in their email, phone or external id, in upper or lower case.
func ProfilesLike(text string) Filter {
	pattern := anyCase(text)
	return Filter{"p.email GLOB ? OR p.phone GLOB ? OR p.external_id GLOB ?", []any{pattern, pattern, pattern}}
}

// ProfilesNamed selects the Profiles that have this text in their email, external id or id, in upper or lower case.
func ProfilesNamed(text string) Filter {
	lower := strings.ToLower(text)
	return Filter{"instr(p.email, ?) OR p.external_id GLOB ? OR instr(p.id, ?)", []any{lower, anyCase(text), lower}}
}

// ProfilesChoosing selects the Profiles with this status in a SubscriptionGroup, by their choice or else by the policy
// of the group. If the status is "", it selects those that have never chosen.
func ProfilesChoosing(group *SubscriptionGroup, status string) Filter {
	const choice = "(SELECT status FROM subscriptions g WHERE g.profile_id = p.id AND g.group_id = ?)"
	if status == "" {
		return Filter{choice + " IS NULL", []any{group.ID}}
	}
	unchosen := Subscribed
	if group.Policy == OptIn {
		unchosen = Unsubscribed
	}
	return Filter{"coalesce(" + choice + ", ?) = ?", []any{group.ID, unchosen, status}}
}

// anyCase returns a GLOB pattern for a part of a text. Each letter matches in either case, in any script. SQLite has
// no function for that.
func anyCase(part string) string {
	var pattern strings.Builder
	pattern.WriteByte('*')
	for _, char := range part {
		other := unicode.SimpleFold(char)
		if other == char && !strings.ContainsRune("*?[", char) {
			pattern.WriteRune(char)
			continue
		}
		pattern.WriteByte('[')
		pattern.WriteRune(char)
		for ; other != char; other = unicode.SimpleFold(other) {
			pattern.WriteRune(other)
		}
		pattern.WriteByte(']')
	}
	pattern.WriteByte('*')
	return pattern.String()
}

// ProfilesFrom selects the Profiles that came from any of these sources, or have something from one of them.
func ProfilesFrom(sources []string) Filter {
	return Filter{"EXISTS (SELECT 1 FROM json_each(p.sources) WHERE value IN (SELECT value FROM json_each(?)))",
		[]any{encodeList(sources)}}
}

// ProfilesSuppressed selects the Profiles whose address is suppressed for any of these reasons.
func ProfilesSuppressed(reasons []string) Filter {
	return Filter{`EXISTS (SELECT 1 FROM addresses a WHERE a.org = p.org AND a.email = p.email
		AND a.suppressed IN (SELECT value FROM json_each(?)))`, []any{encodeList(reasons)}}
}

// ProfilesWith selects the Profiles whose property has one of these values as text. The text of a string is the
// string, that of a number is as it was written, and that of a boolean is true or false. A list or an object has no
// text.
func ProfilesWith(property string, values []string) Filter {
	path := "$." + encode(property)
	return Filter{`CASE json_type(p.properties, ?)
		WHEN 'text' THEN p.properties ->> ? WHEN 'array' THEN NULL WHEN 'object' THEN NULL
		ELSE p.properties -> ? END IN (SELECT value FROM json_each(?))`, []any{path, path, path, encodeList(values)}}
}

// AnyOf selects the Profiles that pass at least one of the filters.
func AnyOf(filters []Filter) Filter {
	var one Filter
	for i, f := range filters {
		if i > 0 {
			one.SQL += " OR "
		}
		one.SQL += "(" + f.SQL + ")"
		one.Args = append(one.Args, f.Args...)
	}
	return one
}

// mailTo selects the emails to a lower-case address, all of them if it is "".
func mailTo(address string) Filter {
	if address == "" {
		return Filter{SQL: "true"}
	}
	return Filter{"s.address = ? AND lower(s.to_email) = ?", []any{addressHash(address), address}}
}

// addressHash returns the hash of an address, whose letters may be of any case. It is FNV-1a, of 32 bits so that the
// index is small. Different addresses may have the same one.
func addressHash(address string) int {
	hash := uint32(2166136261)
	for i := range len(address) {
		char := address[i]
		if char >= 'A' && char <= 'Z' {
			char += 'a' - 'A'
		}
		hash = (hash ^ uint32(char)) * 16777619
	}
	return int(hash)
}
