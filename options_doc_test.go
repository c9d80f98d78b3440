package segmentflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// optionsOf returns the names of the functions that return an option of a type.
func optionsOf(t *testing.T, typ string) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results == nil {
				continue
			}
			if result, ok := fn.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == typ {
				names = append(names, fn.Name.Name)
			}
		}
	}
	require.NotEmpty(t, names, typ)
	return names
}

func TestTheDocumentListsEachOption(t *testing.T) {
	listed := func(heading string) (names []string) {
		for _, row := range rows(t, "docs/client.md", heading)[1:] {
			require.Len(t, row, 3)
			names = append(names, strings.Trim(row[0], "`"))
			assert.NotEmpty(t, row[1], row[0])
			assert.NotEmpty(t, row[2], row[0])
		}
		return names
	}
	assert.ElementsMatch(t, optionsOf(t, "Option"), listed("Options of a client"))
	assert.ElementsMatch(t, optionsOf(t, "CallOption"), listed("Options of one call"))

	var fields []string
	for field := range reflect.TypeFor[segmentflow.SendAllOptions]().Fields() {
		fields = append(fields, field.Name)
	}
	assert.ElementsMatch(t, fields, listed("SendAllOptions"))
}
