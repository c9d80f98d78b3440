package wire

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// issues returns what is wrong with a decoded value.
func (s *schema) issues(v any, in string) []Issue {
	if s.check(v, nil) {
		return nil
	}
	c := collector{in: in}
	s.check(v, &c)
	return c.issues
}

// collector collects issues. A collector that is nil collects none: the check ends at the first.
type collector struct {
	in     string
	path   []string // of the value that is being checked
	issues []Issue
}

// refuse adds an issue of the value that is being checked. It returns false.
func (c *collector) refuse(code string, message func() string) bool {
	if c != nil {
		c.issues = append(c.issues, Issue{c.in, pointer(c.path), code, message()})
	}
	return false
}

// within checks a part of the value that is being checked.
func (c *collector) within(name func() string, part *schema, v any) bool {
	if c == nil {
		return part.check(v, nil)
	}
	if c.path == nil {
		const usual = 8
		c.path = make([]string, 0, usual)
	}
	c.path = append(c.path, name())
	ok := part.check(v, c)
	c.path = c.path[:len(c.path)-1]
	return ok
}

// check reports whether a value fits, and adds what is wrong. Without a schema, every value fits.
func (s *schema) check(v any, c *collector) bool {
	switch {
	case s == nil:
		return true
	case s.never:
		return c.refuse(CodeConflict, func() string { return "is not allowed here" })
	case s.Types != nil && !slices.Contains(s.Types, typeOf(v)) && !s.integer(v):
		return c.refuse(CodeType, func() string { return "must be " + strings.Join(articles(s.Types), " or ") })
	case s.Const != nil && s.Const != v:
		return c.refuse(CodeEnum, func() string { return "must be " + join([]any{s.Const}) })
	case s.Enum != nil && !slices.Contains(s.Enum, v):
		return c.refuse(CodeEnum, func() string { return "must be one of " + join(s.Enum) })
	}

	ok := s.ref.check(v, c)
	switch v := v.(type) {
	case string:
		ok = s.checkText(v, c) && ok
	case json.Number:
		ok = s.checkNumber(v, c) && ok
	case []any:
		ok = s.checkList(v, c) && ok
	case map[string]any:
		ok = s.checkObject(v, c) && ok
	}
	if !ok && c == nil {
		return false
	}
	return s.checkOthers(v, c) && ok
}

// typeOf returns the type of a decoded value.
func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// integer reports whether a value is an integer where one is expected. 1.0 and 1e2 are integers.
func (s *schema) integer(v any) bool {
	text, ok := v.(json.Number)
	if !ok || !slices.Contains(s.Types, "integer") {
		return false
	}
	value, ok := new(big.Rat).SetString(string(text))
	return ok && value.IsInt()
}

func (s *schema) checkText(text string, c *collector) bool {
	ok := true
	if s.MinLength != nil || s.MaxLength != nil {
		ok = c.count(utf8.RuneCountInString(text), s.MinLength, s.MaxLength, characters)
	}
	if s.Pattern != nil && !s.Pattern.matches(text) {
		code := CodePattern
		if s.Format != "" {
			code = CodeFormat
		}
		return c.refuse(code, func() string {
			if s.Title != "" {
				return "must be " + s.Title
			}
			return "must match " + s.Pattern.text
		})
	}
	return ok
}

func (s *schema) checkNumber(text json.Number, c *collector) bool {
	if s.Minimum == nil && s.Maximum == nil {
		return true
	}
	value, ok := new(big.Rat).SetString(string(text))
	switch {
	case !ok:
		return c.refuse(CodeFormat, func() string { return "does not fit the schema" })
	case s.Minimum != nil && value.Cmp(&s.Minimum.Rat) < 0:
		return c.refuse(CodeMin, func() string { return "must be at least " + s.Minimum.String() })
	case s.Maximum != nil && value.Cmp(&s.Maximum.Rat) > 0:
		return c.refuse(CodeMax, func() string { return "must be at most " + s.Maximum.String() })
	}
	return true
}

func (s *schema) checkList(list []any, c *collector) bool {
	ok := c.count(len(list), s.MinItems, s.MaxItems, items)
	if s.Items == nil {
		return ok
	}
	for i, item := range list {
		ok = c.within(func() string { return index(i) }, s.Items, item) && ok
		if !ok && c == nil {
			return false
		}
	}
	return ok
}

func (s *schema) checkObject(object map[string]any, c *collector) bool {
	ok := c.count(len(object), s.MinMembers, s.MaxMembers, members)
	for _, name := range s.missing(object) {
		c.missing(name)
		ok = false
	}
	if len(s.Properties) == 0 && s.Others == nil {
		return ok
	}
	for name, value := range object {
		member, known := s.Properties[name]
		switch {
		case known:
		case s.Others != nil && s.Others.never:
			c.unknown(name)
			ok = false
			continue
		default:
			member = s.Others
		}
		ok = c.within(func() string { return name }, member, value) && ok
		if !ok && c == nil {
			return false
		}
	}
	return ok
}

// missing returns the required members that an object does not have.
func (s *schema) missing(object map[string]any) (names []string) {
	for _, name := range s.Required {
		if _, has := object[name]; !has {
			names = append(names, name)
		}
	}
	return names
}

// checkOthers checks a value against the schemas that a schema combines.
func (s *schema) checkOthers(v any, c *collector) bool {
	ok := true
	if s.Not != nil && s.Not.check(v, nil) {
		ok = c.refuse(CodeConflict, func() string { return s.Description })
	}
	for _, part := range s.AllOf {
		ok = part.check(v, c) && ok
	}
	fit := func(part *schema) bool { return part.check(v, nil) }
	if s.AnyOf != nil && !slices.ContainsFunc(s.AnyOf, fit) {
		ok = c.union(s.AnyOf, v)
	}
	if s.OneOf != nil {
		switch first := slices.IndexFunc(s.OneOf, fit); {
		case first < 0:
			ok = c.union(s.OneOf, v)
		case slices.ContainsFunc(s.OneOf[first+1:], fit):
			ok = c.refuse(CodeConflict, func() string { return "may have only one of " + alternatives(s.OneOf) })
		}
	}
	switch {
	case s.If == nil:
		return ok
	case s.If.check(v, nil):
		return s.Then.check(v, c) && ok
	}
	return s.Else.check(v, c) && ok
}

// checkSame refuses members that mean the same but have different values. They are ids, so case does not matter.
func (s *schema) checkSame(v any) []Issue {
	members, _ := v.(map[string]any)
	var first, value string
	for _, name := range s.Same {
		text, ok := members[name].(string)
		switch {
		case !ok:
		case first == "":
			first, value = name, text
		case !strings.EqualFold(value, text):
			return []Issue{{
				InBody, pointer([]string{name}), CodeConflict, "must equal " + first + " when both are given",
			}}
		}
	}
	return nil
}
