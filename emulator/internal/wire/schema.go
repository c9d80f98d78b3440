package wire

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaURL is the name under which the compiler knows the requests' schemas. Nothing is fetched from there.
const schemaURL = "https://api.segmentflow.ai/openapi.json"

// schemas has the schemas of requests in one document. Those of replies are left out.
type schemas struct{ document map[string]any }

// schema is a compiled schema with a rule that JSON Schema cannot express.
type schema struct {
	*jsonschema.Schema
	// same are members with the same meaning. If several are given, they must be equal.
	same []string
}

// all returns the schemas that requests reach.
func (d *specDocument) all() (schemas, error) {
	all := definitions{source: d.Components.Schemas}
	for _, methods := range d.Paths {
		for _, declared := range methods {
			d.collect(declared, &all)
		}
	}
	return schemas{all.document()}, all.err
}

// collect adds the schemas that a request of an operation reaches. It returns the names of those of its parameters and
// its body.
func (d *specDocument) collect(declared specOperation, reached *definitions) (names []string) {
	if declared.Body != nil {
		name := declared.Body.schema()
		reached.add(name)
		names = append(names, name)
	}
	for _, given := range declared.Parameters {
		resolved, name := d.parameter(declared.ID, given)
		reached.define(name, resolved.Schema)
		names = append(names, name)
	}
	return names
}

// definitions collects schemas with all that they refer to.
type definitions struct {
	source map[string]json.RawMessage
	defs   map[string]any
	err    error
}

// document returns the schemas below $defs of one document, because the compiler checks a whole document at once, but
// each foreign location by itself.
func (collected *definitions) document() map[string]any { return map[string]any{"$defs": collected.defs} }

// compile compiles some of the schemas.
func (collected *definitions) compile(names ...string) (map[string]*schema, error) {
	if collected.err != nil {
		return nil, collected.err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseRegexpEngine(compilePattern)
	if err := compiler.AddResource(schemaURL, collected.document()); err != nil {
		return nil, err
	}
	compiled := map[string]*schema{}
	for _, name := range names {
		one, err := compiler.Compile(schemaURL + "#/$defs/" + name)
		if err != nil {
			return nil, err
		}
		compiled[name] = &schema{one, texts(collected.defs[name], "x-segmentflow-same")}
	}
	return compiled, nil
}

// add adds a component by its name.
func (collected *definitions) add(name string) {
	collected.define(name, collected.source[name])
}

func (collected *definitions) define(name string, raw json.RawMessage) {
	if _, done := collected.defs[name]; done || collected.err != nil {
		return
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		collected.err = err
		return
	}
	if collected.defs == nil {
		collected.defs = map[string]any{}
	}
	collected.defs[name] = v
	collected.follow(v)
}

// follow points the references below v to $defs and adds the components that they name.
func (collected *definitions) follow(v any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/components/schemas/")
			v["$ref"] = "#/$defs/" + name
			collected.add(name)
		}
		for _, member := range v {
			collected.follow(member)
		}
	case []any:
		for _, item := range v {
			collected.follow(item)
		}
	}
}

// at returns the value at a location of the compiler, or nil if there is none.
func (s schemas) at(location string) any {
	_, fragment, _ := strings.Cut(location, "#/")
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		return nil
	}

	var v any = s.document
	for token := range strings.SplitSeq(fragment, "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch node := v.(type) {
		case map[string]any:
			v = node[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// text returns the string under a keyword of the schema at a location, or "" if there is none.
func (s schemas) text(location, keyword string) string {
	object, _ := s.at(location).(map[string]any)
	text, _ := object[keyword].(string)
	return text
}

// texts returns the strings in the list under a keyword of a schema.
func texts(v any, keyword string) []string {
	object, _ := v.(map[string]any)
	list, _ := object[keyword].([]any)
	var all []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// alternatives returns the members that the branches of the oneOf at a location require.
func (s schemas) alternatives(location string) []string {
	branches, _ := s.at(location + "/oneOf").([]any)
	var names []string
	for _, branch := range branches {
		names = append(names, texts(branch, "required")...)
	}
	return names
}
