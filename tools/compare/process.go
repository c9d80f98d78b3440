package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The commands that are started as processes of their own.
const (
	emulatorCommand = "github.com/segmentflow/segmentflow-go/cmd/segmentflow-emulator"
	floorCommand    = "github.com/segmentflow/segmentflow-go/tools/compare/floor/cmd"
	stripeCommand   = "github.com/stripe/stripe-mock"
)

// build builds a command of this module or of one that its go.mod pins, once. It returns the path of the binary.
func (b *bench) build(ctx context.Context, command string, flags ...string) (string, error) {
	flags = append([]string{"build"}, flags...)
	name := strings.Join(append(flags, command), " ")
	if path, ok := b.built[name]; ok {
		return path, nil
	}
	path := filepath.Join(b.dir, fmt.Sprint("command", len(b.built)))
	if _, err := output(ctx, "go", append(flags, "-o", path, command)...); err != nil {
		return "", err
	}
	b.built[name] = path
	return path, nil
}

// output runs a command and returns what it writes to stdout.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return string(raw), nil
}

// server is a process that serves.
type server struct {
	cmd    *exec.Cmd
	url    string
	stderr bytes.Buffer
	ended  chan struct{}
}

// serve starts a server, and returns when it has answered a GET of a path. Its stdout goes nowhere. The argument ADDR
// stands for its address.
func serve(ctx context.Context, path, health string, args ...string) (*server, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	args = strings.Split(strings.ReplaceAll(strings.Join(args, "\n"), "ADDR", addr), "\n")
	s := &server{cmd: exec.CommandContext(ctx, path, args...), url: "http://" + addr, ended: make(chan struct{})}
	s.cmd.Stderr = &s.stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.ready(ctx, health); err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: %w\n%s", path, err, &s.stderr)
	}
	return s, nil
}

func freeAddr(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// ready asks every millisecond. A server that does not listen yet spends no time on that.
func (s *server) ready(ctx context.Context, health string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	deadline := time.After(30 * time.Second)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+health, nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			return resp.Body.Close()
		}
		select {
		case <-s.ended:
			return errors.New("ended")
		case <-deadline:
			return errors.New("does not answer")
		case <-time.After(time.Millisecond):
		}
	}
}

// stop kills the server and returns the processor time that it has used.
func (s *server) stop() time.Duration {
	_ = s.cmd.Process.Kill()
	<-s.ended
	return s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()
}

// cpuTime returns the processor time that the server has used until now.
func (s *server) cpuTime(ctx context.Context) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		shown, err := output(ctx, "ps", "-o", "time=", "-p", strconv.Itoa(s.cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		return clockTime(shown)
	}
	if err != nil {
		return 0, err
	}
	return statTime(string(raw))
}

// statTime reads utime and stime, in hundredths of a second. They are the 14th and 15th field. The second is the name
// of the command in brackets, which may contain spaces.
func statTime(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("unknown form of stat: %q", stat)
	}
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err, err2)
}

// clockTime reads the time of ps, such as 1:02.30.
func clockTime(shown string) (time.Duration, error) {
	seconds := 0.0
	for part := range strings.SplitSeq(strings.TrimSpace(shown), ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, fmt.Errorf("unknown form of time: %q", shown)
		}
		seconds = seconds*60 + n
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
