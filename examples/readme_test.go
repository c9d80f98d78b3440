package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/segmentflow/segmentflow-go"

// block is a fenced code block of a Markdown file.
type block struct{ language, text string }

func blocks(t *testing.T, path string) []block {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var found []block
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(raw), -1) {
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

// packages contains the packages that Go code in the README uses without an import.
var packages = map[string]string{
	"errors": "errors", "fmt": "fmt", "time": "time", "segmentflow": module, "emulator": module + "/emulator",
	"define": module + "/emulator/define",
}

// around returns a test file for a piece of code that is not in a function. The test defines the names that the README
// uses.
func around(piece, name string) string {
	imports := []string{
		`"context"`,
		`"testing"`,
		fmt.Sprintf("segmentflow %q", packages["segmentflow"]),
		fmt.Sprintf("%q", packages["emulator"]),
	}
	for _, name := range []string{"errors", "fmt", "time", "define"} {
		if strings.Contains(piece, name+".") {
			imports = append(imports, fmt.Sprintf("%q", packages[name]))
		}
	}
	return fmt.Sprintf(`package shop_test

import (
%s
)

func Test%s(t *testing.T) {
	world := emulator.Start(t, emulator.WithSeedFile("testdata/acme.yaml"))
	t.Setenv("SEGMENTFLOW_API_KEY", world.APIKey())
	t.Setenv("SEGMENTFLOW_BASE_URL", world.URL())
	piece := func(ctx context.Context, client *segmentflow.Client, receipt string) error {
		{
%s
		}
		return nil
	}
	if err := piece(t.Context(), world.Client(), world.ID("template", "order-receipt")); err != nil {
		t.Fatal(err)
	}
}
`, strings.Join(imports, "\n"), name, piece)
}

// reader creates a module next to this one, as a reader of the README would. Its go.mod has the same requirements as
// this module, so that Go needs to download nothing that the tests did not need already.
func reader(t *testing.T) (dir string, run func(args ...string) string) {
	t.Helper()
	dir = t.TempDir()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	run = func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir = dir
		command.Env = offline("GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
		return string(out)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		write(t, filepath.Join(dir, name), string(raw))
	}
	run("mod", "edit", "-module=example.com/shop", "-require="+module+"@v0.0.0", "-replace="+module+"="+root)
	return dir, run
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestTheFirstTestOfTheREADMERuns(t *testing.T) {
	dir, run := reader(t)
	first := only(blocks(t, "../README.md"), "go")[0]
	write(t, filepath.Join(dir, "shop_test.go"), first)
	require.Contains(t, run("test", "-v", "-run", "^TestHello$", "."), "--- PASS: TestHello")
}

func TestTheGoCodeOfTheREADMERuns(t *testing.T) {
	dir, run := reader(t)
	readme := blocks(t, "../README.md")
	sample, err := os.ReadFile("../emulator/testdata/acme.yaml")
	require.NoError(t, err)
	write(t, filepath.Join(dir, "testdata/acme.yaml"), string(sample))
	write(t, filepath.Join(dir, "testdata/shop.yaml"), only(readme, "yaml")[0])
	pieces := only(readme, "go")[1:]
	require.NotEmpty(t, pieces)
	names := make([]string, len(pieces))
	for i, piece := range pieces {
		require.NotContains(t, piece, "package ", "a whole file runs as it is; this test knows one of them")
		names[i] = fmt.Sprintf("Piece%d", i+1)
		write(t, filepath.Join(dir, fmt.Sprintf("piece%d_test.go", i+1)), around(piece, names[i]))
	}
	out := run("test", "-v", ".")
	for _, name := range names {
		require.Contains(t, out, "--- PASS: Test"+name)
	}
}

func TestTheDocumentsLinkToExistingFiles(t *testing.T) {
	documents, err := filepath.Glob("../*.md")
	require.NoError(t, err)
	guides, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	documents = append(documents, guides...)
	link, code := regexp.MustCompile(`\]\(([^)#:]+)\)`), regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
	for _, path := range documents {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(raw), ""), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(path), m[1]))
			require.NoError(t, err, "%s links to %s", path, m[1])
		}
	}
}
