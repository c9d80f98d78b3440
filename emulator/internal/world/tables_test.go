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

// code is the package's own source: its constants, and what its calls are given.
type code struct {
	constants map[string]string              // text constants by name
	arguments map[string]map[string]ast.Expr // by function, the arguments in one place, by where the calls stand
}

// read parses the package. places says which argument of a function's calls is wanted.
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

// values are the constants that a function is given.
func (c code) values(t *testing.T, function string) []string {
	t.Helper()
	var found []string
	for at, argument := range c.arguments[function] {
		name, ok := argument.(*ast.Ident)
		require.True(t, ok, "%s: give %s a constant, not a text in place", at, function)
		require.Contains(t, c.constants, name.Name, "%s: give %s a constant", at, function)
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
			require.True(t, kinds[value], "no verb carries out the tasks %s", name)
		}
	}
	added := c.values(t, "AddTask")
	require.Len(t, added, len(kinds), "each kind of task is added somewhere, and has a verb")
	for _, kind := range slices.Concat(added, c.values(t, "DropTasks")) {
		require.True(t, kinds[kind], "no verb carries out the tasks %s", kind)
	}
}
