package wire

import (
	"encoding/json"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// parameter is a declared path, query or header parameter.
type parameter struct {
	name, in, pointer string
	required          bool
	schema            *schema
	// array reports whether the parameter may have several values, integer whether each of them is read as a number.
	array, integer bool
}

func newParameter(declared specParameter, schema *schema) parameter {
	types := typesOf(schema)
	array := slices.Contains(types, "array")
	if array {
		types = typesOf(schema.resolved().Items)
	}
	return parameter{
		name:     declared.Name,
		in:       declared.In,
		pointer:  pointer([]string{declared.Name}),
		required: declared.Required,
		schema:   schema,
		array:    array,
		integer:  slices.Contains(types, "integer"),
	}
}

// resolved returns the schema that the references lead to.
func (s *schema) resolved() *schema {
	for s != nil && s.ref != nil {
		s = s.ref
	}
	return s
}

// typesOf returns the types that a schema allows, following its references.
func typesOf(s *schema) []string {
	if s = s.resolved(); s == nil {
		return nil
	}
	return s.Types
}

// check checks the values under the parameter's name. Several values are those of an array. Without values, the
// parameter is absent.
func (p *parameter) check(values []string) []Issue {
	switch {
	case len(values) == 0 && p.required:
		return []Issue{{p.in, p.pointer, CodeRequired, "is required"}}
	case len(values) == 0:
		return nil
	case len(values) > 1 && !p.array:
		return []Issue{{p.in, p.pointer, CodeTooMany, "may be given only once"}}
	}
	issues := p.schema.issues(p.value(values), p.in)
	for i := range issues {
		issues[i].Path = p.pointer + issues[i].Path
	}
	return issues
}

func (p *parameter) value(values []string) any {
	if !p.array {
		return p.typed(values[0])
	}
	list := make([]any, len(values))
	for i, text := range values {
		list[i] = p.typed(text)
	}
	return list
}

// decimal matches an integer in a parameter.
var decimal = lazy.Regexp(`^-?(?:0|[1-9][0-9]*)$`)

// typed returns a text as a value of the schema's type. A text that is not an integer stays text, and the schema then
// refuses it.
func (p *parameter) typed(text string) any {
	if p.integer && decimal().MatchString(text) {
		return json.Number(text)
	}
	return text
}
