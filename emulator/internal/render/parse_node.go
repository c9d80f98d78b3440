package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxElements limits the cost of parsing and rendering one Template.
const maxElements = 2000

// body parses {root, elements} and returns the root of the tree, or nil if there is no body.
func (p *parser) body(raw any) *node {
	if raw == nil {
		return nil
	}
	body, ok := raw.(map[string]any)
	if !ok {
		p.report("/body", "must be an object with root and elements")
		return nil
	}

	p.members(body, "/body", "root", "elements")
	elements, listed := body["elements"].(map[string]any)
	if !listed {
		p.report("/body/elements", "must be an object that maps keys to elements")
	}
	if len(elements) > maxElements {
		p.report("/body/elements", fmt.Sprintf("has %d elements; at most %d are allowed", len(elements), maxElements))
		return nil
	}

	root, named := body["root"].(string)
	if !named {
		p.report("/body/root", "must be the key of an element")
	}
	if _, found := elements[root]; listed && named && !found {
		p.report("/body/root", "there is no element with this key")
	}

	tree := tree{p: p, nodes: map[string]*node{}, children: map[string][]edge{}, seen: map[string]visit{}}
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		tree.nodes[key] = p.node(key, elements[key], &tree)
	}
	tree.link(root)
	return tree.nodes[root]
}

func (p *parser) node(key string, raw any, tree *tree) *node {
	at := child("/body/elements", key)
	n := &node{element: &unknown, props: map[string]*value{}}
	doc, ok := raw.(map[string]any)
	if !ok {
		p.report(at, "must be an object with type and props")
		return n
	}

	p.members(doc, at, "type", "props", "children", "visible", "repeat")
	p.element = key
	kind, _ := doc["type"].(string)
	if n.element = elementOf(kind); n.element == &unknown {
		p.report(at+"/type", "unknown element type; the known types are "+kinds)
	}

	p.props(n, doc["props"], at+"/props")
	tree.children[key] = p.children(n, doc["children"], at+"/children")
	if doc["visible"] != nil {
		n.visible = p.condition(doc["visible"], at+"/visible")
	}
	n.repeat = p.repeat(doc["repeat"], at+"/repeat")
	return n
}

func (p *parser) props(n *node, raw any, at string) {
	if raw == nil {
		return
	}
	props, ok := raw.(map[string]any)
	if !ok {
		p.report(at, "must be an object")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		p.prop = name
		at, check := child(at, name), n.element.check(name)
		switch {
		case name == "style":
			n.style = p.style(props[name], at)
		case handler().MatchString(name):
			p.report(at, noHandlers)
		case check == nil:
			p.report(at, "unknown prop; "+n.element.name+" takes "+n.element.propNames())
		case props[name] != nil:
			n.props[name] = p.checked(props[name], at, check)
		}
	}
}

// checked parses a value and reports what the check says of it, and of the branches of a $cond.
func (p *parser) checked(raw any, at string, check func(*value) string) *value {
	before := len(p.findings)
	v := p.value(raw, at, false)
	if len(p.findings) == before {
		p.check(v, at, check)
	}
	return v
}

func (p *parser) check(v *value, at string, check func(*value) string) {
	switch {
	case v == nil:
	case v.kind == choice:
		p.check(v.then, at+"/$then", check)
		p.check(v.els, at+"/$else", check)
	default:
		if message := check(v); message != "" {
			p.report(at, message)
		}
	}
}

func (p *parser) children(n *node, raw any, at string) []edge {
	if raw == nil {
		return nil
	}
	listed, ok := raw.([]any)
	if !ok {
		p.report(at, "must be a list of element keys")
		return nil
	}

	if len(listed) > 0 && !n.element.role.children() {
		p.report(at, n.element.name+" takes no children")
	}

	var edges []edge
	for i, each := range listed {
		key, ok := each.(string)
		if !ok {
			p.report(nth(at, i), "must be the key of an element")
			continue
		}
		edges = append(edges, edge{key, nth(at, i)})
	}
	return edges
}

func (p *parser) repeat(raw any, at string) *value {
	if raw == nil {
		return nil
	}
	doc, ok := raw.(map[string]any)
	if !ok {
		p.report(at, "must be an object with statePath")
		return nil
	}
	p.prop = "repeat"
	p.members(doc, at, "statePath", "key")
	if _, ok := doc["key"].(string); !ok && doc["key"] != nil {
		p.report(at+"/key", "must be a string: the field that identifies an item")
	}
	v := &value{pointer: p.pointer(doc["statePath"], at+"/statePath")}
	v.place = p.place(v.pointer.String())
	return v
}

func (p *parser) style(raw any, at string) *value {
	switch raw.(type) {
	case nil:
		return nil
	case map[string]any:
		v := p.value(raw, at, true)
		p.cssNames(v, at)
		return v
	default:
		p.report(at, "must be an object of camelCase CSS properties")
		return nil
	}
}

func (p *parser) cssNames(v *value, at string) {
	if v == nil {
		return
	}
	switch v.kind {
	case choice:
		p.cssNames(v.then, at+"/$then")
		p.cssNames(v.els, at+"/$else")
	case object:
		for _, f := range v.fields {
			if _, ok := cssName(f.name); !ok {
				p.report(child(at, f.name),
					"is not a CSS property; write its name in camelCase, such as backgroundColor")
			}
		}
	case literal, join:
		if s, _ := v.static(); strings.TrimSpace(s) != "" {
			p.report(at, "must be an object of camelCase CSS properties")
		}
	}
}
