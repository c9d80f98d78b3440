package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
)

// schema is a schema of the contract. It has the keywords of JSON Schema that requests need; reading refuses others.
type schema struct {
	never bool    // the schema is false: no value fits
	ref   *schema // what Ref refers to

	Ref     string       `json:"$ref"`
	Types   stringOrList `json:"type"`
	Enum    []any        `json:"enum"` // strings, booleans and null
	Const   any          `json:"const"`
	Pattern *pattern     `json:"pattern"`
	// Format and Title describe a text that matches Pattern. Nothing is checked against Format.
	Format string `json:"format"`
	Title  string `json:"title"`
	// Description says what is wrong if a value fits Not.
	Description string `json:"description"`

	MinLength *int    `json:"minLength"`
	MaxLength *int    `json:"maxLength"`
	Minimum   *number `json:"minimum"`
	Maximum   *number `json:"maximum"`

	Items    *schema `json:"items"`
	MinItems *int    `json:"minItems"`
	MaxItems *int    `json:"maxItems"`

	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Others     *schema            `json:"additionalProperties"`
	MinMembers *int               `json:"minProperties"`
	MaxMembers *int               `json:"maxProperties"`

	AllOf []*schema `json:"allOf"`
	AnyOf []*schema `json:"anyOf"` // of members: at least one is required
	OneOf []*schema `json:"oneOf"` // of members: exactly one is required
	Not   *schema   `json:"not"`
	If    *schema   `json:"if"`
	Then  *schema   `json:"then"`
	Else  *schema   `json:"else"`

	// Same are members with the same meaning. If several are given, they must be equal. JSON Schema cannot express it.
	Same []string `json:"x-segmentflow-same"`

	annotations
}

// annotations are keywords that no value is checked against.
type annotations struct {
	Unevaluated allowed         `json:"unevaluatedProperties"`
	Default     json.RawMessage `json:"default"`
	Examples    json.RawMessage `json:"examples"`
	GoType      json.RawMessage `json:"x-go-type"`
	GoPointer   json.RawMessage `json:"x-go-type-skip-optional-pointer"`
}

// allowed is a keyword that may only be true.
type allowed struct{}

func (*allowed) UnmarshalJSON(raw []byte) error {
	if string(raw) != "true" {
		return fmt.Errorf("it is %s, and may only be true", raw)
	}
	return nil
}

func (s *schema) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case "true":
		return nil
	case "false":
		s.never = true
		return nil
	}
	type plain schema
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode((*plain)(s)); err != nil {
		return err
	}
	for _, value := range append(slices.Clone(s.Enum), s.Const) {
		switch value.(type) {
		case nil, string, bool:
		default:
			return fmt.Errorf("the value %v of enum or const is not a string, a boolean or null", value)
		}
	}
	slices.SortFunc(s.Types, func(a, b string) int { return slices.Index(types, a) - slices.Index(types, b) })
	return nil
}

// types are the types of values, in the order in which messages list them.
var types = []string{"null", "boolean", "number", "integer", "string", "array", "object"}

// number is a number that loses no digit.
type number struct{ big.Rat }

func (n *number) UnmarshalJSON(raw []byte) error { return n.UnmarshalText(raw) }

// schemas reads the schemas of components. Each is read once, when something first refers to it.
type schemas struct {
	source map[string]json.RawMessage
	made   map[string]*schema
}

// named returns the schema of a component.
func (list *schemas) named(name string) (*schema, error) {
	if made, ok := list.made[name]; ok {
		return made, nil
	}
	raw, ok := list.source[name]
	if !ok {
		return nil, fmt.Errorf("there is no schema %s", name)
	}
	s := &schema{}
	list.made[name] = s // before its parts, since one may refer to it
	return s, list.read(s, name, raw)
}

// read reads a schema and what it refers to.
func (list *schemas) read(s *schema, name string, raw []byte) error {
	err := json.Unmarshal(raw, s)
	if err == nil {
		err = list.link(s)
	}
	if err != nil {
		return fmt.Errorf("schema %s: %w", name, err)
	}
	return nil
}

// link sets what the references in a schema refer to.
func (list *schemas) link(s *schema) (err error) {
	if s.Ref != "" {
		if s.ref, err = list.named(strings.TrimPrefix(s.Ref, "#/components/schemas/")); err != nil {
			return err
		}
	}
	parts := slices.Concat([]*schema{s.Items, s.Others, s.Not, s.If, s.Then, s.Else}, s.AllOf, s.AnyOf, s.OneOf)
	for _, member := range s.Properties {
		parts = append(parts, member)
	}
	for _, part := range parts {
		if part == nil {
			continue
		}
		if err := list.link(part); err != nil {
			return err
		}
	}
	s.simplify()
	return nil
}

// simplify drops what every value fits, so that it is not checked. Where members may have any name, those without a
// schema need not be known.
func (s *schema) simplify() {
	if s.Others.isEmpty() {
		s.Others = nil
	}
	for name, member := range s.Properties {
		switch {
		case !member.isEmpty():
		case s.Others == nil:
			delete(s.Properties, name)
		default:
			s.Properties[name] = nil
		}
	}
}

// isEmpty reports whether every value fits a schema because it has no keyword that is checked.
func (s *schema) isEmpty() bool {
	if s == nil {
		return true
	}
	checked := *s
	checked.annotations, checked.Title, checked.Format, checked.Description = annotations{}, "", "", ""
	return reflect.ValueOf(checked).IsZero()
}
