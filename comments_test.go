package segmentflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// comments returns the comments of the package's methods, by "(*Type).Name".
func comments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := map[string]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || method.Recv == nil {
				continue
			}
			pointer, ok := method.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			if of, ok := pointer.X.(*ast.Ident); ok { // not a generic type
				found["(*"+of.Name+")."+method.Name.Name] = strings.Join(strings.Fields(method.Doc.Text()), " ")
			}
		}
	}
	return found
}

// methodName returns "(*Type).Name" of a method expression.
func methodName(method any) string {
	_, name, _ := strings.Cut(runtime.FuncForPC(reflect.ValueOf(method).Pointer()).Name(), "segmentflow-go.")
	return name
}

func TestEachMethodNamesItsOriginAndItsScope(t *testing.T) {
	all := comments(t)
	words := map[string]string{
		"documented": "(documented, ",
		"announced":  "(announced, ",
		"proposed":   "(decided here, ",
	}
	for id, op := range readContract(t).operations(t) {
		comment := all[methodName(methods[id])]
		assert.Contains(t, comment, words[op.availability]+"scope "+op.scope, id)
		if op.allowSends {
			assert.Contains(t, comment, "allowSends", id)
		}
	}
}
