package define_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/define"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// The tests of this file ask the emulator's own parsers what there is. A wrong member or word makes them list the right
// ones. So a new node type, member, operator, element or word fails a test until this package has it.

// parse is a parser of the emulator that only tells what is wrong.
type parse func(raw []byte) []cond.Finding

func parseJourney(raw []byte) []cond.Finding {
	_, findings := journey.Parse(raw)
	return findings
}

func parseContent(raw []byte) []cond.Finding {
	_, findings := render.Parse(raw)
	return findings
}

func parseCondition(raw []byte) []cond.Finding {
	_, findings := cond.ParseJSON(raw)
	return findings
}

func decoded(t testing.TB, v any) any {
	t.Helper()
	doc, err := cond.Decode([]byte(jsonOf(t, v)))
	require.NoError(t, err)
	return doc
}

// namesAfter returns the names that a message lists after one of the texts.
func namesAfter(message string, before ...string) []string {
	for _, text := range before {
		if _, list, found := strings.Cut(message, text); found {
			list, _, _ = strings.Cut(list, ";")
			list, _, _ = strings.Cut(list, ", not ")
			return strings.Split(strings.ReplaceAll(list, " and ", ", "), ", ")
		}
	}
	return nil
}

// told parses a document and returns the names that the message about a place lists.
func told(t testing.TB, read parse, doc any, at string, before ...string) []string {
	t.Helper()
	for _, finding := range read([]byte(jsonOf(t, doc))) {
		if names := namesAfter(finding.Message, before...); finding.Path == at && names != nil {
			return names
		}
	}
	return nil
}

const nonsense = "nonsense"

// asked are the answers of the parsers about all places of documents.
type asked struct {
	members map[string]map[string]bool // from the members that an object may have to those that the documents have
	words   map[string]bool            // the words that texts may be
}

// visit asks about a value in a document, and about everything in it. With set, the value can be replaced.
func (a *asked) visit(t testing.TB, read parse, doc, value any, at string, set func(any)) {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		value[nonsense] = 1
		names := told(t, read, doc, at+"/"+nonsense, "allowed here: ", "known operators: ", "the known members are ",
			" takes ")
		delete(value, nonsense)
		if names != nil {
			known := strings.Join(names, " ")
			if a.members[known] == nil {
				a.members[known] = map[string]bool{}
			}
			for name := range value {
				a.members[known][name] = true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			a.visit(t, read, doc, value[name], cond.Below(at, name), func(v any) { value[name] = v })
		}
	case []any:
		for i := range value {
			a.visit(t, read, doc, value[i], cond.Nth(at, i), func(v any) { value[i] = v })
		}
	case string:
		set(nonsense)
		for _, word := range told(t, read, doc, at, "must be one of ") {
			a.words[word] = true
		}
		set(value)
	}
}

func ask(t testing.TB, read parse, values ...any) asked {
	t.Helper()
	answers := asked{map[string]map[string]bool{}, map[string]bool{}}
	for _, value := range values {
		doc := decoded(t, value)
		require.Empty(t, read([]byte(jsonOf(t, doc))), "%s", jsonOf(t, doc))
		answers.visit(t, read, doc, doc, "", nil)
	}
	return answers
}

// requireComplete fails if there were fewer kinds of objects, an object may have a member that no sample
// has, or a text may be a word that is no constant of this package.
func (a *asked) requireComplete(t testing.TB, objects int, otherWords ...string) {
	t.Helper()
	require.GreaterOrEqual(t, len(a.members), objects)
	for known, seen := range a.members {
		for name := range strings.FieldsSeq(known) {
			require.Contains(t, seen, name, "no sample has this member of %s", known)
		}
	}
	words := slices.Concat(constants(t), otherWords)
	require.NotEmpty(t, a.words)
	for word := range a.words {
		require.Contains(t, words, word)
	}
}

// constants returns the texts of all constants of this package.
func constants(t testing.TB) (texts []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.CONST {
				ast.Inspect(group, func(n ast.Node) bool {
					if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
						unquoted, err := strconv.Unquote(text.Value)
						require.NoError(t, err)
						texts = append(texts, unquoted)
					}
					return true
				})
			}
		}
	}
	return texts
}

func TestEveryMemberOfAJourneyCanBeBuilt(t *testing.T) {
	var journeys []any
	for _, j := range sampleJourneys() {
		journeys = append(journeys, j)
	}
	answers := ask(t, parseJourney, journeys...)
	answers.requireComplete(t, 36,
		"Draft", "Active", "Paused", "Archived", // a seed's Status is a string
		"event", "api", "segment", // the types of entries
		journey.TypeEmail, journey.TypeDelay, journey.TypeWaitFor, journey.TypeBranch, journey.TypeRandomCohort,
		journey.TypeSetProperty, journey.TypeEmitEvent, journey.TypeExit)

	doc := decoded(t, sampleJourneys()[0]).(map[string]any)
	doc["nodes"] = []any{map[string]any{"id": "a", "type": nonsense}}
	types := map[string]bool{}
	for _, node := range sampleNodes {
		types[decoded(t, node).(map[string]any)["type"].(string)] = true
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(types)),
		told(t, parseJourney, doc, "/nodes/0/type", "must be one of "))
	doc["entry"] = map[string]any{"type": nonsense}
	require.ElementsMatch(t, []string{"event", "api", "segment"},
		told(t, parseJourney, doc, "/entry/type", "must be one of "))
}

func TestEveryFormOfAConditionCanBeBuilt(t *testing.T) {
	var conditions []any
	members := map[string]bool{}
	for _, c := range sampleConditions {
		conditions = append(conditions, c)
		object, _ := decoded(t, c).(map[string]any)
		for name := range object {
			members[name] = true
		}
	}
	answers := ask(t, parseCondition, conditions...)
	answers.requireComplete(t, 14)
	for _, form := range told(t, parseCondition, nonsense, "", "an object with one of ") {
		require.Contains(t, members, form)
	}
}

func TestEveryElementCanBeBuilt(t *testing.T) {
	contents := []any{sampleContents[0], sampleContents[1]}
	types := map[string]bool{}
	for key, element := range sampleElements() {
		elements := define.Elements{key: element}
		if _, nests := decoded(t, element).(map[string]any)["children"]; nests {
			elements["child"] = define.Text{}
		}
		contents = append(contents, define.Content{Subject: "Hi", Body: define.Tree{Root: key, Elements: elements}})
		types[decoded(t, element).(map[string]any)["type"].(string)] = true
	}
	answers := ask(t, parseContent, contents...)
	answers.requireComplete(t, 16)

	unknown := map[string]any{"body": map[string]any{
		"root": "a", "elements": map[string]any{"a": map[string]any{"type": nonsense}},
	}}
	require.ElementsMatch(t, slices.Collect(maps.Keys(types)),
		told(t, parseContent, unknown, "/body/elements/a/type", "the known types are "))
	require.Equal(t, []string{"$state", "$item", "$index", "$cond", "$template"},
		told(t, parseContent, map[string]any{"subject": map[string]any{"$x": 1}}, "/subject/$x", "use one of "))
	require.JSONEq(t, `[{"$state": "/a"}, {"$item": "a"}, {"$index": true},
		{"$cond": true, "$then": 1, "$else": null}, {"$template": "a"}]`,
		jsonOf(t, []any{define.State("/a"), define.Item("a"), define.Index{},
			define.If{Cond: define.Always, Then: 1, Else: define.Null{}}, define.Template("a")}))
}
