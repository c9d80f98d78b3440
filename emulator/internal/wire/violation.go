package wire

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// violations flattens what a schema found into issues. It writes its own messages: the validator's quote the request.
func violations(err error, in string) []Issue {
	if err == nil {
		return nil
	}
	c := collector{in: in}
	if failed, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		c.visit(failed)
	} else {
		c.add(nil, CodeMalformed, "cannot be checked")
	}
	return c.issues
}

type collector struct {
	in     string
	issues []Issue
}

func (c *collector) add(location []string, code, message string) {
	c.issues = append(c.issues, Issue{c.in, pointer(location), code, message})
}

func (c *collector) visit(e *jsonschema.ValidationError) {
	at := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			c.add(member(at, name), CodeRequired, "is required")
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			c.issues = append(c.issues, unknownField(member(at, name)))
		}
	case *kind.AnyOf, *kind.OneOf:
		c.union(e)
	case *kind.Not:
		c.add(at, CodeConflict, load().requests.text(e.SchemaURL, "description"))
	case *kind.Pattern:
		c.pattern(e, k.Want)
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, cause := range e.Causes {
			c.visit(cause)
		}
	default:
		code, message := keyword(e.ErrorKind)
		c.add(at, code, message)
	}
}

// union makes one issue of a failed anyOf or oneOf. The contract's unions say which members must be there: at least one of
// these, or exactly one.
func (c *collector) union(e *jsonschema.ValidationError) {
	if k, ok := e.ErrorKind.(*kind.OneOf); ok && k.Subschemas != nil {
		c.add(e.InstanceLocation, CodeConflict, "may have only one of "+strings.Join(load().requests.alternatives(e.SchemaURL), ", "))
		return
	}
	var missing []string
	for _, cause := range e.Causes {
		required, ok := cause.ErrorKind.(*kind.Required)
		if !ok {
			c.add(e.InstanceLocation, CodeType, "has none of the allowed forms")
			return
		}
		missing = append(missing, strings.Join(required.Missing, " and "))
	}
	c.add(e.InstanceLocation, CodeRequired, "needs one of "+strings.Join(missing, ", "))
}

// pattern makes a format issue where the pattern is that of a format. A schema's title says what would be right.
func (c *collector) pattern(e *jsonschema.ValidationError, pattern string) {
	requests := load().requests
	code := CodePattern
	if requests.text(e.SchemaURL, "format") != "" {
		code = CodeFormat
	}
	message := "must match " + pattern
	if title := requests.text(e.SchemaURL, "title"); title != "" {
		message = "must be " + title
	}
	c.add(e.InstanceLocation, code, message)
}

// keyword is the code and message of a keyword that concerns one value alone.
func keyword(k jsonschema.ErrorKind) (code, message string) {
	switch k := k.(type) {
	case *kind.Type:
		return CodeType, "must be " + strings.Join(articles(k.Want), " or ")
	case *kind.Enum:
		return CodeEnum, "must be one of " + join(k.Want)
	case *kind.Const:
		return CodeEnum, "must be " + join([]any{k.Want})
	case *kind.Minimum:
		return CodeMin, "must be at least " + number(k.Want)
	case *kind.Maximum:
		return CodeMax, "must be at most " + number(k.Want)
	case *kind.MinLength:
		return CodeTooShort, fmt.Sprintf("must have at least %s", plural(k.Want, "character"))
	case *kind.MaxLength:
		return CodeTooLong, fmt.Sprintf("may have at most %s", plural(k.Want, "character"))
	case *kind.MinItems:
		return CodeTooFew, fmt.Sprintf("must have at least %s", plural(k.Want, "item"))
	case *kind.MaxItems:
		return CodeTooMany, fmt.Sprintf("may have at most %s", plural(k.Want, "item"))
	case *kind.MinProperties:
		return CodeTooFew, fmt.Sprintf("must have at least %s", plural(k.Want, "member"))
	case *kind.MaxProperties:
		return CodeTooMany, fmt.Sprintf("may have at most %s", plural(k.Want, "member"))
	case *kind.FalseSchema:
		return CodeConflict, "may not be given here"
	}
	return CodeFormat, "does not fit the schema"
}

func unknownField(location []string) Issue {
	return Issue{InBody, pointer(location), CodeUnknownField, "is not a known field"}
}

func member(location []string, name string) []string {
	return append(slices.Clone(location), name)
}

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

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return r.RatString()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
