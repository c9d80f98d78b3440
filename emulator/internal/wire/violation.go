package wire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// missing adds an issue of a required member that the object which is being checked does not have.
func (c *collector) missing(name string) {
	if c != nil {
		c.issues = append(c.issues, Issue{c.in, pointer(member(c.path, name)), CodeRequired, "is required"})
	}
}

// unknown adds an issue of a member that the object which is being checked may not have.
func (c *collector) unknown(name string) {
	if c != nil {
		c.issues = append(c.issues, unknownField(member(c.path, name)))
	}
}

// counted are the words for things of which a value may have too few or too many.
type counted struct{ noun, few, many string }

var (
	characters = counted{"character", CodeTooShort, CodeTooLong}
	items      = counted{"item", CodeTooFew, CodeTooMany}
	members    = counted{"member", CodeTooFew, CodeTooMany}
)

// count reports whether n is between two limits, of which each may be missing.
func (c *collector) count(n int, least, most *int, what counted) bool {
	ok := true
	if least != nil && n < *least {
		ok = c.refuse(what.few, func() string { return "must have at least " + plural(*least, what.noun) })
	}
	if most != nil && n > *most {
		ok = c.refuse(what.many, func() string { return "may have at most " + plural(*most, what.noun) })
	}
	return ok
}

// union adds one issue for a value that fits none of the branches of an anyOf or oneOf. In the contract these say which
// members are required: at least one of them, or exactly one.
func (c *collector) union(branches []*schema, v any) bool {
	if c == nil {
		return false
	}
	var missing []string
	for _, branch := range branches {
		object, _ := v.(map[string]any)
		names, issues := branch.missing(object), branch.issues(v, c.in)
		if object == nil || len(names) == 0 || len(names) != len(issues) {
			return c.refuse(CodeType, func() string { return "has none of the allowed forms" })
		}
		missing = append(missing, strings.Join(names, " and "))
	}
	return c.refuse(CodeRequired, func() string { return "needs one of " + strings.Join(missing, ", ") })
}

// alternatives lists the members that branches require.
func alternatives(branches []*schema) string {
	var names []string
	for _, branch := range branches {
		names = append(names, branch.Required...)
	}
	return strings.Join(names, ", ")
}

func unknownField(location []string) Issue {
	return Issue{InBody, pointer(location), CodeUnknownField, "is not a known field"}
}

func member(location []string, name string) []string {
	return append(slices.Clone(location), name)
}

func index(i int) string { return strconv.Itoa(i) }

// articles returns the names of types with their articles.
func articles(types []string) []string {
	names := make([]string, len(types))
	for i, name := range types {
		switch name {
		case "null":
			names[i] = "null"
		case "array", "integer", "object":
			names[i] = "an " + name
		default:
			names[i] = "a " + name
		}
	}
	return names
}

func join(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}

func (n *number) String() string { return n.RatString() }

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
