package main_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestItListensBeyondLoopbackWhenAllowed(t *testing.T) {
	s := start(t, nil, "--addr", "0.0.0.0:0", "--allow-remote", "--log", "off")
	require.True(t, strings.HasPrefix(s.url, "http://127.0.0.1:"), s.url)
	status, _ := s.ask("GET", "/_emulator/health", "", "Host", "192.0.2.7")
	require.Equal(t, 200, status)
	named := start(t, nil, "--addr", "0.0.0.0:0", "--allow-remote", "--allow-host", "localhost", "--log", "off")
	require.True(t, strings.HasPrefix(named.url, "http://localhost:"), named.url)
}

func TestItAnswersAnAllowedHostName(t *testing.T) {
	ask := func(s *server, path string) (int, string) {
		return s.ask("GET", path, "", "Host", "emulator:4010", "x-api-key", "sk_test_emulator")
	}
	closed := start(t, nil, "--log", "off")
	for _, path := range []string{"/api/v1/segments", "/_emulator/health", "/u/x", "/dashboard"} {
		status, body := ask(closed, path)
		require.Equal(t, 403, status, path)
		require.Contains(t, body, "--allow-host NAME")
	}
	opened := start(t, nil, "--allow-host", "Emulator", "--log", "off")
	status, body := ask(opened, "/api/v1/segments")
	require.Equal(t, 200, status, body)
}

func TestAPageOfAnAllowedOriginMayCall(t *testing.T) {
	s := start(t, []string{"SEGMENTFLOW_EMULATOR_ALLOW_ORIGIN=http://localhost:5173,http://127.0.0.1:3000"},
		"--log", "off")
	for _, origin := range []string{"http://localhost:5173", "http://127.0.0.1:3000"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/_emulator/clock", nil)
		require.NoError(t, err)
		request.Header.Set("Origin", origin)
		reply, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
		require.Equal(t, origin, reply.Header.Get("Access-Control-Allow-Origin"))
	}
}
