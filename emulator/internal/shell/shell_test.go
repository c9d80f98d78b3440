package shell_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/shell"
)

// shells returns the shells of this machine.
func shells() (paths []string) {
	for _, name := range []string{"bash", "zsh", "ksh"} {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// args returns the arguments that a shell calls curl with.
func args(t *testing.T, path, command string) []string {
	t.Helper()
	script := `curl() { printf '%s\0' "$@"; }; ` + command
	out, err := exec.CommandContext(t.Context(), path, "-c", script).Output()
	require.NoError(t, err, command)
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestAShellReadsAWordUnchanged(t *testing.T) {
	for _, word := range []string{
		"plain", "it's", `$HOME "x" \ ` + "`id`", "a\tb", "two\nlines", "zero\u200bwidth", "\u202ertl", "bad\xff\xfe1",
		"é", "\uFFFD1", "!history", "-x", "*?[a]{b,c}~;&|<>()#%", "it's \u202e \\",
	} {
		for _, path := range shells() {
			require.Equal(t, []string{word}, args(t, path, "curl "+shell.Word(word)), path)
		}
	}
	require.Equal(t, "plain/word.txt", shell.Word("plain/word.txt"), "what needs no quotes has none")
	require.Equal(t, `'it'\''s'`, shell.Word("it's"))
	require.Equal(t, `$'\342\200\256rtl'`, shell.Word("\u202ertl"), "a page shows what it stands for")
}

func TestCurlMakesTheSameCall(t *testing.T) {
	const address = "http://127.0.0.1:8080"
	for _, c := range []struct {
		name string
		call shell.Call
		want string
	}{
		{"GET", shell.Call{Method: "GET", Path: "/a"}, "http://127.0.0.1:8080/a"},
		{"HEAD", shell.Call{Method: "HEAD", Path: "/a"}, "--head http://127.0.0.1:8080/a"},
		{"dots", shell.Call{Method: "GET", Path: "/a/../b"}, "--path-as-is http://127.0.0.1:8080/a/../b"},
		{"POST", shell.Call{Method: "POST", Path: "/a", Key: true, IdempotencyKey: "k", Body: "{}"},
			"-X POST http://127.0.0.1:8080/a -H x-api-key: secret -H idempotency-key: k " +
				"-H content-type: application/json --data-raw {}"},
		{"a long body", shell.Call{Method: "PUT", Path: "/a", Body: strings.Repeat("x", shell.MaxBody+1)},
			"-X PUT http://127.0.0.1:8080/a -H content-type: application/json --data-binary @body.json"},
	} {
		c.call.Address = address
		for _, path := range shells() {
			got := args(t, path, "SEGMENTFLOW_API_KEY=secret; "+shell.Curl(c.call))
			require.Equal(t, c.want, strings.Join(got, " "), c.name)
		}
	}
}
