package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// guides are the documents in docs whose Go code runs as it is printed. Each becomes a package of its own.
var guides = []string{"testing", "errors"}

// available are the packages that the code in a guide uses without an import.
var available = []string{
	"bytes", "context", "errors", "flag", "fmt", "io", "log", "log/slog", "net/http", "net/http/httptest", "os",
	"path/filepath", "slices", "strings", "sync", "testing", "testing/synctest", "time",
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

var declaration = regexp.MustCompile(`(?m)^(func|var|const|type) `)

// testFile returns the file that a code block of the document is in: a whole file as it is, declarations with their
// imports, and statements in a test that has the names ctx, emu and client.
func testFile(code, name string) string {
	if !strings.HasPrefix(code, "package ") && !declaration.MatchString(code) {
		code = fmt.Sprintf(`func Test%s(t *testing.T) {
	piece := func(ctx context.Context, emu *emulator.Emulator, client *segmentflow.Client) error {
		{
%s
		}
		return nil
	}
	emu := emulator.Start(t)
	if err := piece(t.Context(), emu, emu.Client()); err != nil {
		t.Fatal(err)
	}
}
`, name, code)
	}
	if !strings.HasPrefix(code, "package ") {
		code = "package shop_test\n\n" + importsFor(code) + "\n" + code
	}
	return code
}

// writeGuide writes the code of a guide into a package of its own, and returns the names of its tests. If it has YAML,
// the first block is testdata/shop.yaml.
func writeGuide(t *testing.T, dir, guide string) (tests []string) {
	t.Helper()
	found := blocks(t, "../docs/"+guide+".md")
	sample, err := os.ReadFile("../emulator/testdata/acme.yaml")
	require.NoError(t, err)
	write(t, filepath.Join(dir, guide, "testdata/acme.yaml"), string(sample))
	for _, seed := range only(found, "yaml")[:min(1, len(only(found, "yaml")))] {
		write(t, filepath.Join(dir, guide, "testdata/shop.yaml"), seed)
	}

	named := regexp.MustCompile(`(?m)^func (Test\w+|Example\w*)\((?:t \*testing\.T)?\)`)
	for i, code := range only(found, "go") {
		file := testFile(code, fmt.Sprintf("Piece%d", i+1))
		write(t, filepath.Join(dir, guide, fmt.Sprintf("piece%d_test.go", i+1)), file)
		for _, m := range named.FindAllStringSubmatch(file, -1) {
			tests = append(tests, m[1])
		}
	}
	require.NotEmpty(t, tests, guide)
	return tests
}

func TestTheGoCodeOfTheGuidesRuns(t *testing.T) {
	dir, run := reader(t)
	tests := map[string][]string{}
	for _, guide := range guides {
		tests[guide] = writeGuide(t, dir, guide)
	}
	run("test", "./testing", "-update") // writes the golden files
	for guide, names := range tests {
		out := run("test", "-v", "-shuffle=on", "./"+guide)
		for _, name := range names {
			require.Contains(t, out, "--- PASS: "+name+" (")
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
