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

// arrows lists which packages of this module a package may import, all relative to the module. "." is the SDK, and a
// trailing /... means everything below. A package may import no others of this module.
var arrows = map[string][]string{
	".": {},

	// The parts of a seed as data.
	"emulator/define": {},

	// The public API, the doors, and the world behind them.
	"emulator": {
		".",
		"emulator/internal/assets",
		"emulator/internal/clock",
		"emulator/internal/control",
		"emulator/internal/coverage",
		"emulator/internal/evidence",
		"emulator/internal/faults",
		"emulator/internal/gateway",
		"emulator/internal/guard",
		"emulator/internal/idle",
		"emulator/internal/lazy",
		"emulator/internal/links",
		"emulator/internal/product",
		"emulator/internal/relay",
		"emulator/internal/seed",
		"emulator/internal/tell",
		"emulator/internal/web",
		"emulator/internal/webhook",
		"emulator/internal/world",
	},
	"emulator/internal/product": door(
		"emulator/internal/api", "emulator/internal/faults", "emulator/internal/gateway",
		"emulator/internal/quickjson", "emulator/internal/wire",
	),
	"emulator/internal/control": door(
		"emulator/internal/faults", "emulator/internal/gateway", "emulator/internal/seed",
		"emulator/internal/seedschema", "emulator/internal/tell",
	),
	"emulator/internal/web": door(
		"emulator/internal/coverage", "emulator/internal/faults", "emulator/internal/format",
		"emulator/internal/gateway", "emulator/internal/graph", "emulator/internal/lazy", "emulator/internal/sample",
		"emulator/internal/seed", "emulator/internal/shell", "emulator/internal/tell", "emulator/internal/timeline",
		"emulator/internal/walk",
	),
	"emulator/internal/links":    door("emulator/internal/gateway"),
	"emulator/internal/assets":   door("emulator/internal/gateway", "emulator/internal/upload"),
	"emulator/internal/seed":     door("emulator/internal/upload", "emulator/internal/zone"),
	"emulator/internal/tell":     door("emulator/internal/lazy"),
	"emulator/internal/guard":    door("emulator/internal/gateway", "emulator/internal/tell"),
	"emulator/internal/timeline": door("emulator/internal/format", "emulator/internal/gateway"),
	"emulator/internal/world": append([]string{
		"emulator/internal/brand",
		"emulator/internal/carriers",
		"emulator/internal/clock",
		"emulator/internal/coverage",
		"emulator/internal/idle",
		"emulator/internal/ids",
		"emulator/internal/madekeys",
		"emulator/internal/outcome",
		"emulator/internal/quickjson",
		"emulator/internal/relay",
		"emulator/internal/store",
		"emulator/internal/turn",
		"emulator/internal/webhook",
		"emulator/internal/upload",
	}, plain...),

	// The leaves.
	"emulator/internal/api":          {},
	"emulator/internal/api/specjson": {},
	"emulator/internal/brand":        {"emulator/internal/lazy"},
	"emulator/internal/carriers":     {"emulator/internal/cond", "emulator/internal/lazy", "emulator/internal/render"},
	"emulator/internal/clock":        {},
	"emulator/internal/cond":         {"emulator/internal/quickjson", "emulator/internal/zone"},
	"emulator/internal/dbfile":       {},
	"emulator/internal/delta":        {},
	"emulator/internal/evidence":     {},
	"emulator/internal/coverage":     {"emulator/internal/graph", "emulator/internal/journey"},
	"emulator/internal/faults":       {"emulator/internal/format"},
	"emulator/internal/format":       {"emulator/internal/cond"},
	"emulator/internal/graph":        {"emulator/internal/format"},
	"emulator/internal/gateway":      {"emulator/internal/lazy"},
	"emulator/internal/idle":         {},
	"emulator/internal/ids":          {},
	"emulator/internal/journey":      {"emulator/internal/cond", "emulator/internal/zone"},
	"emulator/internal/lazy":         {},
	"emulator/internal/madekeys":     {},
	"emulator/internal/mail":         {"emulator/internal/lazy"},
	"emulator/internal/outcome":      {"emulator/internal/mail"},
	"emulator/internal/quickjson":    {},
	"emulator/internal/rawsql":       {},
	"emulator/internal/relay":        {"emulator/internal/idle"},
	"emulator/internal/render":       {"emulator/internal/cond", "emulator/internal/lazy", "emulator/internal/mail"},
	"emulator/internal/sample":       {"emulator/internal/render"},
	"emulator/internal/seedschema":   {},
	"emulator/internal/seedschema/schemagen": {
		"emulator", "emulator/define", "emulator/internal/cond", "emulator/internal/journey",
		"emulator/internal/render", "emulator/internal/seed",
	},
	"emulator/internal/shell": {"emulator/internal/lazy"},
	"emulator/internal/store": {
		"emulator/internal/brand", "emulator/internal/cond", "emulator/internal/dbfile", "emulator/internal/delta",
		"emulator/internal/ids", "emulator/internal/outcome", "emulator/internal/quickjson", "emulator/internal/rawsql",
		"emulator/internal/relay", "emulator/internal/webhook", "emulator/internal/zone",
	},
	"emulator/internal/upload": {},
	"emulator/internal/turn":   {},
	"emulator/internal/walk": {
		"emulator/internal/cond", "emulator/internal/coverage", "emulator/internal/format", "emulator/internal/graph",
		"emulator/internal/journey",
	},
	"emulator/internal/webhook": {"emulator/internal/idle"},
	"emulator/internal/wire":    {"emulator/internal/api", "emulator/internal/lazy", "emulator/internal/quickjson"},
	"emulator/internal/zone":    {},

	"otel": {"."},

	"internal/planecheck": {},
	"cmd/...":             {".", "emulator"},
	"examples/...":        {".", "emulator", "emulator/define"},

	"internal/browsertest":  {".", "emulator"},
	"internal/consumertest": {".", "emulator", "emulator/define"},
}

// plain are the leaves whose types every door may use.
var plain = []string{
	"emulator/internal/cond",
	"emulator/internal/journey",
	"emulator/internal/mail",
	"emulator/internal/render",
}

// door returns what a door of the world may import: the world, plain types, and more.
func door(more ...string) []string {
	return slices.Concat([]string{"emulator/internal/world"}, plain, more)
}

// sql are the packages that only the store may import. That includes tests, with the exceptions in sqlOutsideStore.
var sql = []string{"database/sql", "modernc.org/sqlite"}

// listed are the fields of pkg, as the go command takes them.
const listed = "ImportPath,Standard,Export,GoFiles,Imports,TestImports,XTestImports"

// pkg is a package as `go list -json` describes it.
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

// relative returns an import path relative to the module: "." for the root package, and a foreign path unchanged.
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

// matches reports whether one of the patterns matches name.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, ok := strings.CutSuffix(pattern, "...")
		return name == pattern || ok && strings.HasPrefix(name, below)
	})
}

// allowed returns what a package may import. It returns false if no pattern of the table matches the package.
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

// wrongArrows finds imports of this module's packages that the table does not allow.
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

// sqlOutsideStore finds imports of SQL packages outside of the store, and of rawsql, which carries out its statements.
func sqlOutsideStore(p pkg) []string {
	if p.name() == "emulator/internal/store" || p.name() == "emulator/internal/rawsql" {
		return nil
	}
	imports := slices.Concat(p.Imports, p.TestImports)
	// Tests of these may use SQL: benchmarks measure the least that SQL costs, and some tests use a database file
	// as another program would.
	if p.name() != "emulator" && !strings.HasPrefix(p.name(), "cmd/") {
		imports = append(imports, p.XTestImports...)
	}
	var findings []string
	for _, path := range imports {
		if slices.ContainsFunc(sql, func(s string) bool { return strings.HasPrefix(path+"/", s+"/") }) {
			findings = append(findings, fmt.Sprintf("%s must not import %s: only the store uses SQL", p.name(), path))
		}
	}
	return findings
}

func TestImportsFollowTheArrows(t *testing.T) {
	var findings []string
	for _, p := range list(t, "./...") {
		findings = append(findings, sqlOutsideStore(p)...)
		if len(p.GoFiles) > 0 { // A package of tests may import what it tests.
			findings = append(findings, wrongArrows(p)...)
		}
	}
	report(t, findings)
}

func TestTheSDKNeedsOneDependency(t *testing.T) {
	may := []string{".", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp"}
	for _, p := range list(t, "-deps", ".") {
		require.True(t, p.Standard || slices.Contains(may, p.name()), "the SDK must not depend on %s", p.name())
		require.NotEqual(t, "database/sql", p.ImportPath, "the SDK must not depend on SQL")
	}
}

// TestTheCommandNeedsWhatTheEmulatorNeeds keeps `go run` of the command working in the modules of users, as the
// documentation and WithEvidence say it: their go.sum only knows what their own imports need.
func TestTheCommandNeedsWhatTheEmulatorNeeds(t *testing.T) {
	known := map[string]bool{}
	for _, p := range list(t, "-deps", "./emulator") {
		known[p.ImportPath] = true
	}
	for _, p := range list(t, "-deps", "./cmd/segmentflow-emulator") {
		own := strings.HasPrefix(p.ImportPath, module+"/")
		require.True(t, p.Standard || own || known[p.ImportPath], "only the command needs %s", p.ImportPath)
	}
}

func TestThePartsOfASeedNeedOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range list(t, "-deps", "./emulator/define") {
		require.True(t, p.Standard || p.name() == "emulator/define", "emulator/define must not depend on %s", p.name())
	}
}

// ours returns the import paths of packages of this module.
func ours(names ...string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = strings.TrimSuffix(module+"/"+name, "/.")
	}
	return paths
}

// importCase is a package, its imports, and the one finding about them. If want is empty, there is none.
type importCase struct {
	name, from string
	imports    []string
	want       string
}

func eachImportCase(t *testing.T, rule func(pkg) []string, cases []importCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			require.Equal(t, want, rule(pkg{ImportPath: ours(c.from)[0], Imports: c.imports}))
		})
	}
}

func TestTheArrowsAllowImports(t *testing.T) {
	eachImportCase(t, wrongArrows, []importCase{
		{
			"package emulator imports the SDK, a door and the world", "emulator",
			ours(".", "emulator/internal/product", "emulator/internal/world"), "",
		},
		{"journeys import conditions", "emulator/internal/journey", ours("emulator/internal/cond"), ""},
		{
			"a leaf imports packages of others", "emulator/internal/mail",
			[]string{"github.com/emersion/go-smtp", "net"}, "",
		},
	})
}

func TestTheArrowsFindForbiddenImports(t *testing.T) {
	eachImportCase(t, wrongArrows, []importCase{
		{
			"package emulator imports the store", "emulator", ours("emulator/internal/store"),
			"emulator must not import emulator/internal/store",
		},
		{
			"a door imports the store", "emulator/internal/web", ours("emulator/internal/store"),
			"emulator/internal/web must not import emulator/internal/store",
		},
		{
			"a door imports another", "emulator/internal/tell", ours("emulator/internal/product"),
			"emulator/internal/tell must not import emulator/internal/product",
		},
		{
			"the world imports a door", "emulator/internal/world", ours("emulator/internal/seed"),
			"emulator/internal/world must not import emulator/internal/seed",
		},
		{
			"another door imports the contract", "emulator/internal/control", ours("emulator/internal/wire"),
			"emulator/internal/control must not import emulator/internal/wire",
		},
		{"the SDK imports package emulator", ".", ours("emulator"), ". must not import emulator"},
		{
			"a leaf imports the SDK", "emulator/internal/mail", ours("."),
			"emulator/internal/mail must not import .",
		},
		{
			"a leaf imports package emulator", "emulator/internal/wire", ours("emulator"),
			"emulator/internal/wire must not import emulator",
		},
		{
			"the parts of a seed import the language", "emulator/define", ours("emulator/internal/cond"),
			"emulator/define must not import emulator/internal/cond",
		},
		{
			"a leaf imports another", "emulator/internal/cond", ours("emulator/internal/store"),
			"emulator/internal/cond must not import emulator/internal/store",
		},
		{
			"an example imports an internal package", "examples/welcome", ours("emulator", "emulator/internal/api"),
			"examples/welcome must not import emulator/internal/api",
		},
		{
			"a package that the table does not have", "emulator/internal/service", nil,
			"emulator/internal/service is not in the table of arrows: decide what it may import",
		},
	})
}

func TestOnlyTheStoreMayUseSQL(t *testing.T) {
	eachImportCase(t, sqlOutsideStore, []importCase{
		{
			"SQL in package emulator", "emulator", []string{"modernc.org/sqlite/lib"},
			"emulator must not import modernc.org/sqlite/lib: only the store uses SQL",
		},
		{"SQL in the store", "emulator/internal/store", []string{"database/sql", "modernc.org/sqlite"}, ""},
	})
}
