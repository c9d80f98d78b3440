package release_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/segmentflow/segmentflow-go"

// A build for another target takes most of a minute, because it compiles the standard library and SQLite anew. Checking
// the types takes two seconds, and finds what lacks an implementation there.
func TestTheCommandSuitsTheTargetsOfARelease(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	ours := strings.TrimSuffix(dir, "tools/release")
	for _, suited := range targetsOf(t) {
		if suited == (target{runtime.GOOS, runtime.GOARCH}) {
			continue // its archive was built
		}
		loaded, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
				packages.NeedDeps | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax,
			Dir: root,
			Env: append(os.Environ(), "CGO_ENABLED=0", "GOOS="+suited.goos, "GOARCH="+suited.goarch),
			ParseFile: func(files *token.FileSet, name string, content []byte) (*ast.File, error) {
				tree, err := parser.ParseFile(files, name, content, parser.SkipObjectResolution)
				if tree != nil && !strings.HasPrefix(name, ours) {
					withoutBodies(tree)
				}
				return tree, err
			},
		}, "./cmd/"+project)
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		packages.Visit(loaded, nil, func(p *packages.Package) {
			if !strings.HasPrefix(p.PkgPath, module) {
				return // without bodies, most imports are unused
			}
			checked++
			for _, problem := range p.Errors {
				t.Errorf("%s/%s: %v", suited.goos, suited.goarch, problem)
			}
		})
		if checked < 2 {
			t.Errorf("%s/%s: only %d packages", suited.goos, suited.goarch, checked)
		}
	}
}

// withoutBodies leaves only what importers see of a file.
func withoutBodies(tree *ast.File) {
	for _, declaration := range tree.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			function.Body = nil
		}
	}
}
