package cond

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (p *parser) compare(object map[string]any, path string, _ int) Node {
	n := &Compare{Pointer: p.pointer(object["$state"], Below(path, "$state"))}
	n.Negate = p.negate(object, path)
	var ops []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch row := operatorOf(Op(name)); {
		case name == "$state" || name == "not":
		case row != nil && row.op != OpTruthy:
			ops = append(ops, name)
			n.Op = row.op
			n.Operand = p.operand(row, object[name], Below(path, name))
		default:
			p.add(Below(path, name),
				"unknown operator %.40q; known operators: %s; \"not\": true inverts the comparison",
				name, operatorNames())
		}
	}
	if len(ops) > 1 {
		p.add(path, "a comparison takes one operator, but this one has %s; "+
			"write a comparison for each and join them with $and", strings.Join(ops, " and "))
	}
	return n
}

func (p *parser) negate(object map[string]any, path string) bool {
	raw, given := object["not"]
	negate, ok := raw.(bool)
	if given && !ok {
		p.add(Below(path, "not"), "must be true or false, not %s; to invert another condition write {\"$not\": …}",
			KindOf(raw))
	}
	return negate
}

func (p *parser) pointer(raw any, path string) Pointer {
	s, ok := raw.(string)
	if !ok || strings.Trim(s, "/") == "" {
		p.add(path, "must be a pointer into the state, such as \"/profile/tier\", not %s", describe(raw))
		return Pointer{""}
	}
	pointer, err := ParsePointer(s)
	if err != nil {
		p.add(path, "%s", err)
		return Pointer{""}
	}
	return pointer
}

func describe(raw any) string {
	if s, ok := raw.(string); ok && s != "" {
		return fmt.Sprintf("%.40q", s)
	}
	return KindOf(raw)
}

func (p *parser) operand(row *operator, raw any, path string) Operand {
	object, ok := raw.(map[string]any)
	if ref, found := object["$state"]; ok && found {
		p.members(object, path, "$state")
		return Operand{Ref: p.pointer(ref, Below(path, "$state"))}
	}
	if p.literal(raw, path) && !row.takes.accepts(raw) {
		p.add(path, "%s takes %s, not %s", row.op, row.takes.description, describe(raw))
	}
	return Operand{Literal: raw}
}

// literal refuses expressions inside a literal. Otherwise they would silently be
// compared as plain objects.
func (p *parser) literal(raw any, path string) bool {
	known := len(p.findings)
	switch raw := raw.(type) {
	case []any:
		for i, item := range raw {
			p.literal(item, fmt.Sprintf("%s/%d", path, i))
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			if strings.HasPrefix(name, "$") {
				p.add(Below(path, name),
					"%.40q is not allowed in an operand; only the whole operand may be {\"$state\": pointer}", name)
				continue
			}
			p.literal(raw[name], Below(path, name))
		}
	}
	return len(p.findings) == known
}
