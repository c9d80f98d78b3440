package journey

import (
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// valueKind is the form of a value in set, data or subject.
type valueKind uint8

const (
	literal valueKind = iota
	state             // {"$state": pointer}
	choice            // {"$cond": c, "$then": a, "$else": b}
	text              // {"$template": "Hi ${/profile/firstName}"}
	list
	object
)

// value is a parsed literal or expression.
type value struct {
	kind    valueKind
	literal any
	pointer cond.Pointer
	cond    *cond.Cond
	then    *value
	els     *value // nil if the document has none; it is then missing
	parts   []*value
	fields  []assignment
}

type assignment struct {
	name  string
	value *value
}

const expressions = "$state, $cond and $template"

// value parses a literal or an expression, and the expressions in it at any depth.
func (p *parser) value(raw any, at string) *value {
	switch raw := raw.(type) {
	case []any:
		v := &value{kind: list}
		for i, each := range raw {
			v.parts = append(v.parts, p.value(each, cond.Nth(at, i)))
		}
		return v
	case map[string]any:
		if slices.ContainsFunc(slices.Collect(maps.Keys(raw)), isKeyword) {
			return p.expression(raw, at)
		}
		return &value{kind: object, fields: p.assignments(raw, at)}
	}
	return &value{literal: raw}
}

func isKeyword(name string) bool { return strings.HasPrefix(name, "$") }

func (p *parser) assignments(raw map[string]any, at string) []assignment {
	fields := make([]assignment, 0, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		fields = append(fields, assignment{name, p.value(raw[name], cond.Below(at, name))})
	}
	return fields
}

func (p *parser) expression(raw map[string]any, at string) *value {
	o := members{p, at, raw}
	switch {
	case o.has("$state"):
		o.allow("$state")
		return &value{kind: state, pointer: o.pointer("$state")}
	case o.has("$cond"):
		o.allow("$cond", "$then", "$else")
		return p.choice(o)
	case o.has("$template"):
		o.allow("$template")
		s, ok := raw["$template"].(string)
		if !ok {
			p.add(at+"/$template", "must be a string, not %s", cond.KindOf(raw["$template"]))
		}
		return p.template(s, at+"/$template")
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if isKeyword(name) {
			p.add(cond.Below(at, name), "unknown expression %.40q; allowed here: %s", name, expressions)
		}
	}
	return &value{}
}

func (p *parser) choice(o members) *value {
	v := &value{kind: choice, cond: o.condition("$cond")}
	if o.has("$then") {
		v.then = p.value(o.raw["$then"], o.at+"/$then")
	} else {
		p.add(o.at+"/$then", "is required with $cond")
	}
	if o.has("$else") {
		v.els = p.value(o.raw["$else"], o.at+"/$else")
	}
	return v
}

// template parses text with ${/pointer} bindings. A backslash before ${ makes it
// literal.
func (p *parser) template(s, at string) *value {
	v := &value{kind: text}
	for {
		before, after, found := strings.Cut(s, "${")
		if !found {
			return v.appendText(s)
		}
		if escaped, ok := strings.CutSuffix(before, `\`); ok {
			v.appendText(escaped + "${")
			s = after
			continue
		}

		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			p.add(at, "a ${ is never closed; write ${/profile/firstName} for a binding, \\${ for a literal ${")
			return v
		}
		v.appendText(before)
		v.parts = append(v.parts, &value{kind: state, pointer: p.pointer(strings.TrimSpace(name), at)})
		s = rest
	}
}

// appendText appends literal text to a template.
func (v *value) appendText(s string) *value {
	if s != "" {
		v.parts = append(v.parts, &value{literal: s})
	}
	return v
}

// eval returns the value, and false if it is missing. A null that exists is a value.
func (v *value) eval(env *cond.Env) (any, bool, error) {
	switch v.kind {
	case state:
		found, ok := env.State.Lookup(v.pointer)
		return found, ok, nil
	case choice:
		return v.choose(env)
	case text:
		return v.text(env), true, nil
	case list:
		return v.list(env)
	case object:
		return v.object(env)
	}
	return v.literal, true, nil
}

func (v *value) choose(env *cond.Env) (any, bool, error) {
	yes, _, err := holds(v.cond, env)
	switch {
	case err != nil:
		return nil, false, err
	case yes:
		return v.then.eval(env)
	case v.els == nil:
		return nil, false, nil
	}
	return v.els.eval(env)
}

// text returns the text of a template. Missing values, nulls and objects become
// nothing, as in an email. The parts are literals and pointers, which cannot fail.
func (v *value) text(env *cond.Env) string {
	var out strings.Builder
	for _, part := range v.parts {
		found, _, _ := part.eval(env)
		s, _ := cond.Text(found)
		out.WriteString(s)
	}
	return out.String()
}

// list returns the items. A missing item is null, so that every item keeps its
// place.
func (v *value) list(env *cond.Env) (any, bool, error) {
	items := make([]any, len(v.parts))
	for i, part := range v.parts {
		item, _, err := part.eval(env)
		if err != nil {
			return nil, false, err
		}
		items[i] = item
	}
	return items, true, nil
}

// object returns the members without the missing ones.
func (v *value) object(env *cond.Env) (any, bool, error) {
	fields := make(map[string]any, len(v.fields))
	for _, field := range v.fields {
		found, ok, err := field.value.eval(env)
		if err != nil {
			return nil, false, err
		}
		if ok {
			fields[field.name] = found
		}
	}
	return fields, true, nil
}
