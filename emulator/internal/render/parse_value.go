package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

const expressions = "$state, $item, $index, $cond and $template"

// value parses a literal or an expression. An object that is not an expression is only allowed if objects is set.
func (p *parser) value(raw any, at string, objects bool) *value {
	switch raw := raw.(type) {
	case map[string]any:
		if objects && !hasKeyword(raw) {
			return p.object(raw, at)
		}
		return p.expression(raw, at, objects)
	case []any:
		return p.list(raw, at)
	default:
		text, _ := cond.Text(raw)
		return &value{text: text}
	}
}

func hasKeyword(raw map[string]any) bool {
	for name := range raw {
		if strings.HasPrefix(name, "$") {
			return true
		}
	}
	return false
}

func (p *parser) object(raw map[string]any, at string) *value {
	v := &value{kind: object}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		v.fields = append(v.fields, field{name, p.value(raw[name], child(at, name), false)})
	}
	return v
}

// list joins its items in the same way as an array in the state is joined.
func (p *parser) list(raw []any, at string) *value {
	v := &value{kind: join}
	for i, each := range raw {
		if i > 0 {
			v.parts = append(v.parts, &value{text: ", "})
		}
		v.parts = append(v.parts, p.value(each, nth(at, i), false))
	}
	return v
}

func (p *parser) expression(raw map[string]any, at string, objects bool) *value {
	if pointer, ok := raw["$state"]; ok {
		p.members(raw, at, "$state")
		v := &value{kind: state, pointer: p.pointer(pointer, at+"/$state")}
		v.place = p.place(v.pointer.String())
		return v
	}
	if field, ok := raw["$item"]; ok {
		p.members(raw, at, "$item")
		return p.item(field, at+"/$item")
	}
	if flag, ok := raw["$index"]; ok {
		p.members(raw, at, "$index")
		if flag != true {
			p.report(at+"/$index", "must be true")
		}
		return &value{kind: index, place: p.place("$index")}
	}
	if condition, ok := raw["$cond"]; ok {
		p.members(raw, at, "$cond", "$then", "$else")
		return p.choice(condition, raw, at, objects)
	}
	if template, ok := raw["$template"]; ok {
		p.members(raw, at, "$template")
		text, isText := template.(string)
		if !isText {
			p.report(at+"/$template", "must be a string")
		}
		return p.template(text, at+"/$template")
	}
	p.notAnExpression(raw, at)
	return &value{}
}

func (p *parser) notAnExpression(raw map[string]any, at string) {
	if !hasKeyword(raw) {
		p.report(at, "an object cannot be printed; use a literal or one of "+expressions)
		return
	}
	for name := range raw {
		switch {
		case name == "$computed":
			p.report(child(at, name),
				"$computed is not available, because emails run no functions; use one of "+expressions)
		case strings.HasPrefix(name, "$"):
			p.report(child(at, name), "unknown expression; use one of "+expressions)
		}
	}
}

func (p *parser) choice(condition any, raw map[string]any, at string, objects bool) *value {
	if _, ok := raw["$then"]; !ok {
		p.report(at, "$then is required with $cond")
	}
	v := &value{kind: choice, cond: p.condition(condition, at+"/$cond")}
	if raw["$then"] != nil {
		v.then = p.value(raw["$then"], at+"/$then", objects)
	}
	if raw["$else"] != nil {
		v.els = p.value(raw["$else"], at+"/$else", objects)
	}
	return v
}

// item parses the field of an $item: a pointer if it has a slash, otherwise names separated by dots. Both "" and "."
// are the item itself.
func (p *parser) item(raw any, at string) *value {
	path, ok := raw.(string)
	if !ok {
		p.report(at, `must be a string: a field of the item, or "" for the item itself`)
		return &value{}
	}
	v := &value{kind: item, place: p.place(path), pointer: cond.Pointer{scopeItem}}
	switch {
	case path == "" || path == ".":
	case strings.Contains(path, "/"):
		v.pointer = append(v.pointer, p.pointer(path, at)...)
	default:
		v.pointer = append(v.pointer, strings.Split(path, ".")...)
	}
	return v
}

// template parses text with ${/pointer} bindings. A backslash before ${ makes it literal text.
func (p *parser) template(text, at string) *value {
	v := &value{kind: join}
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			return v.literal(text)
		}
		if escaped, ok := strings.CutSuffix(before, `\`); ok {
			v.literal(escaped + "${")
			text = after
			continue
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			p.report(at, "a ${ is never closed; write ${/data/orderId} for a binding, \\${ for a literal ${")
			return v
		}
		v.literal(before)
		v.parts = append(v.parts, p.binding(strings.TrimSpace(name), at))
		text = rest
	}
}

func (p *parser) binding(name, at string) *value {
	v := &value{kind: state, pointer: p.pointer(name, at)}
	v.place = p.place(v.pointer.String())
	return v
}

var inlineBinding = lazy.Regexp(`(\\?)\$\{(/[^}]*)\}`)

// inline parses html or text that is kept as given. Only ${/…} is a binding. Every other ${ is the author's own.
func (p *parser) inline(text, at string) *value {
	v := &value{kind: join}
	done := 0
	for _, match := range inlineBinding().FindAllStringSubmatchIndex(text, -1) {
		v.literal(text[done:match[0]])
		done = match[1]
		if match[2] != match[3] {
			v.literal(text[match[3]:match[1]])
			continue
		}
		v.parts = append(v.parts, p.binding(text[match[4]:match[5]], at))
	}
	return v.literal(text[done:])
}
