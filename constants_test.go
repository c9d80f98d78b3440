package segmentflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// constants returns the values of the package's exported constants of a type, by their names.
func constants(t *testing.T, typ string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := map[string]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			literal, isLiteral := spec.Values[0].(*ast.BasicLit)
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == typ && isLiteral && spec.Names[0].IsExported() {
				value, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				found[spec.Names[0].Name] = value
			}
			return true
		})
	}
	require.NotEmpty(t, found, typ)
	return found
}

// words returns the words in backticks in the description of a schema's member, without those that are not wanted.
func (c contract) words(t *testing.T, without []string, path ...string) []string {
	t.Helper()
	path = slices.Concat([]string{"components", "schemas"}, path, []string{"description"})
	text, ok := c.at(map[string]any(c), path...).(string)
	require.True(t, ok, path)
	var found []string
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(text, -1) {
		if !slices.Contains(without, m[1]) {
			found = append(found, m[1])
		}
	}
	return found
}

func (c contract) errorCodes() []string {
	var codes []string
	for _, code := range c.at(map[string]any(c), "components", "schemas", "ErrorCode", "enum").([]any) {
		codes = append(codes, code.(string))
	}
	return codes
}

func (c contract) reasons(t *testing.T) []string {
	t.Helper()
	return c.words(t, c.errorCodes(), "ErrorDetails", "properties", "reason")
}

// scopes returns the scopes of all operations, and the documented ones of operations that the contract does not have.
func (c contract) scopes(t *testing.T) []string {
	t.Helper()
	all := map[string]bool{
		"assets:read": true, "assets:write": true, "brand-kit:read": true, "brand-kit:write": true,
	}
	for _, op := range c.operations(t) {
		all[op.scope] = true
	}
	return slices.Collect(maps.Keys(all))
}

func TestThereIsAConstantForEachWordOfTheContractAndNoOther(t *testing.T) {
	c := readContract(t)
	skips := c.words(t, nil, "SkipCounts")
	for typ, want := range map[string][]string{
		"ErrorCode":            c.errorCodes(),
		"Reason":               c.reasons(t),
		"EnrollmentSkipReason": c.words(t, c.reasons(t), "ErrorDetails", "properties", "skip"),
		"SkipReason":           skips,
		"FailureReason":        c.words(t, skips, "EmailSend", "properties", "failureMessage"),
		"PreflightCode":        c.words(t, nil, "PreflightFinding", "properties", "code"),
		"Scope":                c.scopes(t),
	} {
		assert.ElementsMatch(t, want, slices.Collect(maps.Values(constants(t, typ))), typ)
	}
	assert.ElementsMatch(t, skips, c.words(t, slices.Collect(maps.Values(constants(t, "FailureReason"))),
		"EmailSend", "properties", "failureMessage"), "one list in both places")
}

// letters returns the letters and digits of a name or a value in lower case.
func letters(text string) string {
	return regexp.MustCompile(`[^a-z0-9]`).ReplaceAllString(strings.ToLower(text), "")
}

func TestEachConstantIsNamedLikeItsValue(t *testing.T) {
	for typ, prefixes := range map[string][]string{
		"ErrorCode":            {"Err"},
		"Reason":               {"Reason"},
		"EnrollmentSkipReason": {"EnrollmentSkipReason"},
		"SkipReason":           {"SkipReason"},
		"FailureReason":        {"FailureReason"},
		"PreflightCode":        {"Blocker", "Warning"},
		"Scope":                {"Scope"},
	} {
		for name, value := range constants(t, typ) {
			switch name {
			case "ErrConfirmationExpired", "ErrInternal": // shorter than prepared_send_expired and internal_error
				continue
			}
			named := slices.ContainsFunc(prefixes, func(prefix string) bool {
				return letters(name) == letters(prefix)+letters(value)
			})
			assert.True(t, named, "%s = %s", name, value)
		}
	}
}

func TestBlockersAndWarningsAreNamedAsSuch(t *testing.T) {
	c := readContract(t)
	text := c.at(map[string]any(c), "components", "schemas", "PreflightFinding", "properties", "code", "description")
	blockers, warnings, found := strings.Cut(text.(string), "Warnings are")
	require.True(t, found)
	for name, code := range constants(t, "PreflightCode") {
		part := blockers
		if strings.HasPrefix(name, "Warning") {
			part = warnings
		}
		assert.Contains(t, part, "`"+code+"`", name)
	}
}
