package segmentflow_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// examples returns the examples of the package.
func examples(t *testing.T) []*doc.Example {
	t.Helper()
	paths, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var files []*ast.File
	fset := token.NewFileSet()
	for _, path := range paths {
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	return doc.Examples(files...)
}

func TestEachMethodIsCalledInAnExample(t *testing.T) {
	called := map[string]bool{} // by "Service.Method"
	for _, example := range examples(t) {
		ast.Inspect(example.Code, func(node ast.Node) bool {
			method, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if service, ok := method.X.(*ast.SelectorExpr); ok {
				called[service.Sel.Name+"."+method.Sel.Name] = true
			}
			return true
		})
	}

	for service := range reflect.TypeFor[segmentflow.Client]().Fields() {
		if !service.IsExported() {
			continue
		}
		for method := range service.Type.Methods() {
			name := service.Name + "." + method.Name
			assert.True(t, called[name], "no example calls %s", name)
		}
	}
}

// An example without output is compiled, but does not run.
func TestEachExampleHasOutput(t *testing.T) {
	found := examples(t)
	require.NotEmpty(t, found)
	for _, example := range found {
		assert.NotEmpty(t, example.Output, "Example%s", example.Name)
	}
}
