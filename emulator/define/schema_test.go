package define_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/define"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seedschema"
)

// language is one of the languages of a seed: its parser, and its part of the schema of seeds.
type language struct {
	read   parse
	schema *jsonschema.Schema
}

func languageOf(t testing.TB, read parse, definition string) language {
	t.Helper()
	const url = "https://schema.test/seed.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(seedschema.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(url, document))
	schema, err := compiler.Compile(url + "#/$defs/" + definition)
	require.NoError(t, err)
	return language{read, schema}
}

func conditionLanguage(t testing.TB) language {
	t.Helper()
	return languageOf(t, parseCondition, "condition")
}

func journeyLanguage(t testing.TB) language {
	t.Helper()
	return languageOf(t, parseJourney, "journey")
}

func contentLanguage(t testing.TB) language {
	t.Helper()
	return languageOf(t, parseContent, "content")
}

func (l language) schemaError(t require.TestingT, v any) error {
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return l.schema.Validate(document)
}

// junk are values that stand in most places by mistake.
var junk = []any{
	nil, true, 0, 1, -1, 1.5, 1e9, "", "x", "1", "/", "//", "a*b", "a*", "*", "~", "P1D", "-P1D", "P1M", "PT1.5H", "P",
	"2026-06-05", "2026-06-05T12:00Z", "$x", []any{}, []any{nil}, []any{"x"}, []any{object{}}, object{}, object{"a": 1},
	object{"$x": 1}, object{"$state": "/a"}, object{"$state": 1}, object{"$item": "a"}, object{"$index": true},
	object{"$index": false}, object{"$template": "a"}, object{"$cond": true}, object{"$cond": true, "$then": nil},
	object{"$then": 1}, object{"$state": "/a", "$x": 1}, object{"$state": "/a", "eq": 1, "not": true},
	object{"$state": "/a", "eq": 1, "neq": 2}, object{"eq": 1}, object{"not": true},
	object{"$not": true, "$or": []any{true}},
	object{"performed": object{"event": "e", "count": object{"gte": 1, "lte": 2}}}, object{"color": "red"},
}

type object = map[string]any

// changer makes one small change after the other to a document.
type changer struct {
	check func(extra string) // looks at the changed document; a member too many has this pointer
}

// visit replaces a value by junk, and does so with everything in it. It leaves out members, and adds one that no
// object of fixed shape has.
func (c changer) visit(value any, at string, set func(any)) {
	for _, other := range junk {
		set(other)
		c.check("")
	}
	set(value)
	switch value := value.(type) {
	case object:
		value[nonsense] = 1
		c.check(cond.Below(at, nonsense))
		delete(value, nonsense)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			member := value[name]
			delete(value, name)
			c.check("")
			c.visit(member, cond.Below(at, name), func(v any) { value[name] = v })
		}
	case []any:
		for i := range value {
			c.visit(value[i], cond.Nth(at, i), func(v any) { value[i] = v })
		}
	}
}

// requireAgreement fails if the schema refuses a changed document that the parser accepts, or accepts a member that the
// parser does not know. It changes only the value at a pointer of one step, or everything if the pointer is "".
func (l language) requireAgreement(t *testing.T, document any, at string) {
	t.Helper()
	require.NoError(t, l.schemaError(t, document), "%s", jsonOf(t, document))
	whole := object{"": decoded(t, document)}
	value, set := whole[""], func(v any) { whole[""] = v }
	if name := strings.TrimPrefix(at, "/"); name != "" {
		members := value.(object)
		value, set = members[name], func(v any) { members[name] = v }
	}
	changer{func(extra string) {
		raw := []byte(jsonOf(t, whole[""]))
		findings, fault := l.read(raw), l.schemaError(t, whole[""])
		if len(findings) == 0 {
			require.NoError(t, fault, "the parser accepts %s", raw)
		}
		if slices.ContainsFunc(findings, func(f cond.Finding) bool { return extra != "" && f.Path == extra }) {
			require.Error(t, fault, "the parser refuses %s in %s", extra, raw)
		}
	}}.visit(value, at, set)
}

func TestTheSchemaIsNeverStricterThanTheParsers(t *testing.T) {
	conditions, journeys, contents := conditionLanguage(t), journeyLanguage(t), contentLanguage(t)
	for _, c := range sampleConditions {
		conditions.requireAgreement(t, c, "")
	}

	journey := func(entry define.Entry, name string, value any) object {
		return object{"key": "k", "entry": entry, name: value}
	}
	for _, n := range sampleNodes {
		journeys.requireAgreement(t, journey(define.OnAPI{}, "nodes", define.Nodes{n}), "/nodes")
	}
	for _, j := range sampleJourneys() {
		journeys.requireAgreement(t, journey(j.Entry.(define.Entry), "status", "Draft"), "/entry")
	}
	whole := sampleJourneys()[0]
	parts := object{
		"exitOn": whole.ExitOn, "reentry": whole.Reentry, "settings": whole.Settings, "audience": define.Never,
	}
	for name, value := range parts {
		journeys.requireAgreement(t, journey(define.OnAPI{}, name, value), "/"+name)
	}

	for _, c := range sampleContents {
		contents.requireAgreement(t, c, "")
	}
	for _, e := range sampleElements() {
		tree := define.Tree{Root: "a", Elements: define.Elements{"a": e}}
		contents.requireAgreement(t, define.Content{Body: tree}, "")
	}
}

// TestThePatternsOfTheSchemaAreThoseOfTheParsers compares texts that nearly are durations, dates, numbers and pointers.
func TestThePatternsOfTheSchemaAreThoseOfTheParsers(t *testing.T) {
	conditions := conditionLanguage(t)
	forms := []struct{ member, like string }{
		// Short numbers, because a schema does not know which duration is too long.
		{"within", `P?([0-9]{1,2}([.,][0-9])?[WDHMS]|T){0,5}[0-9]{0,2}`},
		{"before", `2026-0[1-6]-(0[1-9]|1[0-9]|2[0-8])([Tt]1[0-9]:?[0-5][0-9](:[0-5][0-9](\.[0-9]{0,4})?)?` +
			`([Zz]|[+-]0[0-9](:?[0-5][0-9])?)?)?`},
		{"gt", `-?[0-9]{0,3}(\.[0-9]{0,2})?([eE][+-]?[0-9]?)?`},
		{"$state", `[/~01ab]{0,6}`},
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, form := range forms {
			comparison := object{"$state": "/a"}
			comparison[form.member] = rapid.StringMatching(form.like).Draw(t, form.member)
			raw, err := json.Marshal(comparison)
			require.NoError(t, err)
			fault := conditions.schemaError(t, comparison)
			require.Equal(t, len(parseCondition(raw)) == 0, fault == nil, "%s: %v", raw, fault)
		}
	})
}
