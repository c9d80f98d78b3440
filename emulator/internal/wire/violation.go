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

// violations turns the validator's error into a flat list of issues. It has its own messages, because those of the
// validator quote the request.
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

// collector collects issues from the tree of the validator's errors.
type collector struct {
	in     string
	issues []Issue
}

func (c *collector) add(location []string, code, message string) {
	c.issues = append(c.issues, Issue{c.in, pointer(location), code, message})
}

func (c *collector) visit(failed *jsonschema.ValidationError) {
	at := failed.InstanceLocation
	switch violated := failed.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range violated.Missing {
			c.add(member(at, name), CodeRequired, "is required")
		}
	case *kind.AdditionalProperties:
		for _, name := range violated.Properties {
			c.issues = append(c.issues, unknownField(member(at, name)))
		}
	case *kind.AnyOf, *kind.OneOf:
		c.union(failed)
	case *kind.Not:
		c.add(at, CodeConflict, load().requests().text(failed.SchemaURL, "description"))
	case *kind.Pattern:
		c.pattern(failed, violated.Want)
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, cause := range failed.Causes {
			c.visit(cause)
		}
	default:
		code, message := keyword(failed.ErrorKind)
		c.add(at, code, message)
	}
}

// union adds one issue for a failed anyOf or oneOf. In the contract these say which members are required: at least one
// of them, or exactly one.
func (c *collector) union(failed *jsonschema.ValidationError) {
	if oneOf, ok := failed.ErrorKind.(*kind.OneOf); ok && oneOf.Subschemas != nil {
		alternatives := load().requests().alternatives(failed.SchemaURL)
		c.add(failed.InstanceLocation, CodeConflict, "may have only one of "+strings.Join(alternatives, ", "))
		return
	}

	var missing []string
	for _, cause := range failed.Causes {
		required, ok := cause.ErrorKind.(*kind.Required)
		if !ok {
			c.add(failed.InstanceLocation, CodeType, "has none of the allowed forms")
			return
		}
		missing = append(missing, strings.Join(required.Missing, " and "))
	}
	c.add(failed.InstanceLocation, CodeRequired, "needs one of "+strings.Join(missing, ", "))
}

// pattern adds an issue for a text that does not match a pattern. Its code is CodeFormat if the schema has a format.
// The schema's title describes a correct text.
func (c *collector) pattern(failed *jsonschema.ValidationError, pattern string) {
	requests := load().requests()
	code := CodePattern
	if requests.text(failed.SchemaURL, "format") != "" {
		code = CodeFormat
	}
	message := "must match " + pattern
	if title := requests.text(failed.SchemaURL, "title"); title != "" {
		message = "must be " + title
	}
	c.add(failed.InstanceLocation, code, message)
}

// keyword returns the code and the message for a violated keyword that concerns only one value.
func keyword(violated jsonschema.ErrorKind) (code, message string) {
	switch violated := violated.(type) {
	case *kind.Type:
		return CodeType, "must be " + strings.Join(articles(violated.Want), " or ")
	case *kind.Enum:
		return CodeEnum, "must be one of " + join(violated.Want)
	case *kind.Const:
		return CodeEnum, "must be " + join([]any{violated.Want})
	case *kind.Minimum:
		return CodeMin, "must be at least " + number(violated.Want)
	case *kind.Maximum:
		return CodeMax, "must be at most " + number(violated.Want)
	case *kind.MinLength:
		return CodeTooShort, fmt.Sprintf("must have at least %s", plural(violated.Want, "character"))
	case *kind.MaxLength:
		return CodeTooLong, fmt.Sprintf("may have at most %s", plural(violated.Want, "character"))
	case *kind.MinItems:
		return CodeTooFew, fmt.Sprintf("must have at least %s", plural(violated.Want, "item"))
	case *kind.MaxItems:
		return CodeTooMany, fmt.Sprintf("may have at most %s", plural(violated.Want, "item"))
	case *kind.MinProperties:
		return CodeTooFew, fmt.Sprintf("must have at least %s", plural(violated.Want, "member"))
	case *kind.MaxProperties:
		return CodeTooMany, fmt.Sprintf("may have at most %s", plural(violated.Want, "member"))
	case *kind.FalseSchema:
		return CodeConflict, "is not allowed here"
	}
	return CodeFormat, "does not fit the schema"
}

func unknownField(location []string) Issue {
	return Issue{InBody, pointer(location), CodeUnknownField, "is not a known field"}
}

func member(location []string, name string) []string {
	return append(slices.Clone(location), name)
}

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

func number(value *big.Rat) string {
	if value.IsInt() {
		return value.Num().String()
	}
	return value.RatString()
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
