package examples_test

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/segmentflow/segmentflow-go"

// documents returns the paths of the README and of all guides. Their Go code runs as it is printed. A block that must
// not run, such as the code of another library, begins with "```go before".
func documents(t *testing.T) []string {
	t.Helper()
	guides, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	return append(guides, "../README.md")
}

// block is a fenced code block of a Markdown file. Its language is the text after the fence.
type block struct{ language, text string }

func blocks(t *testing.T, path string) []block {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var found []block
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(raw), -1) {
		found = append(found, block{m[1], m[2]})
	}
	return found
}

func only(list []block, language string) []string {
	var texts []string
	for _, b := range list {
		if b.language == language {
			texts = append(texts, b.text)
		}
	}
	return texts
}

// available are the packages that the code in a document uses without an import.
var available = []string{
	"bytes", "context", "crypto/sha256", "encoding/binary", "encoding/csv", "encoding/json", "errors", "flag", "fmt",
	"io", "log", "log/slog", "net/http", "net/http/httptest", "os", "path/filepath", "slices", "strings", "sync",
	"testing", "testing/synctest", "time",
	module, module + "/emulator", module + "/emulator/define",
}

// importsFor returns the imports that a piece of code needs.
func importsFor(code string) string {
	needed := "import (\n"
	for _, path := range available {
		name := path[strings.LastIndex(path, "/")+1:]
		if path == module {
			name = "segmentflow"
		}
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(code) {
			needed += fmt.Sprintf("\t%s %q\n", name, path)
		}
	}
	return needed + ")\n"
}

// fromEnv prepares the environment for code that makes its client with NewFromEnv.
const fromEnv = `	t.Setenv("SEGMENTFLOW_API_KEY", emu.APIKey())
	t.Setenv("SEGMENTFLOW_BASE_URL", emu.URL())
`

var declaration = regexp.MustCompile(`(?m)^func `) // statements may begin with var

// testFile returns the file that a code block of a document is in: a whole file as it is, declarations with their
// imports, and statements in a test that has the names ctx, emu, client and receipt.
func testFile(code, name string) string {
	if strings.HasPrefix(code, "package ") {
		return code
	}
	if !declaration.MatchString(code) {
		environment := ""
		if strings.Contains(code, "NewFromEnv(") {
			environment = fromEnv
		}
		code = fmt.Sprintf(`func Test%s(t *testing.T) {
	piece := func(ctx context.Context, emu *emulator.Emulator, client *segmentflow.Client, receipt string) error {
		{
%s
		}
		return nil
	}
	emu := emulator.Start(t, emulator.WithSeedFile("testdata/acme.yaml"))
%s	if err := piece(t.Context(), emu, emu.Client(), emu.ID("template", "order-receipt")); err != nil {
		t.Fatal(err)
	}
}
`, name, code, environment)
	}
	return "package shop_test\n\n" + importsFor(code) + "\n" + code
}

// reader creates a module next to this one, as a reader of a document would. Its go.mod has the same requirements as
// this module, so that Go needs to download nothing that the tests did not need already.
func reader(t *testing.T) (dir string, run func(args ...string) string) {
	t.Helper()
	dir = t.TempDir()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	run = func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), args[0], args[1:]...)
		command.Dir = dir
		command.Env = offline("GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s: %s", strings.Join(args, " "), out)
		return string(out)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		write(t, filepath.Join(dir, name), string(raw))
	}
	run("go", "mod", "edit", "-module=example.com/shop", "-require="+module+"@v0.0.0", "-replace="+module+"="+root)
	return dir, run
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// runs executes the Go code of a document in a module of its own. If the document has YAML, the first block is
// testdata/shop.yaml.
func runs(t *testing.T, path string) {
	t.Helper()
	found := blocks(t, path)
	code := only(found, "go")
	if len(code) == 0 {
		return
	}

	dir, run := reader(t)
	sample, err := os.ReadFile("../emulator/testdata/acme.yaml")
	require.NoError(t, err)
	write(t, filepath.Join(dir, "testdata/acme.yaml"), string(sample))
	if seeds := only(found, "yaml"); len(seeds) > 0 {
		write(t, filepath.Join(dir, "testdata/shop.yaml"), seeds[0])
	}

	var tests []string
	named := regexp.MustCompile(`(?m)^func ((?:Test|Example)\w*)\((?:t \*testing\.T)?\)`)
	for i, piece := range code {
		file := testFile(piece, fmt.Sprintf("Piece%d", i+1))
		write(t, filepath.Join(dir, fmt.Sprintf("piece%d_test.go", i+1)), file)
		for _, m := range named.FindAllStringSubmatch(file, -1) {
			tests = append(tests, m[1])
		}
	}
	require.NotEmpty(t, tests)

	test := []string{"go", "test", "-v", "-shuffle=on", "."}
	if slices.ContainsFunc(code, func(piece string) bool { return strings.Contains(piece, `flag.Bool("update"`) }) {
		run("go", "test", "-o", "shop.test", ".", "-update") // writes the golden files
		test = []string{"./shop.test", "-test.v", "-test.shuffle=on"}
	}
	out := run(test...)
	for _, name := range tests {
		require.Contains(t, out, "--- PASS: "+name+" (")
	}
}

func TestTheGoCodeOfTheDocumentsRuns(t *testing.T) {
	for _, path := range documents(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			runs(t, path)
		})
	}
}

func TestTheGoCodeOfTheDocumentsIsFormatted(t *testing.T) {
	for _, path := range documents(t) {
		for _, b := range blocks(t, path) {
			if language, _, _ := strings.Cut(b.language, " "); language != "go" {
				continue
			}
			formatted, err := format.Source([]byte(b.text))
			require.NoError(t, err, "%s:\n%s", path, b.text)
			require.Equal(t, string(formatted), b.text, path)
			require.Contains(t, []string{"go", "go before"}, b.language, path)
		}
	}
}

// prose returns a document without its code.
func prose(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(string(raw), "")
}

// anchors returns the names by which links can refer to the headings of a document.
func anchors(t *testing.T, path string) []string {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(prose(t, path), -1) {
		text := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(text, " ", "-"))
	}
	return names
}

func TestTheLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	paths, err := filepath.Glob("../*.md")
	require.NoError(t, err)
	guides, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	link, code := regexp.MustCompile(`\]\(([^):#]*)(?:#([^)]*))?\)`), regexp.MustCompile("`[^`\n]*`")
	for _, path := range append(paths, guides...) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(prose(t, path), ""), -1) {
			target := path
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(path), m[1])
			}
			_, err := os.Stat(target)
			require.NoError(t, err, "%s links to %s", path, m[1])
			if m[2] != "" && filepath.Ext(target) == ".md" {
				require.Contains(t, anchors(t, target), m[2], "%s links to a heading of %s", path, target)
			}
		}
	}
}

func TestTheGuideToTestingAnswersInThisOrder(t *testing.T) {
	raw, err := os.ReadFile("../docs/testing.md")
	require.NoError(t, err)
	var headings []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(raw), -1) {
		headings = append(headings, m[1])
	}
	at := -1
	for _, heading := range []string{
		"A first test in a minute", "A thirty-day Journey", "Retries and lost replies", "Email from a worker goroutine",
		"Approving a Broadcast", "Rate limits", "Golden emails", "testing/synctest", "Fixtures, images and forks",
		"Subtests and shared emulators", "CI", "Journey coverage", "What differs from the hosted service",
	} {
		next := slices.Index(headings, heading)
		require.Greater(t, next, at, "%q is missing or not in its place", heading)
		at = next
	}
}
