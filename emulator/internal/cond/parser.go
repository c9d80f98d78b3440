package cond

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parser collects findings. Its methods return a node even if it has an error, so
// that the rest of the document is checked too.
type parser struct {
	forms    []*form
	findings []Finding
	size     Size
}

// form is one row of the grammar.
type form struct {
	name  string // the member that marks an object as this form
	term  bool   // whether it counts as a term
	parse func(p *parser, object map[string]any, path string, depth int) Node
}

func names(forms []*form) []string {
	list := make([]string, len(forms))
	for i, form := range forms {
		list[i] = form.name
	}
	return list
}

func (p *parser) add(path, format string, args ...any) {
	p.findings = append(p.findings, Finding{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) node(raw any, path string, depth int) Node {
	if depth > maxDepth {
		p.add(path, "conditions are nested more than %d deep; flatten this one", maxDepth)
		return &Const{}
	}
	p.size.Depth = max(p.size.Depth, depth)

	switch raw := raw.(type) {
	case bool:
		p.size.Terms++
		return &Const{Value: raw}
	case []any:
		return &And{Of: p.list(raw, path, depth)}
	case map[string]any:
		return p.form(raw, path, depth)
	}
	p.add(path, "must be a condition: true, false, a list of conditions, or an object with one of %s; not %s",
		strings.Join(names(p.forms), ", "), KindOf(raw))
	return &Const{}
}

func (p *parser) list(raw any, path string, depth int) []Node {
	list, ok := raw.([]any)
	if !ok {
		p.add(path, "must be a list of conditions, not %s", KindOf(raw))
		return nil
	}
	if len(list) == 0 {
		p.add(path, "the list is empty; write at least one condition, or true or false")
	}
	nodes := make([]Node, len(list))
	for i, item := range list {
		nodes[i] = p.node(item, fmt.Sprintf("%s/%d", path, i), depth+1)
	}
	return nodes
}

func (p *parser) form(object map[string]any, path string, depth int) Node {
	form := p.formOf(object, path)
	if form == nil {
		return &Const{}
	}
	if form.term {
		p.size.Terms++
	}
	return form.parse(p, object, path, depth)
}

// formOf finds the member that marks the form. If there is none, every member is
// unknown. If there are several, it is unclear which of them the other members
// belong to.
func (p *parser) formOf(object map[string]any, path string) *form {
	var found []*form
	for _, form := range p.forms {
		if _, ok := object[form.name]; ok {
			found = append(found, form)
		}
	}

	switch {
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		p.add(path, "an object is one condition, but this one has %s; "+
			"write an object for each and join them with $and or $or", strings.Join(names(found), " and "))
	case len(object) == 0:
		p.add(path, "the condition is empty; write one of %s", strings.Join(names(p.forms), ", "))
	default:
		p.members(object, path, names(p.forms)...)
	}
	return nil
}

// members reports every member of an object that is not allowed.
func (p *parser) members(object map[string]any, path string, allowed ...string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(allowed, name) {
			p.add(Below(path, name), "unknown member %.40q; allowed here: %s", name, strings.Join(allowed, ", "))
		}
	}
}

// object checks that the value of a form is an object and that it has only these
// members.
func (p *parser) object(raw any, path string, allowed ...string) (map[string]any, bool) {
	object, ok := raw.(map[string]any)
	if !ok {
		p.add(path, "must be an object with %s, not %s", strings.Join(allowed, ", "), KindOf(raw))
		return nil, false
	}
	p.members(object, path, allowed...)
	return object, true
}

func (p *parser) reference(raw any, path, noun string) string {
	ref, ok := raw.(string)
	if !ok || ref == "" {
		p.add(path, "must be the id or key of %s, not %s", noun, KindOf(raw))
	}
	return ref
}

// KindOf returns the name of a value's JSON type, for a message.
func KindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		if v == "" {
			return "an empty string"
		}
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	if _, ok := number(v); ok {
		return "a number"
	}
	return fmt.Sprintf("a %T", v)
}
