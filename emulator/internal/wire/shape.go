package wire

import (
	"encoding/json"
	"math/big"
	"slices"
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

// shapes makes shapes of schemas, each once, because a schema may refer to itself.
type shapes struct {
	made    map[*jsonschema.Schema]*shape
	unusual bool // one of the schemas has a keyword that no shape has, so none of them may be used
}

// of returns the shape of a schema.
func (list *shapes) of(schema *jsonschema.Schema) *shape {
	if schema == nil {
		return nil
	}
	if done, found := list.made[schema]; found {
		return done
	}
	s := &shape{
		minLength:  limit(schema.MinLength, 0),
		maxLength:  limit(schema.MaxLength, -1),
		pattern:    schema.Pattern,
		minimum:    schema.Minimum,
		maximum:    schema.Maximum,
		minItems:   limit(schema.MinItems, 0),
		maxItems:   limit(schema.MaxItems, -1),
		required:   schema.Required,
		members:    make(map[string]*shape, len(schema.Properties)),
		minMembers: limit(schema.MinProperties, 0),
		maxMembers: limit(schema.MaxProperties, -1),
		never:      schema.Bool != nil && !*schema.Bool,
	}
	list.made[schema] = s
	list.unusual = list.unusual || unusual(schema)
	s.addLiterals(schema)
	s.addParts(schema, list)
	return s
}

func limit(given *int, none int) int {
	if given == nil {
		return none
	}
	return *given
}

// unusual reports whether a schema has a keyword that no shape has, or lists a value that is a number, a list or an
// object. unevaluatedProperties may be true, which means nothing.
func unusual(s *jsonschema.Schema) bool {
	var listed []any
	if s.Enum != nil {
		listed = s.Enum.Values
	}
	if s.Const != nil {
		listed = append(slices.Clip(listed), *s.Const)
	}
	if slices.ContainsFunc(listed, func(v any) bool { return !slices.Contains(plain, kindOf(v)) }) {
		return true
	}
	anything := s.UnevaluatedProperties == nil || s.UnevaluatedProperties.Bool != nil && *s.UnevaluatedProperties.Bool
	return !anything || s.UnevaluatedItems != nil || s.DynamicRef != nil || s.RecursiveRef != nil || s.Format != nil ||
		s.PropertyNames != nil || s.PatternProperties != nil || s.Dependencies != nil || s.DependentRequired != nil ||
		s.DependentSchemas != nil || s.UniqueItems || s.Contains != nil || s.Items != nil || s.PrefixItems != nil ||
		s.ContentEncoding != nil || s.ContentMediaType != nil || s.ExclusiveMaximum != nil ||
		s.ExclusiveMinimum != nil || s.Enum != nil && s.Const != nil || s.MultipleOf != nil || s.Extensions != nil
}

var plain = []string{"null", "boolean", "string"}

// addLiterals adds the types and the values that a schema lists.
func (s *shape) addLiterals(schema *jsonschema.Schema) {
	if schema.Types != nil {
		s.types = schema.Types.ToStrings()
	}
	if schema.Enum != nil {
		s.literals = schema.Enum.Values
	}
	if schema.Const != nil {
		s.literals = []any{*schema.Const}
	}
}

// addParts adds the shapes of the schemas within a schema.
func (s *shape) addParts(schema *jsonschema.Schema, list *shapes) {
	each := func(schemas []*jsonschema.Schema) (parts []*shape) {
		for _, one := range schemas {
			parts = append(parts, list.of(one))
		}
		return parts
	}
	for name, member := range schema.Properties {
		s.members[name] = list.of(member)
	}
	switch others := schema.AdditionalProperties.(type) {
	case bool:
		if !others {
			s.others = &shape{never: true}
		}
	case *jsonschema.Schema:
		s.others = list.of(others)
	}
	s.items = list.of(schema.Items2020)
	s.all, s.any, s.one = each(schema.AllOf), each(schema.AnyOf), each(schema.OneOf)
	if schema.Ref != nil {
		s.all = append(s.all, list.of(schema.Ref))
	}
	s.not = list.of(schema.Not)
	s.when, s.then, s.otherwise = list.of(schema.If), list.of(schema.Then), list.of(schema.Else)
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
