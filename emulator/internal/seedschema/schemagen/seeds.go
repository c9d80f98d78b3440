package main

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
)

const (
	draft     = "https://json-schema.org/draft/2020-12/schema"
	published = "https://raw.githubusercontent.com/segmentflow/segmentflow-go/main/seed.schema.json"
)

// seedSchema returns the schema of a seed.
func seedSchema(docs *docs) (object, error) {
	g := &generator{docs: docs, defs: object{}}
	if err := g.grammar(); err != nil {
		return nil, err
	}
	required, err := requiredMembers()
	if err != nil {
		return nil, err
	}
	g.seed(required)
	return object{
		"$schema":     draft,
		"$id":         published,
		"title":       "A seed of the Segmentflow emulator",
		"description": "The data that an emulator starts with, or data to add to it. What is left out has its default.",
		"$ref":        "#/$defs/seed",
		"$defs":       g.defs,
	}, nil
}

// requiredMembers returns the members that the reader of seeds requires, by their lists. It seeds an empty item of each
// list, and looks which of the members that the item does not have are reported.
func requiredMembers() (map[string][]string, error) {
	var empty emulator.Seed
	for _, list := range reflect.ValueOf(&empty).Elem().Fields() {
		if list.Kind() == reflect.Slice {
			list.Set(reflect.MakeSlice(list.Type(), 1, 1))
		}
	}
	_, err := emulator.New(emulator.WithSeed(empty))
	mistakes, ok := errors.AsType[*emulator.SeedError](err)
	if !ok {
		return nil, fmt.Errorf("a seed of empty items is not refused: %w", err)
	}
	required := map[string][]string{}
	for _, problem := range mistakes.Problems {
		if list, member, found := strings.Cut(strings.TrimPrefix(problem.Path, "/"), "/0/"); found {
			required[list] = append(required[list], member)
		}
	}
	return required, nil
}

// forms are the members of seeds that have a form, by their names.
var forms = map[string]form{"email": seedEmail, "occurredAt": seedTime, "domain": seedDomain}

// seedRules are what the reader requires of several members of an item together.
var seedRules = map[string]object{
	"assets": {"anyOf": []any{needs("file"), needs("base64")}},
	"segments": {
		"if":   with(needs("members"), object{"properties": object{"members": object{"type": "array"}}}),
		"then": object{"properties": object{"definition": object{"type": "null"}}},
		"else": with(needs("definition"), object{
			"properties": object{"definition": object{"not": object{"type": "null"}}},
		}),
	},
	"organizations": with(needs("organization"), object{
		"properties": object{"organization": with(needs("id"), object{
			"properties": object{"id": object{"type": "string", "minLength": 1}},
		})},
	}),
}

// seed adds the definition of a seed.
func (g *generator) seed(required map[string][]string) {
	required["segments"] = []string{"key"} // a rule has the rest

	properties := object{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[emulator.Seed]()) {
		name := jsonName(field)
		switch {
		case name == "":
		case field.Type.Kind() == reflect.Slice:
			item := g.items(name, field.Type.Elem(), required[name])
			text := cmp.Or(g.of["Seed."+field.Name], g.of[field.Type.Elem().Name()])
			properties[name] = described(object{"type": []string{"array", "null"}, "items": item}, text)
		default:
			g.defs[name] = g.item(name, field.Type, nil)
			properties[name] = described(orNull(refer(name)), g.of["Seed."+field.Name])
		}
	}
	g.defs["seed"] = object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
}

// items adds the definition of the items of a list, and returns a schema that refers to it.
func (g *generator) items(list string, of reflect.Type, required []string) object {
	if of == reflect.TypeFor[emulator.Seed]() {
		return with(with(refer("seed"), object{"type": "object"}), seedRules[list])
	}
	name := lower(strings.TrimPrefix(of.Name(), "Seed"))
	g.defs[name] = with(g.item(list, of, required), seedRules[list])
	return refer(name)
}

// item returns the schema of an object of a seed.
func (g *generator) item(list string, of reflect.Type, required []string) object {
	properties := object{}
	for _, field := range reflect.VisibleFields(of) {
		name := jsonName(field)
		schema := g.seedValue(list, name, field.Type)
		text := g.field(of.Name(), field.Name)
		if slices.Contains(required, name) {
			properties[name] = described(filled(schema), text)
			continue
		}
		properties[name] = described(optional(schema), text)
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = unique(slices.Sorted(slices.Values(required)))
	}
	return described(schema, g.of[of.Name()])
}

// filled returns the schema of a required member, whose text must not be empty.
func filled(schema object) object {
	if schema["type"] == "string" {
		schema["minLength"] = 1
	}
	return schema
}

// optional returns the schema of a member that may be left out, or be null or an empty text.
func optional(schema object) object {
	if schema["enum"] == nil {
		return orNull(schema)
	}
	return object{"anyOf": []any{schema, object{"type": []string{"string", "null"}, "maxLength": 0}}}
}

// seedValue returns the schema of a member of a seed.
func (g *generator) seedValue(list, name string, of reflect.Type) object {
	if words := seed.Words(list, name); words != nil {
		return oneOf(of, words)
	}
	switch {
	case name == "id":
		return g.form(seedID)
	case name == "key" && list == "apiKeys":
		return object{"type": "string", "not": object{"const": emulator.DefaultAPIKey}}
	case name == "key" && list != "events":
		return object{"type": "string", "not": object{"pattern": "^" + uuid + "$"}}
	case list == "brandColors":
		return g.form(seedColor)
	case of.Kind() == reflect.String:
		if f, found := forms[name]; found {
			return g.form(f)
		}
		return object{"type": "string"}
	case of == reflect.TypeFor[[]byte]():
		return object{"type": "string", "contentEncoding": "base64", "pattern": `^[A-Za-z0-9+/\r\n]*[=\r\n]*$`}
	case of.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case of.Kind() == reflect.Slice:
		return object{"type": "array", "items": object{"type": "string", "minLength": 1}}
	case of.Kind() == reflect.Map:
		return object{"type": "object"}
	case of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case of.Kind() == reflect.Pointer:
		full := lower(strings.TrimPrefix(of.Elem().Name(), "Seed"))
		g.defs[full] = g.item(full, of.Elem(), nil)
		return refer(full)
	}
	return g.document(list, name)
}

// oneOf returns the schema of words in a Go type.
func oneOf(of reflect.Type, words []string) object {
	switch of.Kind() {
	case reflect.Slice:
		return object{"type": "array", "items": object{"enum": words}}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": object{"enum": words}}
	}
	return object{"enum": words}
}

// document returns the schema of a member of a seed that is written in one of the languages.
func (g *generator) document(list, name string) object {
	switch list + "/" + name {
	case "templates/definition":
		return g.define(reflect.TypeFor[define.Content](), "", aContent)
	case "segments/definition", "journeys/audience":
		return refer("condition")
	case "journeys/entry":
		return refer("entry")
	case "journeys/reentry":
		return g.define(reflect.TypeFor[define.Reentry](), "", aJourney.member(name, nil))
	case "journeys/settings":
		return g.define(reflect.TypeFor[define.Settings](), "", aJourney.member(name, nil))
	case "journeys/exitOn":
		return g.value(reflect.TypeFor[define.ExitRules](), aJourney.member(name, nil))
	case "journeys/nodes":
		return g.value(reflect.TypeFor[define.Nodes](), aJourney.member(name, nil))
	}
	return object{"type": "object"} // the data of an event
}

// jsonName returns the name of a field in a seed, "" if it is not part of it.
func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
