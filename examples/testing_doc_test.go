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

// available are the packages that the code in docs/testing.md uses without an import.
var available = []string{
	"bytes", "context", "errors", "flag", "fmt", "io", "log", "net/http", "net/http/httptest", "os", "path/filepath",
	"slices", "strings", "sync", "testing", "testing/synctest", "time",
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

func TestTheGoCodeOfTheGuideToTestingRuns(t *testing.T) {
	dir, run := reader(t)
	guide := blocks(t, "../docs/testing.md")
	sample, err := os.ReadFile("../emulator/testdata/acme.yaml")
	require.NoError(t, err)
	write(t, filepath.Join(dir, "testdata/acme.yaml"), string(sample))
	write(t, filepath.Join(dir, "testdata/shop.yaml"), only(guide, "yaml")[0])

	var tests []string
	named := regexp.MustCompile(`(?m)^func (Test\w+|Example\w*)\((?:t \*testing\.T)?\)`)
	for i, code := range only(guide, "go") {
		file := testFile(code, fmt.Sprintf("Piece%d", i+1))
		write(t, filepath.Join(dir, fmt.Sprintf("piece%d_test.go", i+1)), file)
		for _, m := range named.FindAllStringSubmatch(file, -1) {
			tests = append(tests, m[1])
		}
	}
	require.Greater(t, len(tests), 5)

	run("test", ".", "-update") // writes the golden files
	out := run("test", "-v", "-shuffle=on", ".")
	for _, name := range tests {
		require.Contains(t, out, "--- PASS: "+name+" (")
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
