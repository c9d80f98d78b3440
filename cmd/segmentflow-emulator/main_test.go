package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/internal/planecheck"
)

const acme = "../../emulator/testdata/acme.yaml"

// binary is the path of the command, which is built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(built(m)) }

func built(m *testing.M) int {
	dir, err := os.MkdirTemp("", "segmentflow-emulator")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "segmentflow-emulator")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	plane, err := planecheck.Load("../../control.yaml")
	if err != nil {
		fmt.Fprintln(os.Stderr, "control.yaml:", err)
		return 1
	}
	var wrong atomic.Int32
	http.DefaultTransport = plane.Watch(http.DefaultTransport, func(err error) {
		wrong.Add(1)
		fmt.Fprintln(os.Stderr, err)
	})
	code := m.Run()
	if wrong.Load() > 0 {
		return max(code, 1)
	}
	return code
}

// server is a running command.
type server struct {
	*testing.T
	command *exec.Cmd
	url     string
	ready   string
	stderr  *safeBuffer
	stdout  chan string // everything after the first line, when the command has ended
}

// safeBuffer can be written by the command while a test reads it.
type safeBuffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	written chan struct{} // has an element after a write
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.written <- struct{}{}:
	default:
	}
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func environment(extra ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SEGMENTFLOW_") {
			env = append(env, v)
		}
	}
	return append(env, extra...)
}

var readyLine = regexp.MustCompile(
	`^ready url=(http://\S+:[0-9]+) api-key=sk_test_emulator dashboard=(http://\S+)/login\?token=[0-9a-f]{32}$`,
)

// start runs the command on a free port and waits until it is ready.
func start(t *testing.T, env []string, args ...string) *server {
	t.Helper()
	s := &server{T: t, stderr: &safeBuffer{written: make(chan struct{}, 1)}, stdout: make(chan string, 1)}
	s.command = exec.CommandContext(t.Context(), binary, append([]string{"--addr", "127.0.0.1:0"}, args...)...)
	s.command.Env, s.command.Stderr = environment(env...), s.stderr
	out, err := s.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.command.Start())
	t.Cleanup(func() {
		_ = s.command.Process.Kill()
		_ = s.command.Wait()
	})

	lines := bufio.NewReader(out)
	s.ready, err = lines.ReadString('\n')
	require.NoError(t, err, s.stderr)
	parts := readyLine.FindStringSubmatch(strings.TrimSpace(s.ready))
	require.NotNil(t, parts, s.ready)
	require.Equal(t, parts[1], parts[2])

	s.url = parts[1]
	go func() {
		rest, _ := io.ReadAll(lines)
		s.stdout <- string(rest)
	}()
	return s
}

// end waits for the end of the command and returns its exit code.
func (s *server) end() int {
	s.Helper()
	require.Empty(s, <-s.stdout, "stdout is one line")
	err := s.command.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(s, err)
	}
	return s.command.ProcessState.ExitCode()
}

func (s *server) ask(method, path, body string, headers ...string) (int, string) {
	s.Helper()
	status, answer, err := s.call(method, path, body, headers...)
	require.NoError(s, err)
	return status, answer
}

// call is like ask, but returns an error if the server is gone.
func (s *server) call(method, path, body string, headers ...string) (int, string, error) {
	request, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return response.StatusCode, string(raw), err
}

func (s *server) get(path string) map[string]any {
	s.Helper()
	status, body := s.ask("GET", path, "")
	require.Equal(s, 200, status, body)
	var v map[string]any
	require.NoError(s, json.Unmarshal([]byte(body), &v))
	return v
}

func (s *server) client(opts ...segmentflow.Option) *segmentflow.Client {
	s.Helper()
	opts = append([]segmentflow.Option{segmentflow.WithBaseURL(s.url)}, opts...)
	client, err := segmentflow.New("sk_test_emulator", opts...)
	require.NoError(s, err)
	return client
}

// refused runs a command that must end by itself.
func refused(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	var out, complaint bytes.Buffer
	command.Env, command.Stdout, command.Stderr = environment(env...), &out, &complaint
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	return command.ProcessState.ExitCode(), out.String(), complaint.String()
}

func TestTheReadyLineSignsInToTheDashboard(t *testing.T) {
	s := start(t, nil, "--seed", acme, "--log", "off")
	_, link, _ := strings.Cut(strings.TrimSpace(s.ready), "dashboard=")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	for _, c := range []struct {
		client *http.Client
		status int
		want   string
	}{
		{&http.Client{Jar: jar}, 200, "<h1>Acme Outdoor</h1>"},
		{&http.Client{Jar: jar}, 200, "<h1>Acme Outdoor</h1>"},
		{&http.Client{}, 401, "<h1>Sign in</h1>"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
		require.NoError(t, err)
		response, err := c.client.Do(request)
		require.NoError(t, err)
		page, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, c.status, response.StatusCode)
		require.Contains(t, string(page), c.want)
	}
}

func TestTheCommandServesUntilASignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := start(t, nil, "--seed", acme, "--log", "json")
		require.Equal(t, "ok", s.get("/_emulator/health")["status"])
		require.Equal(t, "live", s.get("/_emulator/clock")["mode"])

		status, _ := s.ask("GET", "/login?token=x", "")
		require.Equal(t, 401, status)

		status, body := s.ask("GET", "/_emulator/health", "", "Host", "attacker.example")
		require.Equal(t, 403, status, body)

		status, _ = s.ask("POST", "/_emulator/reset", "", "Origin", "https://attacker.example")
		require.Equal(t, 403, status)

		_, err := s.client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
			Event:   "trial.started",
			Profile: segmentflow.ProfileIdentity{Email: "chiara@example.com"},
			Data:    map[string]any{"plan": "Pro", "trialId": "t1"},
		})
		require.NoError(t, err)
		messages := s.get("/_emulator/messages?to=chiara@example.com")["messages"].([]any)
		require.Len(t, messages, 1)

		_, html := s.ask("GET", "/_emulator/messages/"+messages[0].(map[string]any)["id"].(string)+"/html", "")
		require.Contains(t, html, s.url+"/u/", "links start with the address that it listens on")

		require.NoError(t, s.command.Process.Signal(signal))
		require.Zero(t, s.end(), s.stderr)
		require.Contains(t, s.stderr.String(), `"msg":"serving"`)
	}
}

func TestAManualClockChangesOnlyWhenItIsAdvanced(t *testing.T) {
	s := start(t,
		[]string{
			"SEGMENTFLOW_EMULATOR_CLOCK=manual",
			"SEGMENTFLOW_EMULATOR_START_TIME=2026-03-02T09:00:00Z",
			"SEGMENTFLOW_EMULATOR_LOG=off",
			"SEGMENTFLOW_EMULATOR_SEED=" + acme,
			"SEGMENTFLOW_EMULATOR_ALLOW_HOST=one.example, two.example",
		},
	)
	require.Equal(t,
		map[string]any{
			"now":     "2026-03-02T09:00:00.000Z",
			"mode":    "manual",
			"nextDue": nil,
			"due":     0.0,
			"parked":  []any{},
		},
		s.get("/_emulator/clock"),
	)

	for host, want := range map[string]int{"two.example": 200, "three.example": 403} {
		status, _ := s.ask("GET", "/_emulator/health", "", "Host", host)
		require.Equal(t, want, status, host)
	}
	status, body := s.ask("POST", "/_emulator/clock/advance", `{"duration": "72h"}`)
	require.Equal(t, 200, status, body)
	require.JSONEq(t, `{"now": "2026-03-05T09:00:00.000Z", "ran": 0}`, body)
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	require.Zero(t, s.end())
	require.Empty(t, s.stderr.String())
}

func TestInvalidFlagsExitWithTwo(t *testing.T) {
	for _, c := range []struct{ arg, value, message string }{
		{"--clock", "fast", `"fast" for flag -clock: must be live or manual`},
		{"--log", "xml", "must be text or json or off"},
		{"--addr", "4010", "must be HOST:PORT"},
		{"--smtp", "localhost", "must be HOST:PORT"},
		{"--smtp", "localhost:0", "must be HOST:PORT"},
		{"--start-time", "tomorrow", "must be a date-time such as"},
		{"--start-time", "0001-01-01T00:00:00Z", "is the zero time; to start now, leave the flag out"},
		{"--allow-host", "http://dev.example", "must be a host name, without scheme, path and wildcard"},
		{"--allow-origin", "http://shop.example", "flag -allow-origin: WithAllowedOrigins: \"http://shop.example\""},
		{"--allow-origin", "localhost:5173", "pass one such as http://localhost:5173, without a path"},
		{"--db", "", "must be :memory: or a file"},
		{"--seed", "", "must not be empty"},
		{"--addr", "0.0.0.0:0", "--allow-remote"},
		{"--addr", ":0", "not a loopback address"},
		{"--no-such", "x", "-no-such; --help lists the flags"},
		{"--version=false", "extra", `"extra"; the commands are coverage, health and login, which come first`},
	} {
		code, stdout, stderr := refused(t, []string{"SEGMENTFLOW_EMULATOR_ADDR=127.0.0.1:0"}, c.arg, c.value)
		require.Equal(t, 2, code, "%s %s: %s", c.arg, c.value, stderr)
		require.Contains(t, stderr, c.message)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "one clear line: %s", stderr)
		require.Empty(t, stdout)
	}
	code, _, stderr := refused(t, []string{"SEGMENTFLOW_EMULATOR_CLOCK=fast"})
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "fast")

	code, _, stderr = refused(t, []string{"SEGMENTFLOW_EMULATOR_ALLOW_REMOTE=perhaps"})
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "SEGMENTFLOW_EMULATOR_ALLOW_REMOTE")
}

func TestOtherErrorsExitWithOne(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("profils: []\n"), 0o600))
	missing := filepath.Join(t.TempDir(), "no", "such", "world.db")
	for message, args := range map[string][]string{
		"address already in use; choose another port with --addr": {"--addr", taken.Addr().String()},
		"no-such.yaml":           {"--addr", "127.0.0.1:0", "--seed", "no-such.yaml"},
		"bad.yaml:1: /profils":   {"--addr", "127.0.0.1:0", "--seed", bad},
		"not a database":         {"--addr", "127.0.0.1:0", "--db", bad},
		"no/such does not exist": {"--addr", "127.0.0.1:0", "--db", missing},
	} {
		code, stdout, stderr := refused(t, nil, args...)
		require.Equal(t, 1, code, stderr)
		require.Contains(t, stderr, message)
		require.Empty(t, stdout, "not ready")
	}
}

func TestHelpAndVersion(t *testing.T) {
	code, stdout, _ := refused(t, nil, "--help")
	require.Zero(t, code)
	for _, flag := range []string{
		"addr", "db", "seed", "reseed", "clock", "start-time", "smtp", "log", "allow-remote", "allow-host",
		"allow-origin", "version",
	} {
		require.Contains(t, stdout, "--"+flag)
	}
	code, stdout, _ = refused(t, nil, "--version")
	require.Zero(t, code)
	const form = `^segmentflow-emulator \S+( \(commit (unknown|[0-9a-f]{7}, [0-9-]{10}(, with changes)?)\))?\n$`
	require.Regexp(t, form, stdout)
}

func TestARequestThatIsNotHTTPGetsTheEnvelope(t *testing.T) {
	s := start(t, nil, "--log", "off")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "nonsense\r\n\r\n")
	require.NoError(t, err)
	reply, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(reply), "X-Request-Id: req_other_00000001\r\n")
	require.Contains(t, string(reply), `"error":"invalid_request"`)
}
