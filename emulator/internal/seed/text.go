package seed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// node is one value in the text of a seed, which is YAML or JSON, with its line.
type node struct {
	line    int
	kind    nodeKind
	scalar  any // nil, bool, json.Number or string
	items   []*node
	members []objectMember
}

type nodeKind int

const (
	scalarNode nodeKind = iota
	listNode
	objectNode
)

type objectMember struct {
	name string
	line int
	node *node
}

func (n *node) member(name string) *objectMember {
	for i := range n.members {
		if n.members[i].name == name {
			return &n.members[i]
		}
	}
	return nil
}

// value returns the node as encoding/json decodes it, with numbers as they are written.
func (n *node) value() any {
	switch n.kind {
	case listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.value()
		}
		return list
	case objectNode:
		object := make(map[string]any, len(n.members))
		for _, member := range n.members {
			object[member.name] = member.node.value()
		}
		return object
	}
	return n.scalar
}

// describe returns the type of the value, for messages.
func (n *node) describe() string {
	switch n.scalar.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	}
	return map[nodeKind]string{scalarNode: "nothing", listNode: "a list", objectNode: "an object"}[n.kind]
}

// reportFunc reports a mistake at a line and a JSON pointer.
type reportFunc func(line int, at, format string, args ...any)

// readJSON reads one JSON value. If the text is not JSON, it returns nil.
func readJSON(raw []byte, report reportFunc) *node {
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		line := 1 + bytes.Count(raw, []byte("\n"))
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line = 1 + bytes.Count(raw[:min(syntax.Offset, int64(len(raw)))], []byte("\n"))
		}
		report(line, "", "the text is not JSON: %v", err)
		return nil
	}

	reader := &jsonReader{raw: raw, decoder: json.NewDecoder(bytes.NewReader(raw)), line: 1, report: report}
	reader.decoder.UseNumber()
	return reader.node(reader.token(), "")
}

// jsonReader reads text that is known to be JSON. Unlike encoding/json it keeps the lines and finds duplicate members.
type jsonReader struct {
	raw     []byte
	decoder *json.Decoder
	offset  int64
	line    int
	report  reportFunc
}

func (reader *jsonReader) token() json.Token {
	token, _ := reader.decoder.Token()
	end := reader.decoder.InputOffset()
	reader.line += bytes.Count(reader.raw[reader.offset:end], []byte("\n"))
	reader.offset = end
	return token
}

func (reader *jsonReader) node(token json.Token, at string) *node {
	n := &node{line: reader.line}
	switch token {
	case json.Delim('['):
		n.kind = listNode
		for i := 0; reader.decoder.More(); i++ {
			n.items = append(n.items, reader.node(reader.token(), cond.Nth(at, i)))
		}
		reader.token()
	case json.Delim('{'):
		n.kind = objectNode
		for reader.decoder.More() {
			name, _ := reader.token().(string)
			member := objectMember{name: name, line: reader.line}
			member.node = reader.node(reader.token(), cond.Below(at, name))
			n.add(member, at, reader.report)
		}
		reader.token()
	default:
		n.scalar = token
	}
	return n
}

// add adds a member to an object, unless the object has one with that name.
func (n *node) add(member objectMember, at string, report reportFunc) {
	if first := n.member(member.name); first != nil {
		report(member.line, cond.Below(at, member.name), "is given twice, first on line %d", first.line)
		return
	}
	n.members = append(n.members, member)
}

// maxAliased is the largest number of values that the aliases of a document may expand to.
const maxAliased = 100_000

// yamlReader reads YAML as JSON values. Only null, true, false and JSON's numbers are not text; yes, 010, 2026-01-01,
// P3D and 24px stay as they are written.
type yamlReader struct {
	report  reportFunc
	open    map[*yaml.Node]bool // the anchors whose aliases are being read
	aliased int                 // the number of values read through aliases
	stopped bool                // whether there were too many
}

// readYAML reads a YAML document. If the text is not YAML, it returns nil. If the text has no document, it returns
// null.
func readYAML(raw []byte, report reportFunc) *node {
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return &node{line: 1}
	case err != nil:
		reportYAML(err, report)
		return nil
	}

	switch err := decoder.Decode(&more); {
	case err == nil:
		report(more.Line, "", "a second document begins here; a seed must be one document")
	case !errors.Is(err, io.EOF):
		reportYAML(err, report)
	}

	r := &yamlReader{report: report, open: map[*yaml.Node]bool{}}
	return r.node(doc.Content[0], "")
}

func reportYAML(err error, report reportFunc) {
	line, message := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if _, scan := fmt.Sscanf(message, "line %d:", &line); scan == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	report(line, "", "the text is not YAML: %s", message)
}

func (r *yamlReader) node(y *yaml.Node, at string) *node {
	n := &node{line: y.Line}
	if len(r.open) > 0 {
		r.aliased++
	}
	switch y.Kind {
	case yaml.AliasNode:
		return r.alias(y, at)
	case yaml.SequenceNode:
		n.kind = listNode
		for i, item := range y.Content {
			n.items = append(n.items, r.node(item, cond.Nth(at, i)))
		}
	case yaml.MappingNode:
		n.kind = objectNode
		r.members(n, y, at)
	default:
		n.scalar = scalarOf(y)
	}
	if tag := y.ShortTag(); y.Style&yaml.TaggedStyle != 0 && tag != "!!str" && tag != "!!map" && tag != "!!seq" {
		r.report(y.Line, at, "has the tag %s; write the value without a tag", tag)
	}
	return n
}

func (r *yamlReader) alias(y *yaml.Node, at string) *node {
	switch {
	case r.open[y.Alias]:
		r.report(y.Line, at, "the alias *%s contains itself", y.Value)
	case r.stopped:
	case r.aliased > maxAliased:
		r.stopped = true
		r.report(y.Line, at, "the aliases of the document expand to more than %d values", maxAliased)
	default:
		r.open[y.Alias] = true
		n := r.node(y.Alias, at)
		delete(r.open, y.Alias)
		n.line = y.Line
		return n
	}
	return &node{line: y.Line}
}

// members reads a mapping. It adds the members of merge keys last, because the mapping's own members win.
func (r *yamlReader) members(n *node, y *yaml.Node, at string) {
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			r.report(key.Line, at, "has a key that is not text")
		case key.ShortTag() == "!!merge":
			merges = append(merges, value)
		default:
			n.add(objectMember{key.Value, key.Line, r.node(value, cond.Below(at, key.Value))}, at, r.report)
		}
	}
	for _, value := range merges {
		r.merge(n, r.node(value, at), at)
	}
}

func (r *yamlReader) merge(n, from *node, at string) {
	switch {
	case from.kind == listNode:
		for _, item := range from.items {
			r.merge(n, item, at)
		}
	case from.kind == objectNode:
		for _, member := range from.members {
			if n.member(member.name) == nil {
				n.members = append(n.members, member)
			}
		}
	case from.scalar != nil:
		r.report(from.line, at, "the merge key << must have an object or a list of objects")
	}
}

func scalarOf(y *yaml.Node) any {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if y.Style&quoted != 0 || y.Style&yaml.TaggedStyle != 0 && y.ShortTag() == "!!str" {
		return y.Value
	}
	switch y.Value {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	first := y.Value[0]
	if (first == '-' || first >= '0' && first <= '9') && json.Valid([]byte(y.Value)) {
		return json.Number(y.Value)
	}
	return y.Value
}
