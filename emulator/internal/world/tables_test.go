package world_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// code is what the tests need of the package's source: its constants, and arguments of its calls.
type code struct {
	constants map[string]string              // text constants by name
	arguments map[string]map[string]ast.Expr // one argument of each call, by function and by position of the call
}

// read parses the package. places maps a function to the index of the argument to collect.
func read(t *testing.T, places map[string]int) code {
	t.Helper()
	c := code{map[string]string{}, map[string]map[string]ast.Expr{}}

	files := token.NewFileSet()
	entries, err := fs.Glob(os.DirFS("."), "*.go")
	require.NoError(t, err)
	for _, name := range entries {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				c.constant(n)
			case *ast.CallExpr:
				c.call(files, n, places)
			}
			return true
		})
	}
	return c
}

func (c code) constant(spec *ast.ValueSpec) {
	for i, value := range spec.Values {
		if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			c.constants[spec.Names[i].Name], _ = strconv.Unquote(literal.Value)
		}
	}
}

func (c code) call(files *token.FileSet, call *ast.CallExpr, places map[string]int) {
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	place, wanted := places[function.Sel.Name]
	if !wanted || place >= len(call.Args) {
		return
	}
	if c.arguments[function.Sel.Name] == nil {
		c.arguments[function.Sel.Name] = map[string]ast.Expr{}
	}
	c.arguments[function.Sel.Name][files.Position(call.Pos()).String()] = call.Args[place]
}

// values returns the constants that a function is called with.
func (c code) values(t *testing.T, function string) []string {
	t.Helper()
	var found []string
	for at, argument := range c.arguments[function] {
		name, ok := argument.(*ast.Ident)
		require.True(t, ok, "%s: call %s with a constant, not a literal", at, function)
		require.Contains(t, c.constants, name.Name, "%s: call %s with a constant of this package", at, function)
		found = append(found, c.constants[name.Name])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestEveryTaskHasAVerb(t *testing.T) {
	c := read(t, map[string]int{"AddTask": 1, "DropTasks": 0})
	kinds := world.TaskKinds()
	for name, value := range c.constants {
		if strings.HasPrefix(name, "task") {
			require.True(t, kinds[value], "%s is a kind of task without a verb", name)
		}
	}
	added := c.values(t, "AddTask")
	require.Len(t, added, len(kinds), "every kind of task must be added somewhere and have a verb")
	for _, kind := range slices.Concat(added, c.values(t, "DropTasks")) {
		require.True(t, kinds[kind], "%s is a kind of task without a verb", kind)
	}
}
