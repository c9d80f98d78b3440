package store

import (
	"strings"
	"unicode"
)

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
