package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// generator collects the definitions of a schema.
type generator struct {
	*docs
	defs object
}

// rules are what the readers require of several members together.
var rules = map[string]object{
	"Content": {
		"if": object{"required": []string{"body"}, "properties": object{"body": object{"type": "object"}}},
		"then": object{"properties": object{
			"html": object{"maxLength": 0}, "text": object{"maxLength": 0},
		}},
	},
	"Delay":      {"oneOf": []any{needs("for"), needs("untilLocal"), needs("untilProperty")}},
	"WaitBranch": trigger,
	"ExitRule": with(trigger, object{
		"if":   object{"required": []string{"matchKey"}, "properties": object{"matchKey": object{"const": true}}},
		"then": needs("event"),
	}),
}

// trigger is the rule of what an event or a condition can start.
var trigger = object{
	"oneOf":             []any{needs("event"), needs("condition")},
	"dependentRequired": object{"filter": []string{"event"}},
}

func needs(names ...string) object { return object{"required": names} }

// with returns an object with the members of both.
func with(one, other object) object {
	both := maps.Clone(one)
	maps.Copy(both, other)
	return both
}

// described returns a schema with a description. One that it has already comes after it.
func described(schema object, text string) object {
	own, _ := schema["description"].(string)
	if whole := strings.TrimSpace(text + " " + own); whole != "" {
		schema["description"] = whole
	}
	return schema
}

// orNull returns a schema that also allows null.
func orNull(schema object) object {
	if kind, ok := schema["type"].(string); ok {
		schema["type"] = []string{kind, "null"}
		return schema
	}
	if _, typed := schema["type"]; typed || len(schema) == 0 {
		return schema
	}
	return object{"anyOf": []any{schema, object{"type": "null"}}}
}

// closed returns the schema of an object of a Go type, whose members are below a pointer in the JSON of the type. Its
// fixed members decide that it is of this type.
func (g *generator) closed(of reflect.Type, below string, p place, fixed object) object {
	properties, names := object{}, []string{}
	for _, m := range membersOf(of) {
		name, found := strings.CutPrefix(m.at, below+"/")
		if !found || strings.Contains(name, "/") {
			continue
		}
		properties[name] = described(g.value(m.kind, p.member(name, fixed)), g.field(of.Name(), m.field.Name))
		names = append(names, name)
	}
	for name, value := range fixed {
		properties[name] = object{"const": value}
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if required := p.requires(with(object{}, fixed), names); len(required) > 0 {
		schema["required"] = required
	}
	return with(schema, rules[of.Name()])
}

// define adds the definition of an object of a Go type, as closed returns it, and returns a schema that refers to it.
func (g *generator) define(of reflect.Type, below string, p place) object {
	name := lower(of.Name())
	if _, known := g.defs[name]; !known {
		g.defs[name] = described(g.closed(of, below, p, nil), g.of[of.Name()])
	}
	return refer(name)
}

// value returns the schema of a value of a Go type in a place.
func (g *generator) value(of reflect.Type, p place) (schema object) {
	if of.Kind() == reflect.Interface && of.Name() == "" {
		return g.anything(p)
	}
	if of == reflect.TypeFor[define.Style]() {
		return with(refer("style"), object{"type": p.kinds(object{"color": "red"}, nil)})
	}
	schema = g.typed(of, p)
	if !p.refuses(nil) {
		return orNull(schema)
	}
	return schema
}

// typed is value for types of which the value has one kind of JSON.
func (g *generator) typed(of reflect.Type, p place) object {
	switch of {
	case reflect.TypeFor[define.Condition]():
		return refer("condition")
	case reflect.TypeFor[define.Count]():
		return g.count(p)
	case reflect.TypeFor[define.Element]():
		return refer("element")
	case reflect.TypeFor[define.Node]():
		return refer("node")
	case reflect.TypeFor[define.Duration]():
		if p.refuses("-P1D") {
			return g.form(narrow[0])
		}
		return g.form(signed)
	}
	switch of.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return limited("integer", p)
	case reflect.Float64:
		return limited("number", p)
	case reflect.Slice:
		return g.list(of, p)
	case reflect.Map:
		return g.dictionary(of, p)
	case reflect.Struct:
		return g.define(of, "", p)
	}
	return g.text(of.Name(), p)
}

// limited returns the schema of a number that is not negative.
func limited(kind string, p place) object {
	schema := object{"type": kind, "minimum": 0}
	if most, limited := p.largest(1<<40, func(n int) any { return n }); limited {
		schema["maximum"] = most
	}
	return schema
}

func (g *generator) list(of reflect.Type, p place) object {
	schema := object{"type": "array", "items": g.value(of.Elem(), p.item())}
	if p.refuses([]any{}) {
		schema["minItems"] = 1
	}
	return schema
}

func (g *generator) dictionary(of reflect.Type, p place) object {
	if !p.refuses(1) {
		return object{} // it is not read at all
	}
	schema := object{"type": "object", "additionalProperties": g.value(of.Elem(), p.member("x", nil))}
	if p.refuses(object{}) {
		schema["minProperties"] = 1
	}
	if of.Elem().Kind() == reflect.Interface && p.refuses(object{"$x": 1}) {
		schema["propertyNames"] = object{"pattern": "^([^$]|$)"}
	}
	return schema
}

// count returns the schema of a bound for a number: one operator with its number.
func (g *generator) count(p place) object {
	properties := object{}
	for _, w := range g.wordsOf("Op") {
		if !p.refuses(object{w.value: 1}) {
			properties[w.value] = limited("integer", p.member(w.value, nil))
		}
	}
	return object{
		"type": "object", "properties": properties, "additionalProperties": false,
		"minProperties": 1, "maxProperties": 1,
	}
}

// dispatch adds the definition of objects whose type decides what else they have. An object of each type is among the
// choices, and build returns its schema. The name of its definition ends in the suffix.
func (g *generator) dispatch(
	name, suffix string, choices []any, build func(of reflect.Type, fixed object) object,
) error {
	var types, branches []any
	for _, choice := range choices {
		of, kind := reflect.TypeOf(choice), plain(choice).(object)["type"]
		full := lower(of.Name()) + suffix
		g.defs[full] = described(build(of, object{"type": kind}), g.of[of.Name()])
		types = append(types, kind)
		branches = append(branches, object{
			"if":   with(needs("type"), object{"properties": object{"type": object{"const": kind}}}),
			"then": refer(full),
		})
	}
	g.defs[name] = described(object{
		"type":       "object",
		"properties": object{"type": object{"enum": types}},
		"required":   []string{"type"},
		"allOf":      branches,
	}, g.of[upper(name)])
	return g.complete(name, choices)
}

// complete returns an error if package define has a type of this kind that is not among the choices.
func (g *generator) complete(kind string, choices []any) error {
	for _, name := range g.kinds[kind] {
		if !slices.ContainsFunc(choices, func(choice any) bool { return reflect.TypeOf(choice).Name() == name }) {
			return fmt.Errorf("define.%s is a kind of %s that schemagen does not have", name, kind)
		}
	}
	return nil
}

// lower returns a Go name as JSON has it: apiKey for APIKey.
func lower(name string) string {
	capitals := len(name) - len(strings.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	if capitals > 1 && capitals < len(name) {
		capitals--
	}
	return strings.ToLower(name[:capitals]) + name[capitals:]
}

func upper(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
