package languagestest_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a block may take. npm downloads some 200 MB in the slowest one.
const patience = 4 * time.Minute

// shell runs commands in a folder, as a reader does, and ends what they leave running.
type shell struct {
	*testing.T
	folder string
	env    []string
	ran    []*ran
}

// ran is a block that was run: the group of its processes, and what they have printed.
type ran struct {
	group  int
	output *output
}

// run runs commands and waits for their end, but not for that of programs in the background.
func (s *shell) run(script string) {
	s.Helper()
	read, write, err := os.Pipe()
	require.NoError(s, err)
	command := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	command.Dir, command.Env = s.folder, s.env
	command.Stdout, command.Stderr = write, write
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output := newOutput(read)
	require.NoError(s, command.Start())
	require.NoError(s, write.Close())
	group := command.Process.Pid
	s.ran = append(s.ran, &ran{group, output})

	stop := time.AfterFunc(patience, func() { _ = syscall.Kill(-group, syscall.SIGKILL) })
	defer stop.Stop()
	started := time.Now()
	require.NoError(s, command.Wait(), "%s\n%s", script, output)
	s.Logf("%.1f s: %s", time.Since(started).Seconds(), strings.TrimSpace(script))
}

// prints waits until each line of a text has been printed by the commands that ran last. An ellipsis stands for
// anything.
func (s *shell) prints(text string) {
	s.Helper()
	output := s.ran[len(s.ran)-1].output
	for line := range strings.Lines(text) {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(line)), "…", ".+")
		require.True(s, output.has(regexp.MustCompile("^"+pattern+"$")), "not printed: %s\n%s", line, output)
	}
}

// end ends everything that still runs. Programs in the background are in the group of the shell that started them. When
// they have ended, they have closed their output.
func (s *shell) end() {
	for _, block := range s.ran {
		_ = syscall.Kill(-block.group, syscall.SIGKILL)
		block.output.has(nil)
	}
	s.ran = nil
}

// output has the lines that programs have printed so far.
type output struct {
	mu    sync.Mutex
	more  *sync.Cond
	lines []string
	ended bool
}

func newOutput(from io.ReadCloser) *output {
	o := &output{}
	o.more = sync.NewCond(&o.mu)
	late := time.AfterFunc(patience, func() { _ = from.Close() })
	go func() {
		defer late.Stop()
		defer from.Close()
		for scanner := bufio.NewScanner(from); scanner.Scan(); {
			o.add(scanner.Text(), false)
		}
		o.add("", true)
	}()
	return o
}

func (o *output) add(line string, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended = ended; !ended {
		o.lines = append(o.lines, strings.TrimSuffix(line, "\r"))
	}
	o.more.Broadcast()
}

// has waits until a line that matches is there, or no more can come.
func (o *output) has(pattern *regexp.Regexp) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for seen := 0; ; o.more.Wait() {
		for ; seen < len(o.lines); seen++ {
			if pattern != nil && pattern.MatchString(o.lines[seen]) {
				return true
			}
		}
		if o.ended {
			return false
		}
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n")
}
