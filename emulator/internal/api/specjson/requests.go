package main

import "strings"

// object is a JSON object.
type object = map[string]any

// requestsOf returns the part of a document that requests are checked against: the operations without their texts, of
// their responses only the status, and the components that requests reach.
func requestsOf(document object) object {
	components := document["components"].(object)
	kept := collected{source: components, kept: object{"parameters": object{}, "schemas": object{}}}
	paths := object{}
	for path, methods := range document["paths"].(object) {
		operations := object{}
		for method, declared := range methods.(object) {
			operations[method] = operationOf(declared.(object), &kept)
		}
		paths[path] = operations
	}
	return object{"paths": paths, "components": kept.kept}
}

func operationOf(declared object, kept *collected) object {
	operation := object{}
	for name, value := range declared {
		switch {
		case name == "responses":
			statuses := object{}
			for status := range value.(object) {
				statuses[status] = object{}
			}
			operation[name] = statuses
		case name == "parameters":
			operation[name] = kept.follow(value)
		case name == "requestBody":
			operation[name] = kept.follow(bodyOf(value.(object)))
		case name == "operationId", name == "tags", name == "security", strings.HasPrefix(name, "x-segmentflow-"):
			operation[name] = value
		}
	}
	return operation
}

// bodyOf returns a request body without its examples.
func bodyOf(declared object) object {
	content := object{}
	for kind, described := range declared["content"].(object) {
		content[kind] = object{"schema": described.(object)["schema"]}
	}
	return object{"required": declared["required"] == true, "content": content}
}

// collected are the components that something refers to.
type collected struct{ source, kept object }

// follow keeps the components that v refers to, and what they refer to. It returns v.
func (c *collected) follow(v any) any {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			c.keep(strings.TrimPrefix(ref, "#/components/"))
		}
		for _, member := range v {
			c.follow(member)
		}
	case []any:
		for _, item := range v {
			c.follow(item)
		}
	}
	return v
}

// keep keeps a component, such as schemas/Uuid.
func (c *collected) keep(place string) {
	kind, name, _ := strings.Cut(place, "/")
	kept, ok := c.kept[kind].(object)
	if !ok {
		return // an example, or another component that no check reads
	}
	if _, done := kept[name]; done {
		return
	}
	component := c.source[kind].(object)[name]
	kept[name] = component
	c.follow(component)
}
