// Package house_test holds the rules of the house that the compiler does not know: which package may import which, how
// long a function or a file may be, who may ask the clock, and which word is not ours to use.
package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root         = "../.."
	maxFuncLines = 60
	maxFileLines = 400
)

// source is one parsed Go file. Its path is relative to the repository, with slashes.
type source struct {
	path  string
	lines int
	files *token.FileSet
	tree  *ast.File
}

func parse(path string, content []byte) (source, error) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, path, content, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: path, lines: strings.Count(string(content), "\n"), files: files, tree: tree}, err
}

func (s source) line(pos token.Pos) int { return s.files.Position(pos).Line }

func (s source) at(node ast.Node) string { return fmt.Sprintf("%s:%d", s.path, s.line(node.Pos())) }

// paths lists every file of the repository.
func paths(t *testing.T) []string {
	t.Helper()
	var found []string
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			found = append(found, path)
		case entry.Name() == ".git":
			return fs.SkipDir
		}
		return nil
	}))
	require.Contains(t, found, "go.mod", "the walk must see the repository")
	return found
}

// eachFile asks a rule about every Go file that a person wrote, and fails with all that it finds.
func eachFile(t *testing.T, rule func(source) []string) {
	t.Helper()
	var findings []string
	for _, path := range paths(t) {
		if filepath.Ext(path) != ".go" || strings.Contains(path, "testdata/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		file, err := parse(path, content)
		require.NoError(t, err)
		if !ast.IsGenerated(file.tree) {
			findings = append(findings, rule(file)...)
		}
	}
	report(t, findings)
}

func report(t *testing.T, findings []string) {
	t.Helper()
	for _, finding := range findings {
		t.Error(finding)
	}
}

// tooLong finds functions and files past what a reader takes in at once.
func tooLong(file source) []string {
	var findings []string
	if file.lines > maxFileLines {
		findings = append(findings, fmt.Sprintf("%s has %d lines; %d at most: pull pure logic into a leaf", file.path, file.lines, maxFileLines))
	}
	for _, decl := range file.tree.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := file.line(f.End()) - file.line(f.Pos()) - 1; lines > maxFuncLines {
			findings = append(findings, fmt.Sprintf("%s: %s has %d lines; %d at most", file.at(f), f.Name.Name, lines, maxFuncLines))
		}
	}
	return findings
}

// clockReaders are what package time has that reads the clock or waits on it.
var clockReaders = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer"}

// wallClock finds where the emulator asks the machine for the time instead of its own clock.
func wallClock(file source) []string {
	if !strings.HasPrefix(file.path, "emulator/") || file.path == "emulator/clock.go" || strings.HasSuffix(file.path, "_test.go") {
		return nil
	}
	name := importName(file.tree, "time")
	var findings []string
	ast.Inspect(file.tree, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == name && slices.Contains(clockReaders, selector.Sel.Name) {
			findings = append(findings, fmt.Sprintf("%s: time.%s; only emulator/clock.go asks the clock: take the time as an argument",
				file.at(selector), selector.Sel.Name))
		}
		return true
	})
	return findings
}

// importName is what a file calls a package of the standard library, or a name that no identifier has.
func importName(tree *ast.File, path string) string {
	for _, spec := range tree.Imports {
		switch {
		case spec.Path.Value != `"`+path+`"`:
		case spec.Name != nil:
			return spec.Name.Name
		default:
			return path
		}
	}
	return "-"
}

// reserved reports the word that is kept for a future product across channels.
func reserved(s string) bool { return strings.Contains(strings.ToLower(s), "messaging") }

func reservedNames(file source) []string {
	var findings []string
	ast.Inspect(file.tree, func(node ast.Node) bool {
		if ident, ok := node.(*ast.Ident); ok && reserved(ident.Name) {
			findings = append(findings, fmt.Sprintf("%s: %s uses a word that is reserved for a future product", file.at(ident), ident.Name))
		}
		return true
	})
	return findings
}
