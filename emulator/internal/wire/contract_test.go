package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/internal/planecheck"
)

type object = map[string]any

// contract is the document itself, read without the package under test.
type contract struct {
	root     object
	compiler *jsonschema.Compiler
}

const location = "https://contract.test/openapi.json"

func readContract(t *testing.T) *contract {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.Spec()))
	require.NoError(t, err)
	closed, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.Spec()))
	require.NoError(t, err)
	for _, schema := range at(closed, "components", "schemas").(object) {
		planecheck.Close(schema)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
		return engine{re}, err
	})
	require.NoError(t, compiler.AddResource(location, closed))
	return &contract{root: document.(object), compiler: compiler}
}

// engine makes regexp2 usable for the validator.
type engine struct{ *regexp2.Regexp }

func (e engine) MatchString(s string) bool {
	ok, err := e.Regexp.MatchString(s)
	return ok && err == nil
}

func at(v any, path ...string) any {
	for _, name := range path {
		members, _ := v.(object)
		v = members[name]
	}
	return v
}

// resolve follows a reference within the document.
func (c *contract) resolve(v any) object {
	if ref, ok := at(v, "$ref").(string); ok {
		return at(c.root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(object)
	}
	resolved, _ := v.(object)
	return resolved
}

func (c *contract) schema(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	schema, err := c.compiler.Compile(location + "#" + pointer)
	require.NoError(t, err)
	return schema
}

// operations yields every operation with a pointer to it.
func (c *contract) operations(yield func(pointer string, op object) bool) {
	for path, methods := range c.root["paths"].(object) {
		for method, op := range methods.(object) {
			if !yield("/paths/"+strings.ReplaceAll(path, "/", "~1")+"/"+method, op.(object)) {
				return
			}
		}
	}
}

// contents yields every place with a schema and examples: requests, replies and error replies.
func (c *contract) contents(yield func(pointer string, content object) bool) {
	for pointer, op := range c.operations {
		if content := at(op, "requestBody", "content", "application/json"); content != nil {
			if !yield(pointer+"/requestBody/content/application~1json", content.(object)) {
				return
			}
		}
		for status, reply := range op["responses"].(object) {
			if content := at(reply, "content", "application/json"); content != nil {
				if !yield(pointer+"/responses/"+status+"/content/application~1json", content.(object)) {
					return
				}
			}
		}
	}
	for name, reply := range at(c.root, "components", "responses").(object) {
		pointer := "/components/responses/" + name + "/content/application~1json"
		if !yield(pointer, at(reply, "content", "application/json").(object)) {
			return
		}
	}
}

func TestEveryExampleFitsItsSchema(t *testing.T) {
	c := readContract(t)
	for pointer, content := range c.contents {
		schema := c.schema(t, pointer+"/schema")
		examples, _ := content["examples"].(object)
		require.NotEmpty(t, examples, pointer)
		for name, example := range examples {
			value, ok := c.resolve(example)["value"]
			require.True(t, ok, "%s %s", pointer, name)
			require.NoError(t, schema.Validate(value), "%s %s", pointer, name)
		}
	}
	for name, schema := range at(c.root, "components", "schemas").(object) {
		examples, _ := at(schema, "examples").([]any)
		for _, example := range examples {
			require.NoError(t, c.schema(t, "/components/schemas/"+name).Validate(example), name)
		}
	}
}

func TestEveryParameterHasAnExampleThatFits(t *testing.T) {
	c := readContract(t)
	for pointer, op := range c.operations {
		parameters, _ := op["parameters"].([]any)
		for i, parameter := range parameters {
			place := fmt.Sprintf("%s/parameters/%d", pointer, i)
			if ref, ok := at(parameter, "$ref").(string); ok {
				place = strings.TrimPrefix(ref, "#")
			}
			example := c.resolve(parameter)["example"]
			require.NotNil(t, example, place)
			require.NoError(t, c.schema(t, place+"/schema").Validate(example), place)
		}
	}
}

func TestExampleBatchItemsAreBatchItems(t *testing.T) {
	c := readContract(t)
	body := at(c.root, "paths", "/api/v1/emails/batch", "post", "requestBody")
	examples := at(body, "content", "application/json", "examples")
	for _, example := range examples.(object) {
		defaults, _ := at(example, "value", "defaults").(object)
		for _, item := range at(example, "value", "items").([]any) {
			maps.Copy(item.(object), defaults)
			require.Empty(t, wire.CheckSchema("BatchItem", item))
		}
	}
}

func TestEveryOperationHasItsIDTagAvailabilityAndScopes(t *testing.T) {
	scopes := strings.Fields(`
		emails:read emails:write events:write journeys:trigger journeys:read profiles:read profiles:write
		templates:read templates:write segments:read brand-kit:read brand-kit:write assets:read assets:write
		broadcasts:create broadcasts:prepare broadcasts:read broadcasts:cancel broadcasts:send
		newsletters:read newsletters:write newsletters:prepare newsletters:send newsletters:cancel`)
	tags := strings.Fields(`emails events ingest journeys broadcasts newsletters profiles templates brandkits assets
		segments`)
	seen := map[string]bool{}
	used := map[string]bool{}

	for _, op := range wire.Operations() {
		require.NotEmpty(t, op.ID, op.Path)
		require.False(t, seen[op.ID], op.ID)
		seen[op.ID] = true
		require.Contains(t, tags, op.Tag, op.ID)
		require.Contains(t, []string{"documented", "announced", "proposed"}, op.Availability, op.ID)
		require.Equal(t, op.Tag == "ingest", op.WriteKey, op.ID)
		require.Equal(t, op.WriteKey, len(op.Scopes) == 0, op.ID)
		for _, scope := range op.Scopes {
			require.Contains(t, scopes, scope, op.ID)
			used[scope] = true
		}
	}
	require.Len(t, used, len(scopes))
}

func TestEveryReplyHasItsHeadersAndErrorSchema(t *testing.T) {
	c := readContract(t)
	for pointer, op := range c.operations {
		require.Len(t, op["tags"], 1, pointer)
		parameters, _ := json.Marshal(op["parameters"])
		for status, declared := range op["responses"].(object) {
			reply, place := c.resolve(declared), pointer+" "+status
			require.NotNil(t, at(reply, "headers", "x-request-id"), place)
			if status >= "400" {
				schema := at(reply, "content", "application/json", "schema")
				require.Equal(t, "#/components/schemas/Error", at(schema, "$ref"), place)
				continue
			}
			replays := at(reply, "headers", "idempotent-replayed") != nil
			require.Equal(t, bytes.Contains(parameters, []byte("IdempotencyKey")), replays, place)
		}
	}
}

func TestRequestSchemasAreClosedAndNamedRequest(t *testing.T) {
	c := readContract(t)
	for pointer, op := range c.operations {
		if op["requestBody"] == nil {
			continue
		}
		content := at(op, "requestBody", "content", "application/json").(object)
		ref := at(content, "schema", "$ref").(string)
		require.True(t, strings.HasSuffix(ref, "Request"), pointer)
		require.Equal(t, false, c.resolve(content["schema"])["additionalProperties"], ref)
	}
}

// everySchema yields every schema below v, with a pointer to it.
func everySchema(v any, pointer string, yield func(pointer string, schema object)) {
	switch v := v.(type) {
	case object:
		yield(pointer, v)
		for name, member := range v {
			if name != "example" && name != "examples" {
				everySchema(member, pointer+"/"+name, yield)
			}
		}
	case []any:
		for i, item := range v {
			everySchema(item, fmt.Sprintf("%s/%d", pointer, i), yield)
		}
	}
}

func isObject(schema object) bool {
	types, _ := schema["type"].([]any)
	return schema["type"] == "object" || slices.Contains(types, any("object"))
}

func TestFreeFormObjectsAllowEveryMember(t *testing.T) {
	c := readContract(t)
	open := 0
	everySchema(c.root, "", func(pointer string, schema object) {
		if !isObject(schema) || schema["properties"] != nil {
			return
		}
		require.NotNil(t, schema["additionalProperties"], "%s: a generated client would refuse every member", pointer)
		open++
	})
	require.Greater(t, open, 5)
	for name := range strings.FieldsSeq("JsonObject ErrorDetails TemplateDefinitionInput Condition") {
		require.Equal(t, true, at(c.root, "components", "schemas", name, "additionalProperties"), name)
	}
}

func TestNoMemberOfABodyHasADefault(t *testing.T) {
	schemas := at(readContract(t).root, "components", "schemas")
	everySchema(schemas, "", func(pointer string, schema object) {
		require.NotContains(t, schema, "default", "%s: generated TypeScript would require the member", pointer)
	})
}

func TestTheResultOfABatchItemIsADiscriminatedUnion(t *testing.T) {
	c := readContract(t)
	union := at(c.root, "components", "schemas", "BatchItemResult").(object)
	mapping := at(union, "discriminator", "mapping").(object)
	require.Equal(t, "status", at(union, "discriminator", "propertyName"))
	require.Len(t, union["oneOf"], len(mapping))
	for status, ref := range mapping {
		branch := c.resolve(object{"$ref": ref})
		require.Equal(t, status, at(branch, "properties", "status", "const"))
		require.Contains(t, branch["required"], "status")
	}
	schema := c.schema(t, "/components/schemas/BatchItemResult")
	refusal := object{"error": "not_found", "message": "There is no such Template."}
	mixed := object{"index": 0, "idempotencyKey": "a", "status": "accepted", "error": refusal}
	require.Error(t, schema.Validate(mixed), "an accepted item has a send")
	mixed["status"] = "rejected"
	require.NoError(t, schema.Validate(mixed))
}

func TestEverySchemaIsDescribed(t *testing.T) {
	c := readContract(t)
	for name, schema := range at(c.root, "components", "schemas").(object) {
		require.NotEmpty(t, at(schema, "description"), name)
	}
}

func TestABatchItemIsASendWithAKey(t *testing.T) {
	c := readContract(t)
	members := func(name string) []string {
		var names []string
		for member := range at(c.root, "components", "schemas", name, "properties").(object) {
			names = append(names, member)
		}
		slices.Sort(names)
		return names
	}
	item := members("BatchItem")
	item = slices.DeleteFunc(item, func(name string) bool { return name == "idempotencyKey" })
	require.Equal(t, members("SendEmailRequest"), item)
}
