package main

import (
	"reflect"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// expressions are the expressions of all languages.
var expressions = []any{
	define.State("/a/b"),
	define.Item("a"),
	define.Index{},
	define.If{Cond: define.Always, Then: define.Null{}, Else: define.Null{}},
	define.Template("${/a/b}"),
}

// The members of a choice, and the name of anything that is no member of an expression.
const (
	ifMember, thenMember, elseMember = "$cond", "$then", "$else"
	noKeyword                        = "^([^$]|$)"
)

// anything returns the schema of a literal or an expression in a place.
func (g *generator) anything(p place) object {
	if !p.refuses(object{"$x": 1}) {
		return object{} // it is not read at all
	}
	state := object{"$state": "/a/b"}
	kinds := p.kinds(state)
	schema := refer(p.language + "Value")
	switch {
	case len(kinds) == 6:
		return schema
	case slices.Contains(kinds, "string") || !slices.Contains(kinds, "array") && !slices.Contains(kinds, "null"):
		schema["type"] = kinds
		if p.refuses(object{"a": 1}) {
			schema["minProperties"], schema["propertyNames"] = 1, object{"pattern": `^\$`}
		}
		return schema
	}
	// The reader looks at the text of a literal. Other literals become text.
	if words, _ := g.fixedText("", p)["enum"]; words != nil {
		schema["type"] = []string{"null", "array", "object"}
		return object{"anyOf": []any{object{"enum": words}, schema}}
	}
	return schema
}

// expressionIn adds to the schema of an object the expressions that the reader accepts in a place. Another schema is
// that of the two values of a choice.
func (g *generator) expressionIn(p place, schema, other object) object {
	properties, alone := object{}, []any{}
	for _, expression := range expressions {
		form := plain(expression).(object)
		if p.refuses(form) {
			continue
		}
		text := g.of[reflect.TypeOf(expression).Name()]
		if _, choice := form[ifMember]; choice {
			properties[ifMember] = described(refer("condition"), text)
			properties[thenMember], properties[elseMember] = other, other
			continue
		}
		for name, value := range form {
			alone = append(alone, object{"if": needs(name), "then": object{"maxProperties": 1}})
			if value == true {
				properties[name] = described(object{"const": true}, text)
				continue
			}
			properties[name] = described(g.text("", p.member(name, nil)), text)
		}
	}
	schema["properties"] = properties
	schema["additionalProperties"] = false
	schema["allOf"] = append(alone, object{
		"if": needs(ifMember),
		"then": with(needs(thenMember), object{
			"propertyNames": object{"enum": []string{ifMember, thenMember, elseMember}},
		}),
	})
	schema["dependentRequired"] = object{thenMember: []string{ifMember}, elseMember: []string{ifMember}}
	return schema
}

// valuesOf adds the definitions of the values of the languages.
func (g *generator) valuesOf() {
	journeys := aJourney.member("nodes", nil).item().
		member("set", object{"type": "setProperty"}).member("a", nil)
	own := refer("journeyValue")
	g.defs["journeyValue"] = g.expressionIn(journeys, object{
		"description":       "A literal or an expression. Lists and objects may have expressions in them.",
		"items":             own,
		"patternProperties": object{noKeyword: own},
	}, own)

	props := anElement.member("props", object{"type": "Text"})
	own = refer("contentValue")
	g.defs["contentValue"] = g.expressionIn(props.member("text", nil), object{
		"description":   "A literal or an expression, which is printed as text.",
		"items":         own,
		"minProperties": 1,
	}, own)

	g.defs["style"] = g.expressionIn(props.member("style", nil), object{
		"description":       g.of["CSS"],
		"patternProperties": object{"^[-A-Za-z]": own},
	}, refer("style"))
}
