package store

import (
	"strings"
	"unicode"
)

// ProfilesByID are the Profiles with these ids.
func ProfilesByID(ids []string) Filter {
	return Filter{"p.id IN (SELECT value FROM json_each(?))", []any{encodeList(ids)}}
}

// ProfilesLike are those with this text in their email, phone or external id, whatever its case.
func ProfilesLike(text string) Filter {
	pattern := anyCase(text)
	return Filter{"p.email GLOB ? OR p.phone GLOB ? OR p.external_id GLOB ?", []any{pattern, pattern, pattern}}
}

// anyCase is a GLOB pattern for a part of a text: each letter stands for itself in either case, in any script, for which
// SQLite has no function.
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

// ProfilesFrom are those that came, or have something, from any of these sources.
func ProfilesFrom(sources []string) Filter {
	return Filter{"EXISTS (SELECT 1 FROM json_each(p.sources) WHERE value IN (SELECT value FROM json_each(?)))", []any{encodeList(sources)}}
}

// ProfilesSuppressed are those whose address is suppressed for any of these reasons.
func ProfilesSuppressed(reasons []string) Filter {
	return Filter{`EXISTS (SELECT 1 FROM addresses a WHERE a.org = p.org AND a.email = p.email
		AND a.suppressed IN (SELECT value FROM json_each(?)))`, []any{encodeList(reasons)}}
}

// ProfilesWith are those whose property has one of these values as text: a string as it is, a number as it was written,
// true or false. A list or an object has no text.
func ProfilesWith(property string, values []string) Filter {
	path := "$." + encode(property)
	return Filter{`CASE json_type(p.properties, ?) WHEN 'text' THEN p.properties ->> ? WHEN 'array' THEN NULL WHEN 'object' THEN NULL
		ELSE p.properties -> ? END IN (SELECT value FROM json_each(?))`, []any{path, path, path, encodeList(values)}}
}

// AnyOf are those that pass one of the filters.
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
