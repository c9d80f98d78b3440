package wire

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shape is a schema in a form that only tells whether a value fits, and quickly. Nearly every request fits. What is
// wrong with the others, the validator says.
type shape struct {
	types    []string // nil for all
	literals []any    // strings, booleans and null; nil for all

	minLength, maxLength int
	pattern              jsonschema.Regexp
	minimum, maximum     *big.Rat

	items              *shape
	minItems, maxItems int

	required               []string
	members                map[string]*shape
	others                 *shape // of members that are not in members
	minMembers, maxMembers int

	all, any, one         []*shape // nil for none
	not                   *shape
	when, then, otherwise *shape
	never                 bool // no value fits
}

// shapes makes shapes of the schemas in $defs, each once, because a schema may refer to itself.
type shapes struct {
	defs    map[string]any
	made    map[string]*shape
	unknown []string // keywords that no shape has
}

// named returns the shape of a schema in $defs.
func (list *shapes) named(name string) *shape {
	if done, found := list.made[name]; found {
		return done
	}
	s := &shape{maxLength: -1, maxItems: -1, maxMembers: -1}
	list.made[name] = s
	list.fill(s, list.defs[name])
	return s
}

// of returns the shape of a schema within another.
func (list *shapes) of(schema any) *shape {
	s := &shape{maxLength: -1, maxItems: -1, maxMembers: -1}
	list.fill(s, schema)
	return s
}

func (list *shapes) each(schemas any) (parts []*shape) {
	all, _ := schemas.([]any)
	for _, schema := range all {
		parts = append(parts, list.of(schema))
	}
	return parts
}

// fill adds what a schema says to its shape.
func (list *shapes) fill(s *shape, schema any) {
	switch schema := schema.(type) {
	case bool:
		s.never = !schema
	case map[string]any:
		for keyword, value := range schema {
			known := list.ofValue(s, keyword, value) || list.ofObject(s, keyword, value) ||
				list.ofParts(s, keyword, value) || says(keyword, value)
			if !known {
				list.unknown = append(list.unknown, keyword)
			}
		}
	default:
		list.unknown = append(list.unknown, "$ref") // to nothing
	}
}

// says reports whether a keyword is only for readers. A true for unevaluatedProperties changes nothing.
func says(keyword string, value any) bool {
	readers := []string{"title", "description", "format", "example", "examples", "default"}
	return slices.Contains(readers, keyword) || strings.HasPrefix(keyword, "x-") ||
		keyword == "unevaluatedProperties" && value == true
}

// ofValue adds a keyword about single values and lists. It returns false if it does not know the keyword or the value.
func (list *shapes) ofValue(s *shape, keyword string, value any) bool {
	switch keyword {
	case "type":
		if one, ok := value.(string); ok {
			value = []any{one}
		}
		s.types = texts(map[string]any{keyword: value}, keyword)
	case "enum":
		s.literals, _ = value.([]any)
		return !slices.ContainsFunc(s.literals, unequal)
	case "const":
		s.all = append(s.all, &shape{literals: []any{value}, maxLength: -1, maxItems: -1, maxMembers: -1})
		return !unequal(value)
	case "pattern":
		text, _ := value.(string)
		pattern, err := compilePattern(text)
		s.pattern = pattern
		return err == nil
	case "minimum":
		return rational(&s.minimum, value)
	case "maximum":
		return rational(&s.maximum, value)
	case "minLength":
		return whole(&s.minLength, value)
	case "maxLength":
		return whole(&s.maxLength, value)
	case "minItems":
		return whole(&s.minItems, value)
	case "maxItems":
		return whole(&s.maxItems, value)
	case "items":
		s.items = list.of(value)
	default:
		return false
	}
	return true
}

// ofObject adds a keyword about objects.
func (list *shapes) ofObject(s *shape, keyword string, value any) bool {
	switch keyword {
	case "required":
		s.required = texts(map[string]any{keyword: value}, keyword)
	case "properties":
		members, _ := value.(map[string]any)
		s.members = make(map[string]*shape, len(members))
		for name, member := range members {
			s.members[name] = list.of(member)
		}
	case "additionalProperties":
		s.others = list.of(value)
	case "minProperties":
		return whole(&s.minMembers, value)
	case "maxProperties":
		return whole(&s.maxMembers, value)
	default:
		return false
	}
	return true
}

// ofParts adds a keyword about other schemas of the same value.
func (list *shapes) ofParts(s *shape, keyword string, value any) bool {
	switch keyword {
	case "$ref":
		text, _ := value.(string)
		s.all = append(s.all, list.named(strings.TrimPrefix(text, "#/$defs/")))
	case "allOf":
		s.all = append(s.all, list.each(value)...)
	case "anyOf":
		s.any = list.each(value)
	case "oneOf":
		s.one = list.each(value)
	case "not":
		s.not = list.of(value)
	case "if":
		s.when = list.of(value)
	case "then":
		s.then = list.of(value)
	case "else":
		s.otherwise = list.of(value)
	default:
		return false
	}
	return true
}

// unequal reports whether == does not tell whether values equal this one.
func unequal(v any) bool { return !slices.Contains([]string{"null", "boolean", "string"}, kindOf(v)) }

func whole(to *int, value any) bool {
	number, _ := value.(json.Number)
	n, err := number.Int64()
	*to = int(n)
	return err == nil
}

func rational(to **big.Rat, value any) (ok bool) {
	number, _ := value.(json.Number)
	*to, ok = new(big.Rat).SetString(string(number))
	return ok
}

// typesOf returns the types that a shape allows, following its references.
func (s *shape) typesOf() []string {
	for s != nil && s.types == nil && len(s.all) > 0 {
		s = s.all[0]
	}
	if s == nil {
		return nil
	}
	return s.types
}

// fits reports whether a decoded value fits. Without a shape, every value does.
func (s *shape) fits(v any) bool {
	if s == nil {
		return true
	}
	if s.never || s.types != nil && !slices.Contains(s.types, kindOf(v)) && !s.integer(v) ||
		s.literals != nil && !slices.Contains(s.literals, v) {
		return false
	}
	switch v := v.(type) {
	case string:
		if !s.fitsText(v) {
			return false
		}
	case json.Number:
		if !s.fitsNumber(v) {
			return false
		}
	case []any:
		if !s.fitsList(v) {
			return false
		}
	case map[string]any:
		if !s.fitsObject(v) {
			return false
		}
	}
	return s.fitsOthers(v)
}

// kindOf returns the type of a value in the words of schemas.
func kindOf(v any) string {
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
	case map[string]any:
		return "object"
	}
	return ""
}

// integer reports whether a value is an integer where one is expected. 1.0 and 1e2 are integers.
func (s *shape) integer(v any) bool {
	number, ok := v.(json.Number)
	if !ok || !slices.Contains(s.types, "integer") {
		return false
	}
	value, ok := new(big.Rat).SetString(string(number))
	return ok && value.IsInt()
}

func (s *shape) fitsText(text string) bool {
	if s.minLength > 0 || s.maxLength >= 0 {
		if n := utf8.RuneCountInString(text); !within(n, s.minLength, s.maxLength) {
			return false
		}
	}
	return s.pattern == nil || s.pattern.MatchString(text)
}

func (s *shape) fitsNumber(number json.Number) bool {
	if s.minimum == nil && s.maximum == nil {
		return true
	}
	value, ok := new(big.Rat).SetString(string(number))
	return ok && (s.minimum == nil || value.Cmp(s.minimum) >= 0) && (s.maximum == nil || value.Cmp(s.maximum) <= 0)
}

func (s *shape) fitsList(list []any) bool {
	if !within(len(list), s.minItems, s.maxItems) {
		return false
	}
	for _, item := range list {
		if !s.items.fits(item) {
			return false
		}
	}
	return true
}

func (s *shape) fitsObject(object map[string]any) bool {
	if !within(len(object), s.minMembers, s.maxMembers) {
		return false
	}
	for _, name := range s.required {
		if _, has := object[name]; !has {
			return false
		}
	}
	if len(s.members) == 0 && s.others == nil {
		return true
	}
	for name, value := range object {
		member, known := s.members[name]
		if !known {
			member = s.others
		}
		if !member.fits(value) {
			return false
		}
	}
	return true
}

// within reports whether n is between two limits. A negative limit is none.
func within(n, least, most int) bool { return n >= least && (most < 0 || n <= most) }

// fitsOthers reports whether a value fits the other shapes that are asked of it.
func (s *shape) fitsOthers(v any) bool {
	for _, each := range s.all {
		if !each.fits(v) {
			return false
		}
	}
	fit := func(each *shape) bool { return each.fits(v) }
	if s.any != nil && !slices.ContainsFunc(s.any, fit) {
		return false
	}
	if s.one != nil {
		count := 0
		for _, each := range s.one {
			if each.fits(v) {
				count++
			}
		}
		if count != 1 {
			return false
		}
	}
	if s.not != nil && s.not.fits(v) {
		return false
	}
	if s.when == nil {
		return true
	}
	if s.when.fits(v) {
		return s.then.fits(v)
	}
	return s.otherwise.fits(v)
}
