package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// tree returns a definition with the given elements. The key of the root is root.
func tree(elements string) string {
	return `{"subject": "s", "body": {"root": "root", "elements": {` + elements + `}}}`
}

// text returns a definition of one Text with the given props.
func text(props string) string { return tree(`"root": {"type": "Text", "props": ` + props + `}`) }

const (
	kinds = "Body, Button, Column, Container, Head, Heading, Hr, Html, Image, Link, Markdown, Preview, Row, " +
		"Section and Text"
	forms = "$state, $item, $index, $cond and $template"

	pointerShape   = "must be a JSON pointer such as /data/orderId"
	pointerEscapes = "; write a ~ as ~0, and a / inside a name as ~1"
	unknownForm    = "unknown expression; use one of " + forms
	noHandlers     = "emails run no event handlers; use a Link or a Button with href"
	notPrintable   = "an object cannot be printed; use a literal or one of " + forms
	styleShape     = "must be an object of camelCase CSS properties"
	wholeState     = "points to the whole state; use a pointer to a value, such as /data/orderId"
	elementKey     = "must be the key of an element"
	elementFields  = "unknown member; the known members are type, props, children, visible and repeat"
)

type faulty struct{ name, definition, path, message string }

func (w faulty) check(t *testing.T) {
	t.Run(w.name, func(t *testing.T) {
		template, findings := render.Parse([]byte(w.definition))
		require.Nil(t, template)
		require.Equal(t, []cond.Finding{{Path: w.path, Message: w.message}}, findings)
	})
}

func TestAFaultyDefinitionIsReportedWhereTheFaultIs(t *testing.T) {
	for _, w := range []faulty{
		{"not JSON", `{`, "", "must be one valid JSON value"},
		{"two values", `{} {}`, "", "must be one valid JSON value"},
		{"not an object", `[]`, "", "must be an object with subject and body"},
		{"a sender that is not a string", `{"from": 1}`, "/from", "must be a string"},
		{"a reply address that is not a string", `{"replyTo": {}}`, "/replyTo", "must be a string"},
		{"inline html that is not a string", `{"html": []}`, "/html", "must be a string"},
		{"a subject that is a number", `{"subject": 1}`, "/subject", "must be a string or one of " + forms},
		{"a subject that is an object", `{"subject": {}}`, "/subject", notPrintable},
		{"an open binding in the subject", `{"subject": "a ${/b"}`, "/subject",
			"a ${ is never closed; write ${/data/orderId} for a binding, \\${ for a literal ${"},
		{"an empty binding", `{"preheader": "a ${}"}`, "/preheader", wholeState},
		{"a bad pointer in a binding", `{"subject": "${/a~2}"}`, "/subject",
			pointerShape + pointerEscapes},
		{"a bad pointer in inline html", `{"html": "${/a~2}"}`, "/html", pointerShape + pointerEscapes},
		{"two bodies", `{"body": {"root": "a", "elements": {"a": {"type": "Hr"}}}, "html": "x"}`, "/body",
			"a Template has either a body or inline html and text; remove one of them"},
		{"sensitive paths that are not a list", `{"sensitiveTransactionalVariablePaths": "/data/a"}`,
			"/sensitiveTransactionalVariablePaths", "must be a list of pointers below /data"},
		{"a sensitive path elsewhere", `{"sensitiveTransactionalVariablePaths": ["/data/a", "/event/a"]}`,
			"/sensitiveTransactionalVariablePaths/1", "must be a pointer below /data, such as /data/resetUrl"},
		{"all data as sensitive path", `{"sensitiveTransactionalVariablePaths": ["/data"]}`,
			"/sensitiveTransactionalVariablePaths/0", "must be a pointer below /data, such as /data/resetUrl"},
		{"elements that are not an object", `{"body": {"root": "a", "elements": []}}`, "/body/elements",
			"must be an object that maps keys to elements"},
		{"a body that is not an object", `{"body": "x"}`, "/body", "must be an object with root and elements"},
		{"no root", `{"body": {"elements": {}}}`, "/body/root", elementKey},
		{"an unknown root", `{"body": {"root": "a", "elements": {}}}`, "/body/root",
			"there is no element with this key"},
		{"an unknown member of the body", `{"body": {"root": "a", "elements": {"a": {"type": "Hr"}}, "state": {}}}`,
			"/body/state", "unknown member; the known members are root and elements"},
	} {
		w.check(t)
	}
}

func TestAFaultyElementIsReportedWhereTheFaultIs(t *testing.T) {
	const at = "/body/elements/root"
	for _, w := range []faulty{
		{"not an object", tree(`"root": "Text"`), at, "must be an object with type and props"},
		{"no type", tree(`"root": {}`), at + "/type", "unknown element type; the known types are " + kinds},
		{"an unknown type", tree(`"root": {"type": "Video"}`), at + "/type",
			"unknown element type; the known types are " + kinds},
		{"a type in another case", tree(`"root": {"type": "text"}`), at + "/type",
			"unknown element type; the known types are " + kinds},
		{"a key that needs escaping", `{"body": {"root": "a/b~", "elements": {"a/b~": {"type": "X"}}}}`,
			"/body/elements/a~1b~0/type", "unknown element type; the known types are " + kinds},
		{"an unknown member", tree(`"root": {"type": "Hr", "slot": 1}`), at + "/slot", elementFields},
		{"a handler", tree(`"root": {"type": "Hr", "on": {"press": {}}}`), at + "/on", noHandlers},
		{"a watcher", tree(`"root": {"type": "Hr", "watch": {}}`), at + "/watch", noHandlers},
		{"props that are not an object", text(`[]`), at + "/props", "must be an object"},
		{"an unknown prop", text(`{"href": "x"}`), at + "/props/href", "unknown prop; Text takes text and style"},
		{"any prop on a Hr", tree(`"root": {"type": "Hr", "props": {"text": ""}}`), at + "/props/text",
			"unknown prop; Hr takes style"},
		{"a handler among the props", text(`{"onClick": "x"}`), at + "/props/onClick", noHandlers},
		{"an unknown heading level", tree(`"root": {"type": "Heading", "props": {"as": "h7"}}`), at + "/props/as",
			"must be one of h1, h2, h3, h4, h5 and h6"},
		{"an unknown direction", tree(`"root": {"type": "Html", "props": {"dir": "up"}}`), at + "/props/dir",
			"must be one of ltr, rtl and auto"},
		{"Markdown that is too long", tree(`"root": {"type": "Markdown", "props": {"content": "` +
			strings.Repeat("a", 65537) + `"}}`), at + "/props/content", "must be at most 64 KiB of Markdown"},
		{"children on a leaf", tree(`"root": {"type": "Text", "children": ["a"]}, "a": {"type": "Hr"}`),
			at + "/children", "Text takes no children"},
		{"children that are not a list", tree(`"root": {"type": "Body", "children": "a"}`), at + "/children",
			"must be a list of element keys"},
		{"a child that is not a key", tree(`"root": {"type": "Body", "children": [{"type": "Hr"}]}`),
			at + "/children/0", elementKey},
		{"a child that is nowhere", tree(`"root": {"type": "Body", "children": ["a", "b"]}, "a": {"type": "Hr"}`),
			at + "/children/1", "there is no element with this key"},
		{"a repeat that is not an object", tree(`"root": {"type": "Hr", "repeat": "/data/a"}`), at + "/repeat",
			"must be an object with statePath"},
		{"a repeat over nothing", tree(`"root": {"type": "Hr", "repeat": {}}`), at + "/repeat/statePath", pointerShape},
		{"a repeat over everything", tree(`"root": {"type": "Hr", "repeat": {"statePath": ""}}`),
			at + "/repeat/statePath", wholeState},
		{"a repeat's unknown member", tree(`"root": {"type": "Hr", "repeat": {"statePath": "/data/a", "as": "x"}}`),
			at + "/repeat/as", "unknown member; the known members are statePath and key"},
		{"a repeat's key that is not a string",
			tree(`"root": {"type": "Hr", "repeat": {"statePath": "/data/a", "key": 1}}`),
			at + "/repeat/key", "must be a string: the field that identifies an item"},
	} {
		w.check(t)
	}
}

func TestAFaultyExpressionIsReportedWhereTheFaultIs(t *testing.T) {
	const at = "/body/elements/root/props/text"
	for _, w := range []faulty{
		{"an unknown one", text(`{"text": {"$bindState": "/a"}}`), at + "/$bindState", unknownForm},
		{"a computed one", text(`{"text": {"$computed": "f"}}`), at + "/$computed",
			"$computed is not available, because emails run no functions; use one of " + forms},
		{"an object", text(`{"text": {"a": 1}}`), at, notPrintable},
		{"an object in a list", text(`{"text": ["a", {}]}`), at + "/1", notPrintable},
		{"a pointer that is not a string", text(`{"text": {"$state": 1}}`), at + "/$state", pointerShape},
		{"a pointer to everything", text(`{"text": {"$state": ""}}`), at + "/$state", wholeState},
		{"a condition in the place of a value", text(`{"text": {"$state": "/a", "eq": 1}}`), at + "/eq",
			"unknown member; the known members are $state"},
		{"two expressions in one", text(`{"text": {"$item": "a", "$index": true}}`), at + "/$index",
			"unknown member; the known members are $item"},
		{"a field that is not a string", text(`{"text": {"$item": 1}}`), at + "/$item",
			`must be a string: a field of the item, or "" for the item itself`},
		{"an index that is not true", text(`{"text": {"$index": 1}}`), at + "/$index", "must be true"},
		{"a template that is not a string", text(`{"text": {"$template": ["a"]}}`), at + "/$template",
			"must be a string"},
		{"an open binding", text(`{"text": {"$template": "${/a"}}`), at + "/$template",
			"a ${ is never closed; write ${/data/orderId} for a binding, \\${ for a literal ${"},
		{"a condition without a then", text(`{"text": {"$cond": true}}`), at, "$then is required with $cond"},
		{"a fault in a then", text(`{"text": {"$cond": true, "$then": {"$x": 1}}}`), at + "/$then/$x", unknownForm},
		{"a fault in an else", text(`{"text": {"$cond": true, "$then": 1, "$else": {"$x": 1}}}`),
			at + "/$else/$x", unknownForm},
		{"a style that is a string", text(`{"style": "color:red"}`), "/body/elements/root/props/style", styleShape},
		{"a style that is a template", text(`{"style": {"$template": "color:red"}}`),
			"/body/elements/root/props/style", styleShape},
		{"a chosen style that is a string", text(`{"style": {"$cond": true, "$then": "x"}}`),
			"/body/elements/root/props/style/$then", styleShape},
		{"an invalid style property", text(`{"style": {"color;x": "red"}}`),
			"/body/elements/root/props/style/color;x",
			"is not a CSS property; write its name in camelCase, such as backgroundColor"},
		{"a style value that is an object", text(`{"style": {"color": {"dark": "red"}}}`),
			"/body/elements/root/props/style/color", notPrintable},
	} {
		w.check(t)
	}
}

func TestConditionsAreCheckedByTheirOwnGrammar(t *testing.T) {
	for _, c := range []string{`{"$state": "/a", "like": 1}`, `[]`, `"yes"`} {
		_, want := cond.ParseJSON([]byte(c))
		require.NotEmpty(t, want)
		for place, definition := range map[string]string{
			"/body/elements/root/visible":          tree(`"root": {"type": "Hr", "visible": ` + c + `}`),
			"/body/elements/root/props/text/$cond": text(`{"text": {"$cond": ` + c + `, "$then": 1}}`),
		} {
			_, findings := render.Parse([]byte(definition))
			require.Len(t, findings, len(want))
			require.Equal(t, place+want[0].Path, findings[0].Path)
			require.Equal(t, want[0].Message, findings[0].Message)
		}
	}
}

func TestAnInvalidTreeIsReported(t *testing.T) {
	const cycle = "makes a cycle: the element is its own ancestor"
	const twice = "is used twice; an element can have only one place in the tree"
	box := func(key, children string) string {
		return `"` + key + `": {"type": "Section", "children": [` + children + `]}`
	}
	for _, w := range []faulty{
		{"a child of itself", tree(box("root", `"root"`)), "/body/elements/root/children/0", cycle},
		{"a cycle through the root", tree(box("root", `"a"`) + "," + box("a", `"root"`)),
			"/body/elements/a/children/0", cycle},
		{"a cycle below the root", tree(box("root", `"a"`) + "," + box("a", `"b"`) + "," + box("b", `"a"`)),
			"/body/elements/b/children/0", cycle},
		{"a cycle outside the tree", tree(box("root", "") + "," + box("a", `"b"`) + "," + box("b", `"a"`)),
			"/body/elements/b/children/0", cycle},
		{"a child twice in one element", tree(box("root", `"a", "a"`) + "," + box("a", "")),
			"/body/elements/root/children/1", twice},
		{"a child in two elements",
			tree(box("root", `"a", "b"`) + "," + box("a", `"c"`) + "," + box("b", `"c"`) + "," + box("c", "")),
			"/body/elements/b/children/0", twice},
		{"a child shared with an element outside the tree",
			tree(box("root", `"a"`) + "," + box("a", "") + "," + box("0", `"a"`)),
			"/body/elements/0/children/0", twice},
	} {
		w.check(t)
	}
	parse(t, tree(box("root", "")+","+box("b", `"a"`)+","+box("a", "")))
}

func TestAllFindingsAreListedInTheOrderOfTheirPointers(t *testing.T) {
	_, findings := render.Parse([]byte(`{"subject": 1, "extra": 1, "preheader": "${",
		"body": {"root": "a", "elements": {
		"a": {"type": "Body", "children": ["b", "c", "x"], "onClick": 1},
		"b": {"type": "Video", "props": {"text": {"$x": 1}}},
		"c": {"type": "Text", "props": {"text": {"$y": 1, "$z": 1}, "onTap": 1}, "visible": {}}}}}`))
	var paths []string
	for _, finding := range findings {
		paths = append(paths, finding.Path)
	}
	require.Equal(t, []string{
		"/body/elements/a/children/2", "/body/elements/a/onClick",
		"/body/elements/b/props/text/$x", "/body/elements/b/type",
		"/body/elements/c/props/onTap", "/body/elements/c/props/text/$y", "/body/elements/c/props/text/$z",
		"/body/elements/c/visible", "/extra", "/preheader", "/subject",
	}, paths)
}
