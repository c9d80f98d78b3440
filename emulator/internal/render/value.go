package render

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// valueKind is the form of a value in props, subject or preheader.
type valueKind uint8

const (
	literal valueKind = iota // text, as it is printed
	state                    // {"$state": pointer}
	item                     // {"$item": field}
	index                    // {"$index": true}
	choice                   // {"$cond": c, "$then": a, "$else": b}
	join                     // {"$template": …}, or a list
	object                   // an object of values, only for a style
)

// scopeItem is the first segment of an $item's pointer.
const scopeItem = "item"

// value is a parsed literal or expression.
type value struct {
	kind    valueKind
	text    string
	pointer cond.Pointer
	place   int // of state, item and index: where a missing value is recorded
	cond    *cond.Cond
	then    *value // nil if there is none, as els
	els     *value
	parts   []*value
	fields  []field
}

type field struct {
	name  string
	value *value
}

// static returns the text of a value that does not depend on the state.
func (v *value) static() (string, bool) {
	if v.kind == literal {
		return v.text, true
	}
	if v.kind != join {
		return "", false
	}
	var text strings.Builder
	for _, part := range v.parts {
		s, ok := part.static()
		if !ok {
			return "", false
		}
		text.WriteString(s)
	}
	return text.String(), true
}

// literals returns the parts of a join, and any other value as the only part.
func (v *value) literals() []*value {
	if v.kind == join {
		return v.parts
	}
	return []*value{v}
}

// literal appends text to a join.
func (v *value) literal(text string) *value {
	if text != "" {
		v.parts = append(v.parts, &value{text: text})
	}
	return v
}
