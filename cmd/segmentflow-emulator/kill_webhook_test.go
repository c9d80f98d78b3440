package main_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAProcessThatIsKilledWhileItPostsAWebhookPostsItAgain(t *testing.T) {
	var mu sync.Mutex
	taken, reached, let := map[string]int{}, make(chan string, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		event, err := segmentflow.ParseWebhook(r, "whsec_shop", time.Now())
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		taken[event.ID]++
		mu.Unlock()
		reached <- event.ID
		<-let
	}))
	t.Cleanup(server.Close)

	args := []string{"--db", filepath.Join(t.TempDir(), "world.db"), "--seed", acme, "--log", "off",
		"--webhook", server.URL, "--webhook-secret", "whsec_shop"}
	template := emulator.Start(t, emulator.WithSeedFile(acme)).ID("template", "order-receipt")
	s := start(t, nil, args...)
	params, key := receipt(template, "a")
	_, err := s.client().Emails.Send(t.Context(), params, key)
	require.NoError(t, err)
	first := <-reached
	require.NoError(t, s.command.Process.Kill())
	require.NotZero(t, s.end())

	close(let)
	start(t, nil, args...)
	require.Equal(t, first, <-reached)
	require.NotEqual(t, first, <-reached, "then the next of the Profile")
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 2, taken[first])
}

func TestAReceiverOnAnotherMachineIsRefused(t *testing.T) {
	for _, env := range [][]string{nil, {"SEGMENTFLOW_EMULATOR_WEBHOOK=http://s3cret.example/"}} {
		args := []string{"--addr", "127.0.0.1:0"}
		if env == nil {
			args = append(args, "--webhook", "http://s3cret.example/")
		}
		code, _, stderr := refused(t, env, args...)
		require.Equal(t, 2, code)
		require.Contains(t, stderr, "flag -webhook: the receiver of webhooks must be on this machine")
		require.NotContains(t, stderr, "s3cret")
	}
	code, _, stderr := refused(t, nil, "--webhook", "http://127.0.0.1:1", "--webhook-secret", "")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "flag -webhook-secret: the secret is empty")
}
