package house_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/segmentflow/segmentflow-go"

// arrows says what of ours a package may import, both relative to the module; "." is the SDK and a trailing /... means
// everything below. What is not here may not be.
var arrows = map[string][]string{
	".": {},

	// The face, its doors, and the world behind them.
	"emulator": {
		".", "emulator/internal/control", "emulator/internal/gateway", "emulator/internal/product", "emulator/internal/seed",
		"emulator/internal/tell", "emulator/internal/web", "emulator/internal/world",
	},
	"emulator/internal/product": door("emulator/internal/api", "emulator/internal/gateway", "emulator/internal/wire"),
	"emulator/internal/control": door("emulator/internal/gateway", "emulator/internal/seed", "emulator/internal/tell"),
	"emulator/internal/web":     door("emulator/internal/gateway", "emulator/internal/seed", "emulator/internal/tell"),
	"emulator/internal/seed":    door(),
	"emulator/internal/tell":    door(),
	"emulator/internal/world": append([]string{
		"emulator/internal/carriers", "emulator/internal/outcome", "emulator/internal/store",
	}, plain...),

	// The leaves.
	"emulator/internal/api":          {},
	"emulator/internal/api/specjson": {},
	"emulator/internal/carriers":     {"emulator/internal/cond", "emulator/internal/render"},
	"emulator/internal/cond":         {},
	"emulator/internal/gateway":      {},
	"emulator/internal/journey":      {"emulator/internal/cond"},
	"emulator/internal/mail":         {},
	"emulator/internal/outcome":      {"emulator/internal/mail"},
	"emulator/internal/render":       {"emulator/internal/cond"},
	"emulator/internal/store":        {"emulator/internal/cond", "emulator/internal/outcome"},
	"emulator/internal/wire":         {"emulator/internal/api"},

	"cmd/...":      {".", "emulator"},
	"examples/...": {".", "emulator"},
}

// plain are the leaves whose types every door may use.
var plain = []string{"emulator/internal/cond", "emulator/internal/journey", "emulator/internal/mail", "emulator/internal/render"}

// door is what a door of the world may import: the world, plain types, and what else it needs.
func door(more ...string) []string {
	return slices.Concat([]string{"emulator/internal/world"}, plain, more)
}

// sql is what only the store may import, tests included.
var sql = []string{"database/sql", "modernc.org/sqlite"}

// listed are the fields of pkg.
const listed = "ImportPath,Standard,Export,GoFiles,Imports,TestImports,XTestImports"

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath   string
	Standard     bool
	Export       string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func (p pkg) name() string { return relative(p.ImportPath) }

// relative gives "." for the root package, and an import path that is not ours unchanged.
func relative(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=" + listed}, args...)...)
	command.Dir = root
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		require.NoError(t, err, "%s", exit.Stderr)
	}
	require.NoError(t, err)
	var packages []pkg
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

// matches reports whether name is one of the patterns.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, ok := strings.CutSuffix(pattern, "...")
		return name == pattern || ok && strings.HasPrefix(name, below)
	})
}

func allowed(name string) ([]string, bool) {
	if exact, ok := arrows[name]; ok {
		return exact, true
	}
	for pattern, may := range arrows {
		if matches([]string{pattern}, name) {
			return may, true
		}
	}
	return nil, false
}

// wrongArrows finds the imports of ours that the table does not have.
func wrongArrows(p pkg) []string {
	may, ok := allowed(p.name())
	if !ok {
		return []string{fmt.Sprintf("%s is not in the table of arrows: decide what it may import", p.name())}
	}
	var findings []string
	for _, path := range p.Imports {
		if strings.HasPrefix(path+"/", module+"/") && !matches(may, relative(path)) {
			findings = append(findings, fmt.Sprintf("%s must not import %s", p.name(), relative(path)))
		}
	}
	return findings
}

func strayedSQL(p pkg) []string {
	if p.name() == "emulator/internal/store" {
		return nil
	}
	imports := slices.Concat(p.Imports, p.TestImports)
	// Benchmarks of the emulator measure the least that SQL costs, and tests use a file as another program would.
	if p.name() != "emulator" && !strings.HasPrefix(p.name(), "cmd/") {
		imports = append(imports, p.XTestImports...)
	}
	var findings []string
	for _, path := range imports {
		if slices.ContainsFunc(sql, func(s string) bool { return strings.HasPrefix(path+"/", s+"/") }) {
			findings = append(findings, fmt.Sprintf("%s must not import %s: SQL is the store's alone", p.name(), path))
		}
	}
	return findings
}

func TestImportsFollowTheArrows(t *testing.T) {
	var findings []string
	for _, p := range list(t, "./...") {
		findings = append(findings, strayedSQL(p)...)
		if len(p.GoFiles) > 0 { // Tests may import what they test.
			findings = append(findings, wrongArrows(p)...)
		}
	}
	report(t, findings)
}

func TestTheSDKNeedsOneDependency(t *testing.T) {
	may := []string{".", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp"}
	for _, p := range list(t, "-deps", ".") {
		require.True(t, p.Standard || slices.Contains(may, p.name()), "the SDK must not reach %s", p.name())
		require.NotEqual(t, "database/sql", p.ImportPath, "the SDK must not reach SQL")
	}
}

func TestTheArrowsFindWhatTheyForbid(t *testing.T) {
	ours := func(names ...string) []string {
		paths := make([]string, len(names))
		for i, name := range names {
			paths[i] = strings.TrimSuffix(module+"/"+name, "/.")
		}
		return paths
	}
	for _, c := range []struct {
		name, from string
		imports    []string
		rule       func(pkg) []string
		want       []string
	}{
		{"the face opens its doors", "emulator", ours(".", "emulator/internal/product", "emulator/internal/world"), wrongArrows, nil},
		{"the face reads the store", "emulator", ours("emulator/internal/store"), wrongArrows,
			[]string{"emulator must not import emulator/internal/store"}},
		{"a door reads the store", "emulator/internal/web", ours("emulator/internal/store"), wrongArrows,
			[]string{"emulator/internal/web must not import emulator/internal/store"}},
		{"a door reads another", "emulator/internal/tell", ours("emulator/internal/product"), wrongArrows,
			[]string{"emulator/internal/tell must not import emulator/internal/product"}},
		{"the world reads a door", "emulator/internal/world", ours("emulator/internal/seed"), wrongArrows,
			[]string{"emulator/internal/world must not import emulator/internal/seed"}},
		{"the contract leaves its door", "emulator/internal/control", ours("emulator/internal/wire"), wrongArrows,
			[]string{"emulator/internal/control must not import emulator/internal/wire"}},
		{"the SDK reads the face", ".", ours("emulator"), wrongArrows, []string{". must not import emulator"}},
		{"a leaf reads the SDK", "emulator/internal/mail", ours("."), wrongArrows, []string{"emulator/internal/mail must not import ."}},
		{"a leaf reads the face", "emulator/internal/wire", ours("emulator"), wrongArrows, []string{"emulator/internal/wire must not import emulator"}},
		{"a leaf reads its neighbour", "emulator/internal/cond", ours("emulator/internal/store"), wrongArrows,
			[]string{"emulator/internal/cond must not import emulator/internal/store"}},
		{"journeys read conditions", "emulator/internal/journey", ours("emulator/internal/cond"), wrongArrows, nil},
		{"an example goes around the face", "examples/welcome", ours("emulator", "emulator/internal/api"), wrongArrows,
			[]string{"examples/welcome must not import emulator/internal/api"}},
		{"a package that nobody decided on", "emulator/internal/service", nil, wrongArrows,
			[]string{"emulator/internal/service is not in the table of arrows: decide what it may import"}},
		{"other people's packages", "emulator/internal/mail", []string{"github.com/emersion/go-smtp", "net"}, wrongArrows, nil},
		{"SQL in the face", "emulator", []string{"modernc.org/sqlite/lib"}, strayedSQL,
			[]string{"emulator must not import modernc.org/sqlite/lib: SQL is the store's alone"}},
		{"SQL in the store", "emulator/internal/store", []string{"database/sql", "modernc.org/sqlite"}, strayedSQL, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, c.rule(pkg{ImportPath: ours(c.from)[0], Imports: c.imports}))
		})
	}
}
