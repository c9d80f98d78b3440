package wire

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaURL is the name under which the compiler knows the requests' schemas; nothing is fetched from there.
const schemaURL = "https://api.segmentflow.ai/openapi.json"

// schemas holds what requests are checked against. Schemas of replies are left out: compiling them takes longer than all
// else that a start does.
type schemas struct {
	document map[string]any
	compiled map[string]*schema
}

// schema is a compiled schema with the rule that JSON Schema cannot say.
type schema struct {
	*jsonschema.Schema
	// same are members with one meaning: given together they must be equal.
	same []string
}

// compileRequests moves every schema that a request reaches to $defs of one document, because the compiler checks a whole
// document at once and each foreign location by itself.
func compileRequests(source specDocument) (schemas, error) {
	c := collection{source: source.Components.Schemas, defs: map[string]any{}}
	var names []string
	for _, methods := range source.Paths {
		for _, declared := range methods {
			if declared.Body != nil {
				names = append(names, declared.Body.schema())
				c.add(names[len(names)-1])
			}
			for _, p := range declared.Parameters {
				p, name := source.parameter(declared.ID, p)
				names = append(names, name)
				c.define(name, p.Schema)
			}
		}
	}
	if c.err != nil {
		return schemas{}, c.err
	}
	s := schemas{document: map[string]any{"$defs": c.defs}, compiled: map[string]*schema{}}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseRegexpEngine(compilePattern)
	if err := compiler.AddResource(schemaURL, s.document); err != nil {
		return s, err
	}
	for name, def := range c.defs {
		compiled, err := compiler.Compile(schemaURL + "#/$defs/" + name)
		if err != nil {
			return s, err
		}
		s.compiled[name] = &schema{compiled, texts(def, "x-segmentflow-same")}
	}
	return s, nil
}

// collection gathers schemas with all that they refer to.
type collection struct {
	source map[string]json.RawMessage
	defs   map[string]any
	err    error
}

func (c *collection) add(name string) {
	c.define(name, c.source[name])
}

func (c *collection) define(name string, raw json.RawMessage) {
	if _, done := c.defs[name]; done || c.err != nil {
		return
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		c.err = err
		return
	}
	c.defs[name] = v
	c.follow(v)
}

// follow turns the references below v to $defs and adds what they name.
func (c *collection) follow(v any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/components/schemas/")
			v["$ref"] = "#/$defs/" + name
			c.add(name)
		}
		for _, member := range v {
			c.follow(member)
		}
	case []any:
		for _, item := range v {
			c.follow(item)
		}
	}
}

// at finds what a location of the compiler names, or nil.
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

// text is a keyword of the schema at a location that holds a string, or "".
func (s schemas) text(location, keyword string) string {
	object, _ := s.at(location).(map[string]any)
	text, _ := object[keyword].(string)
	return text
}

// texts is a keyword of a schema that holds a list of strings.
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

// alternatives are the members that the branches of the oneOf at a location require.
func (s schemas) alternatives(location string) []string {
	branches, _ := s.at(location + "/oneOf").([]any)
	var names []string
	for _, branch := range branches {
		names = append(names, texts(branch, "required")...)
	}
	return names
}
