// Package languagestest_test does what docs/other-languages.md says, as it is printed: it runs the commands, writes the
// files, and performs the workflows, each in an empty folder. It is a module of its own, because it needs Node with
// npm, Python, and curl. `make languages` runs it.
package languagestest_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page uses the emulator's own port, and one more.
var ports = []string{"127.0.0.1:4010", "127.0.0.1:4011"}

func TestThePageWorksAsItIsPrinted(t *testing.T) {
	for _, tool := range []string{"npm", "python3", "curl", "tar"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") != "true" {
			t.Skip("needs Node with npm, Python, curl and tar; " + err.Error())
		}
	}
	for _, port := range ports {
		listener, err := net.Listen("tcp", port)
		require.NoError(t, err, "the commands of the page need this port")
		require.NoError(t, listener.Close())
	}
	program := filepath.Join(t.TempDir(), "segmentflow-emulator")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/segmentflow-emulator")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	s := &shell{T: t, folder: t.TempDir(), env: environment(serveRelease(t, program))}
	defer s.end()
	for _, b := range blocks(t) {
		switch {
		case b.language == "sh":
			s.run(b.text)
		case b.language == "text":
			s.prints(b.text)
		case strings.HasPrefix(b.file, ".github/workflows/"):
			s.end() // a job has a machine of its own
			perform(s, program, b.text)
		default:
			s.add(b.file, b.text)
		}
	}
}

// npmBefore is the day of the newest packages that npm installs here. Without it, a package that somebody publishes
// today could break a test of yesterday. Whoever gives the page newer versions moves it.
const npmBefore = "2026-11-25"

// environment is that of a reader. Only npm's talk is left out, no package may run a script of its own, and none is
// newer than the page.
func environment(extra ...string) []string {
	env := append(extra, "npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false",
		"npm_config_ignore_scripts=true", "npm_config_before="+npmBefore, "NO_COLOR=1", "PYTHONDONTWRITEBYTECODE=1")
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SEGMENTFLOW_") {
			env = append(env, v)
		}
	}
	return env
}

// add writes a file, or adds to one that the page has begun.
func (s *shell) add(name, text string) {
	s.Helper()
	path := filepath.Join(s.folder, name)
	if before, err := os.ReadFile(path); err == nil {
		text = string(before) + "\n" + text
	}
	write(s.T, path, text)
}
