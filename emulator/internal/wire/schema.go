package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaURL is the name under which the compiler knows the requests' schemas. Nothing is fetched from there.
const schemaURL = "https://api.segmentflow.ai/openapi.json"

// schemas has the schemas of requests. Those of replies are left out.
type schemas struct {
	document map[string]any
	named    map[string]*schema
}

// schema is a schema of requests.
type schema struct {
	// shape tells quickly whether a value fits.
	shape *shape
	// validator tells what is wrong.
	validator func() *jsonschema.Schema
	// same are members with the same meaning. If several are given, they must be equal. JSON Schema cannot express it.
	same []string
}

// compileRequests moves every schema that a request reaches to $defs of one document, because the compiler checks a
// whole document at once, but each foreign location by itself.
func compileRequests(source specDocument) (schemas, error) {
	reached := definitions{source: source.Components.Schemas, defs: map[string]any{}}
	for _, methods := range source.Paths {
		for _, declared := range methods {
			if declared.Body != nil {
				reached.add(declared.Body.schema())
			}
			for _, given := range declared.Parameters {
				resolved, name := source.parameter(declared.ID, given)
				reached.define(name, resolved.Schema)
			}
		}
	}
	if reached.err != nil {
		return schemas{}, reached.err
	}

	s := schemas{document: map[string]any{"$defs": reached.defs}, named: map[string]*schema{}}
	quick := shapes{defs: reached.defs, made: map[string]*shape{}}
	validators := sync.OnceValue(s.validators)
	for name, def := range reached.defs {
		s.named[name] = &schema{
			shape:     quick.named(name),
			validator: func() *jsonschema.Schema { return validators()[name] },
			same:      texts(def, "x-segmentflow-same"),
		}
	}
	if len(quick.unknown) > 0 {
		return s, fmt.Errorf("shape.go does not know these keywords of a request, or their values: %q", quick.unknown)
	}
	return s, nil
}

// validators compiles all schemas. It takes longer than the rest of a start, and a program whose requests all fit needs
// none. It panics if openapi.json, which is part of the program, is broken.
func (s schemas) validators() map[string]*jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseRegexpEngine(compilePattern)
	must(compiler.AddResource(schemaURL, s.document))
	all := make(map[string]*jsonschema.Schema, len(s.named))
	for name := range s.named {
		compiled, err := compiler.Compile(schemaURL + "#/$defs/" + name)
		must(err)
		all[name] = compiled
	}
	return all
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("wire: openapi.json: %v", err))
	}
}

// issues returns what is wrong with a decoded value.
func (checked *schema) issues(v any, in string) []Issue {
	if checked.shape.fits(v) {
		return nil
	}
	return violations(checked.validator().Validate(v), in)
}

// definitions collects schemas with all that they refer to.
type definitions struct {
	source map[string]json.RawMessage
	defs   map[string]any
	err    error
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
