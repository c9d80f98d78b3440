// Package release_test tests what a release consists of: the archives that goreleaser left in dist, and the container.
// `make release-check` and `make container-check` run it.
package release_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	root    = "../.."
	dist    = root + "/dist"
	project = "segmentflow-emulator"

	// patience is how long a process may take to start, to answer and to end.
	patience = 30 * time.Second
)

// target is a pair of GOOS and GOARCH.
type target struct{ goos, goarch string }

// archive returns the name of the archive for a target.
func (t target) archive() string {
	if t.goos == "windows" {
		return project + "_" + t.goos + "_" + t.goarch + ".zip"
	}
	return project + "_" + t.goos + "_" + t.goarch + ".tar.gz"
}

// program returns the name of the command in the archive.
func (t target) program() string {
	if t.goos == "windows" {
		return project + ".exe"
	}
	return project
}

// targetsOf returns the targets in the configuration of goreleaser.
func targetsOf(t *testing.T) (targets []target) {
	t.Helper()
	var config struct {
		Builds []struct{ Goos, Goarch []string }
	}
	if err := yaml.Unmarshal(read(t, ".goreleaser.yaml"), &config); err != nil {
		t.Fatal(err)
	}
	for _, build := range config.Builds {
		for _, goos := range build.Goos {
			for _, goarch := range build.Goarch {
				targets = append(targets, target{goos, goarch})
			}
		}
	}
	if len(targets) == 0 {
		t.Fatal(".goreleaser.yaml has no targets")
	}
	return targets
}

// read returns a file of the repository.
func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// output runs a command and returns what it wrote to stdout.
func output(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	var complaint strings.Builder
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", command.Args, err, out, complaint.String())
	}
	return string(out)
}

// commitHere returns the commit that a build here can know, or "" in a worktree, where the go command finds none.
func commitHere(t *testing.T) string {
	t.Helper()
	if info, err := os.Stat(filepath.Join(root, ".git")); err != nil || !info.IsDir() {
		return ""
	}
	return strings.TrimSpace(output(t, exec.CommandContext(t.Context(), "git", "-C", root, "rev-parse", "HEAD")))
}

var readyURL = regexp.MustCompile(`^ready url=(http://\S+) api-key=`)

// serve starts an emulator and returns its process and its URL, when it is ready.
func serve(t *testing.T, command *exec.Cmd) (*os.Process, string) {
	t.Helper()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	command.Stderr = &complaint
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // it has ended, unless the test failed
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	parts := readyURL.FindStringSubmatch(line)
	if err != nil || parts == nil {
		_ = command.Wait()
		t.Fatalf("%v is not ready: %q %v\n%s", command.Args, line, err, complaint.String())
	}
	return command.Process, parts[1]
}

// stop ends an emulator as a service manager does.
func stop(t *testing.T, process *os.Process) {
	t.Helper()
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	killed := time.AfterFunc(patience, func() { _ = process.Kill() })
	defer killed.Stop()
	state, err := process.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !state.Success() {
		t.Fatalf("after SIGTERM: %v", state)
	}
}

// health asks an emulator for its health under a name, and returns the status of the reply.
func health(t *testing.T, url, host string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_emulator/health", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if _, err := io.Copy(io.Discard, reply.Body); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return reply.StatusCode
}
