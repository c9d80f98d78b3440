package house_test

import (
	"fmt"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nestedModules returns the folders of the modules that users or their tests need, besides that of the root. The go
// command leaves their packages out of ./... of the root.
func nestedModules(t *testing.T) []string {
	t.Helper()
	all, err := paths()
	require.NoError(t, err)
	var modules []string
	for _, file := range all {
		folder := path.Dir(file)
		if path.Base(file) == "go.mod" && folder != "." && !strings.HasPrefix(folder+"/", "tools/") {
			modules = append(modules, folder)
		}
	}
	return modules
}

// packagesBelow returns the packages of a nested module, from their sources: to list them, the go command would have to
// download what they import.
func packagesBelow(folder string, sources []source) map[string]*pkg {
	packages := map[string]*pkg{}
	for _, file := range sources {
		name := path.Dir(file.path)
		if !strings.HasPrefix(name+"/", folder+"/") {
			continue
		}
		p := packages[name]
		if p == nil {
			p = &pkg{ImportPath: module + "/" + name}
			packages[name] = p
		}
		for _, spec := range file.tree.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if file.test() {
				p.TestImports = append(p.TestImports, imported)
			} else {
				p.Imports = append(p.Imports, imported)
			}
		}
		if !file.test() {
			p.GoFiles = append(p.GoFiles, file.path)
		}
	}
	return packages
}

func TestImportsOfNestedModulesFollowTheArrows(t *testing.T) {
	var findings []string
	for _, folder := range nestedModules(t) {
		for _, p := range packagesBelow(folder, sourcesOf(t)) {
			findings = append(findings, sqlOutsideStore(*p)...)
			if len(p.GoFiles) > 0 {
				findings = append(findings, wrongArrows(*p)...)
			}
		}
	}
	report(t, findings)
}

// untested finds modules that the list NESTED of the Makefile does not name, and names of others.
func untested(makefile string, modules []string) (findings []string) {
	line := regexp.MustCompile(`(?m)^NESTED := (.*)$`).FindStringSubmatch(makefile)
	if line == nil {
		return []string{"the Makefile has no list NESTED"}
	}
	named := strings.Fields(line[1])
	for _, folder := range modules {
		if !slices.Contains(named, folder) {
			findings = append(findings, fmt.Sprintf("NESTED in the Makefile does not name %s", folder))
		}
	}
	for _, name := range named {
		if !slices.Contains(modules, name) {
			findings = append(findings, fmt.Sprintf("NESTED in the Makefile names %s, which is not a module", name))
		}
	}
	return findings
}

func TestMakeTestsEveryNestedModule(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	report(t, untested(string(makefile), nestedModules(t)))
}

func TestTheRulesOfNestedModulesFindWhatIsWrong(t *testing.T) {
	require.Empty(t, untested("NESTED := a b/c\n", []string{"a", "b/c"}))
	require.Equal(t, []string{
		"NESTED in the Makefile does not name b/c",
		"NESTED in the Makefile names d, which is not a module",
	}, untested("NESTED := a d\n", []string{"a", "b/c"}))
	require.Len(t, untested("", nil), 1)

	var sources []source
	for name, imported := range map[string]string{
		"otel/a.go": "emulator/internal/world", "otel/a_test.go": "emulator", "otelx/b.go": "emulator",
	} {
		code := fmt.Sprintf("package p\nimport %q", ours(imported)[0])
		file, err := parse(token.NewFileSet(), name, []byte(code))
		require.NoError(t, err)
		sources = append(sources, file)
	}
	packages := packagesBelow("otel", sources)
	require.Len(t, packages, 1)
	require.Equal(t, []string{"otel must not import emulator/internal/world"}, wrongArrows(*packages["otel"]),
		"a test may import more")
}
