// Package house_test tests the rules of this project that the compiler does not know: which package may import which,
// how long a function, a file or a package may be, how many files may form a cycle, which file may read the clock, and
// which word no name may use. The linter checks none of these.
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
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root         = "../.."
	maxFuncLines = 60
	maxFileLines = 400

	// clockFile is the only file of the emulator that asks the machine for the time.
	clockFile = "emulator/internal/clock/clock.go"
)

// source is one parsed Go file. Its path is relative to the repository, with slashes.
type source struct {
	path  string
	lines int
	files *token.FileSet
	tree  *ast.File
}

// parse parses one file into a set of files. To type-check a package, all its files must be in one set.
func parse(files *token.FileSet, path string, content []byte) (source, error) {
	tree, err := parser.ParseFile(files, path, content, parser.ParseComments|parser.SkipObjectResolution)
	lines := strings.Count(string(content), "\n")
	if len(content) > 0 && content[len(content)-1] != '\n' {
		lines++
	}
	return source{path: path, lines: lines, files: files, tree: tree}, err
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) generated() bool { return ast.IsGenerated(s.tree) }

func (s source) line(pos token.Pos) int { return s.files.Position(pos).Line }

func (s source) at(node ast.Node) string { return fmt.Sprintf("%s:%d", s.path, s.line(node.Pos())) }

// paths lists every file of the repository.
func paths() ([]string, error) {
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			found = append(found, path)
		case entry.Name() == ".git", entry.Name() == "node_modules", path == "bin", path == "dist":
			return fs.SkipDir
		}
		return nil
	})
	return found, err
}

// readSources parses every Go file of the repository, once for all rules.
var readSources = sync.OnceValues(func() ([]source, error) {
	all, err := paths()
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	var sources []source
	for _, path := range all {
		if filepath.Ext(path) != ".go" || strings.Contains(path, "testdata/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		file, err := parse(files, path, content)
		if err != nil {
			return nil, err
		}
		sources = append(sources, file)
	}
	return sources, nil
})

func sourcesOf(t *testing.T) []source {
	t.Helper()
	sources, err := readSources()
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(sources, func(s source) bool { return s.path == clockFile }),
		"%s is not among the files of the repository", clockFile)
	return sources
}

// eachFile applies a rule to every Go file that is not generated, and reports all findings.
func eachFile(t *testing.T, rule func(source) []string) {
	t.Helper()
	var findings []string
	for _, file := range sourcesOf(t) {
		if !file.generated() {
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

// tooLong finds functions and files that are too long to read at once.
func tooLong(file source) []string {
	var findings []string
	if file.lines > maxFileLines {
		findings = append(findings, fmt.Sprintf("%s has %d lines; %d at most: move pure logic into a leaf",
			file.path, file.lines, maxFileLines))
	}
	for _, f := range file.functions() {
		if lines := file.length(f); lines > maxFuncLines {
			findings = append(findings, fmt.Sprintf("%s: %s has %d lines; %d at most",
				file.at(f), f.Name.Name, lines, maxFuncLines))
		}
	}
	return findings
}

func (s source) functions() []*ast.FuncDecl {
	var found []*ast.FuncDecl
	for _, decl := range s.tree.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			found = append(found, f)
		}
	}
	return found
}

// length counts the lines between the first and the last line of a function. A function on one line has the length 1.
func (s source) length(f *ast.FuncDecl) int { return max(1, s.line(f.End())-s.line(f.Pos())-1) }

// clockReaders are the functions of package time that read the clock or wait for it.
var clockReaders = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer"}

// wallClock finds where the emulator asks the machine for the time instead of its own clock.
func wallClock(file source) []string {
	if !strings.HasPrefix(file.path, "emulator/") || file.path == clockFile || file.test() {
		return nil
	}
	var findings []string
	find := func(node ast.Node, what string) {
		findings = append(findings, fmt.Sprintf("%s: %s; only %s may read the clock: take the time as an argument",
			file.at(node), what, clockFile))
	}
	names := map[string]bool{}
	for _, spec := range importsOf(file.tree, "time") {
		switch {
		case spec.Name == nil:
			names["time"] = true
		case spec.Name.Name == ".": // Its names look like the package's own.
			find(spec, `import . "time"`)
		default:
			names[spec.Name.Name] = true
		}
	}

	ast.Inspect(file.tree, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name := selector.Sel.Name
		if pkg, ok := selector.X.(*ast.Ident); ok && names[pkg.Name] && slices.Contains(clockReaders, name) {
			find(selector, "time."+name)
		}
		return true
	})
	return findings
}

// importsOf returns the imports of a package in a file. Go allows several, each under another name.
func importsOf(tree *ast.File, path string) []*ast.ImportSpec {
	return slices.DeleteFunc(slices.Clone(tree.Imports), func(spec *ast.ImportSpec) bool {
		imported, err := strconv.Unquote(spec.Path.Value)
		return err != nil || imported != path
	})
}

// reserved reports whether a text has the word that is reserved for a future product across channels.
func reserved(s string) bool { return strings.Contains(strings.ToLower(s), "messaging") }

func reservedNames(file source) []string {
	var findings []string
	ast.Inspect(file.tree, func(node ast.Node) bool {
		if ident, ok := node.(*ast.Ident); ok && reserved(ident.Name) {
			findings = append(findings, fmt.Sprintf("%s: %s uses a word that is reserved for a future product",
				file.at(ident), ident.Name))
		}
		return true
	})
	return findings
}
