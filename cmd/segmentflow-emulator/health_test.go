package main_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHealthAsksTheEmulatorOfTheSameEnvironment(t *testing.T) {
	s := start(t, nil, "--log", "off")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	for _, c := range []struct{ env, args []string }{
		{nil, []string{"--url", s.url + "/"}},
		{[]string{"SEGMENTFLOW_EMULATOR_ADDR=127.0.0.1:" + port}, nil},
		{[]string{"SEGMENTFLOW_EMULATOR_ADDR=0.0.0.0:" + port}, nil},
		{[]string{"SEGMENTFLOW_EMULATOR_ADDR=[::]:" + port}, nil},
		{[]string{"SEGMENTFLOW_EMULATOR_ADDR=:" + port}, nil},
		{[]string{"SEGMENTFLOW_EMULATOR_ADDR=192.0.2.1:1"}, []string{"-url", s.url}},
	} {
		code, stdout, stderr := refused(t, c.env, append([]string{"health"}, c.args...)...)
		require.Zero(t, code, "%v: %s", c, stderr)
		require.Equal(t, "ok\n", stdout)
		require.Empty(t, stderr)
	}

	for env, text := range map[string]string{
		"SEGMENTFLOW_EMULATOR_ADDR=4010": "(default http://127.0.0.1:4010)",
		"SEGMENTFLOW_EMULATOR_ADDR=":     "(default http://127.0.0.1:4010)",
		"SEGMENTFLOW_EMULATOR_ADDR=:80":  "(default http://127.0.0.1:80)",
	} {
		code, stdout, _ := refused(t, []string{env}, "health", "--help")
		require.Zero(t, code)
		require.Contains(t, stdout, text)
	}
	code, stdout, _ := refused(t, nil, "--help")
	require.Zero(t, code)
	require.Contains(t, stdout, "segmentflow-emulator health --help")
}

func TestHealthSaysWhatIsWrong(t *testing.T) {
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + free.Addr().String()
	require.NoError(t, free.Close())
	answering := func(status int, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.Path != "/_emulator/health" {
				panic(r.URL.Path)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}

	for _, c := range []struct {
		code int
		text string
		args []string
	}{
		{1, "nothing listens at " + nobody + "; start segmentflow-emulator", []string{"-url", nobody}},
		{1, "no answer from http://nobody.invalid", []string{"-url", "http://nobody.invalid"}},
		{1, "is not healthy: the disk is full",
			[]string{"-url", answering(503, `{"status": "unavailable", "reason": "the disk is full"}`)}},
		{1, "is not healthy: The emulator does not answer",
			[]string{"-url", answering(403, `{"error": "foreign_host", "message": "The emulator does not answer"}`)}},
		{1, "is not healthy: 404 Not Found", []string{"-url", answering(404, "not found")}},
		{1, "is not healthy: 200 OK", []string{"-url", answering(200, `{"status": "other"}`)}},
		{1, "is not healthy: 200 OK", []string{"-url", answering(200, `<h1>ok</h1>`)}},
		{2, `invalid value "127.0.0.1:1" for flag -url: must be an address`, []string{"-url", "127.0.0.1:1"}},
		{2, "flag provided but not defined: -link; --help lists the flags", []string{"-link"}},
		{2, `unexpected argument "now"`, []string{"now"}},
	} {
		code, stdout, stderr := refused(t, nil, append([]string{"health"}, c.args...)...)
		require.Equal(t, c.code, code, stderr)
		require.Empty(t, stdout)
		require.True(t, strings.HasPrefix(stderr, "segmentflow-emulator health: "), stderr)
		require.Contains(t, stderr, c.text)
	}
}
