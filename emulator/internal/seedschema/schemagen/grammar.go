package main

import (
	"reflect"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// The places of what has a type of its own.
var (
	anEntry   = aJourney.member("entry", nil)
	aNode     = aJourney.member("nodes", nil).item()
	anElement = aContent.member("body", nil).member("elements", object{"root": "a"}).member("a", nil)
)

// grammar adds the definitions of conditions, Journeys and Templates.
func (g *generator) grammar() error {
	g.condition()
	g.valuesOf()
	others := []any{define.Always, define.Conditions{}, define.Comparison{}}
	if err := g.complete("condition", slices.Concat(conditionForms, others)); err != nil {
		return err
	}

	closedAt := func(p place) func(reflect.Type, object) object {
		return func(of reflect.Type, fixed object) object { return g.closed(of, "", p, fixed) }
	}
	entries := []any{define.OnEvent{}, define.OnAPI{}, define.OnSegment{}}
	if err := g.dispatch("entry", "", entries, closedAt(anEntry)); err != nil {
		return err
	}
	nodes := []any{
		define.Email{}, define.Delay{}, define.WaitFor{}, define.Branch{}, define.RandomCohort{}, define.SetProperty{},
		define.EmitEvent{}, define.Exit{},
	}
	if err := g.dispatch("node", "Node", nodes, closedAt(aNode)); err != nil {
		return err
	}
	elements := []any{
		define.HTML{}, define.Head{}, define.Preview{}, define.Body{}, define.Container{}, define.Section{},
		define.Row{}, define.Column{}, define.Heading{}, define.Text{}, define.Link{}, define.Button{}, define.Image{},
		define.Hr{}, define.Markdown{},
	}
	return g.dispatch("element", "Element", elements, g.element)
}

// element returns the schema of an element.
func (g *generator) element(of reflect.Type, fixed object) object {
	schema := g.closed(of, "", anElement, fixed)
	properties := schema["properties"].(object)
	properties["props"] = orNull(g.closed(of, "/props", anElement.member("props", fixed), nil))
	if properties["children"] == nil {
		properties["children"] = object{"type": []string{"array", "null"}, "maxItems": 0}
	}
	return schema
}

// conditionForms are the forms of conditions that are objects.
var conditionForms = []any{
	define.And{},
	define.Or{},
	define.Not(define.Always),
	define.State("/a/b"),
	define.Performed{},
	define.Received{},
	define.Subscribed("a"),
	define.InSegment("a"),
	define.Bucket{},
}

// condition adds the definition of a condition. The member of an object that decides its form stands alone, but a
// comparison may have an operator and "not".
func (g *generator) condition() {
	properties, rules, dependent := object{}, []any{}, object{}
	for _, form := range conditionForms {
		of := reflect.TypeOf(form)
		for name := range plain(form).(object) {
			properties[name] = described(g.conditionForm(of, name), g.of[upper(of.Name())])
			most := object{"maxProperties": 1}
			if name == "$state" {
				most = object{
					"if":   needs("not"),
					"then": object{"maxProperties": 3},
					"else": object{"maxProperties": 2},
				}
			}
			rules = append(rules, object{"if": needs(name), "then": most})
		}
	}
	for _, w := range g.wordsOf("Op") {
		operand := g.operand(aCondition.member(w.value, object{"$state": "/a/b"}))
		properties[w.value], dependent[w.value] = described(operand, upper(w.doc)+"."), []string{"$state"}
	}
	properties["not"] = described(object{"type": "boolean"}, g.field("Comparison", "Not"))
	dependent["not"] = []string{"$state"}

	g.defs["condition"] = object{
		"description":          g.of["Condition"],
		"type":                 []string{"boolean", "array", "object"},
		"items":                refer("condition"),
		"minItems":             1,
		"properties":           properties,
		"additionalProperties": false,
		"minProperties":        1,
		"allOf":                rules,
		"dependentRequired":    dependent,
	}
	g.defs["conditions"] = object{"type": "array", "items": refer("condition"), "minItems": 1}
	g.defs["literal"] = object{
		"items":                refer("literal"),
		"patternProperties":    object{noKeyword: refer("literal")},
		"additionalProperties": false,
	}
	g.defs["operand"] = object{
		"description": "A literal, or {$state: pointer} for the value at another pointer.",
		"if":          with(needs("$state"), object{"type": "object"}),
		"then":        object{"properties": object{"$state": properties["$state"]}, "additionalProperties": false},
		"else":        refer("literal"),
	}
}

func (g *generator) conditionForm(of reflect.Type, name string) object {
	switch {
	case of.Kind() == reflect.Slice:
		return refer("conditions")
	case of.Kind() == reflect.String:
		return g.text("", aCondition.member(name, nil))
	case of == reflect.TypeOf(define.Not(nil)):
		return refer("condition")
	}
	return g.define(of, "/"+name, aCondition.member(name, nil))
}

// operand returns the schema of what an operator takes.
func (g *generator) operand(p place) object {
	schema, kinds := refer("operand"), p.kinds(object{"$state": "/a/b"})
	if !slices.Contains(kinds, "string") {
		if f, found := narrowForm(p); found {
			kinds = append(kinds, "string")
			schema["pattern"], schema["description"] = f.pattern, f.sentence()
		}
	}
	if slices.Contains(kinds, "array") && p.refuses([]any{}) {
		schema["minItems"] = 1
	}
	if p.refuses(object{"a": 1}) {
		schema["required"] = []string{"$state"}
	}
	if len(kinds) < 6 {
		schema["type"] = kinds
	}
	return schema
}
