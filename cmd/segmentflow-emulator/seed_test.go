package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// stop ends a server as a user does.
func (s *server) stop() {
	s.Helper()
	require.NoError(s, s.command.Process.Signal(syscall.SIGTERM))
	require.Zero(s, s.end(), s.stderr)
}

// requireKept checks, after a restart, what the test below wrote.
func (s *server) requireKept(ids *emulator.Emulator) {
	s.Helper()
	client, ctx := s.client(), s.Context()
	groups, err := client.Profiles.Subscriptions(ctx, ids.ID("profile", "alex@example.com"))
	require.NoError(s, err)
	for _, group := range groups {
		if group.SubscriptionGroupID == ids.ID("subscriptionGroup", "trail-notes") {
			require.Equal(s, segmentflow.SubscriptionStatusUnsubscribed, group.Status)
		}
	}
	_, err = client.Profiles.Retrieve(ctx, ids.ID("profile", "bruno@example.com"))
	require.ErrorIs(s, err, segmentflow.ErrNotFound)
	chiara, err := client.Profiles.Retrieve(ctx, ids.ID("profile", "chiara@example.com"))
	require.NoError(s, err)
	require.Equal(s, "cus_123", *chiara.ExternalID)
	receipt, err := client.Templates.Retrieve(ctx, ids.ID("template", "order-receipt"))
	require.NoError(s, err)
	require.Equal(s, segmentflow.TemplateStatusArchived, receipt.Status)
}

func TestARestartOnTheSameSeedKeepsWhatWasAcknowledged(t *testing.T) {
	ids := emulator.Start(t, emulator.WithSeedFile(acme))
	profile := func(name string) string { return ids.ID("profile", name+"@example.com") }
	args := []string{"--db", filepath.Join(t.TempDir(), "world.db"), "--seed", acme, "--log", "off"}
	s := start(t, nil, args...)
	client, ctx := s.client(), t.Context()
	_, err := client.Profiles.SetSubscription(ctx, profile("alex"), ids.ID("subscriptionGroup", "trail-notes"),
		&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusUnsubscribed})
	require.NoError(t, err)
	require.NoError(t, client.Profiles.Delete(ctx, profile("bruno")))
	move := func(name, externalID string) {
		params := &segmentflow.UpdateProfileParams{ExternalID: segmentflow.Value(externalID)}
		_, err := client.Profiles.Update(ctx, profile(name), params)
		require.NoError(t, err)
	}
	move("alex", "cus_moved")
	move("chiara", "cus_123")
	_, err = client.Templates.Archive(ctx, ids.ID("template", "order-receipt"))
	require.NoError(t, err)
	s.stop()

	for range 2 {
		s = start(t, nil, args...)
		s.requireKept(ids)
		s.stop()
		require.Empty(t, s.stderr.String())
	}

	changed := filepath.Join(t.TempDir(), "changed.yaml")
	raw, err := os.ReadFile(acme)
	require.NoError(t, err)
	text := strings.Replace(string(raw), "externalId: cus_126", "externalId: cus_moved", 1)
	text = strings.Replace(text, "firstName: Chiara", "firstName: Clara", 1)
	require.NoError(t, os.WriteFile(changed, []byte(text), 0o600))
	args[3] = changed
	for _, log := range []string{"off", "text", "json"} {
		s = start(t, nil, append(args[:4:4], "--log", log)...)
		s.requireKept(ids)
		s.stop()
		if log == "off" { // only the first start reports it; then the seed counts as applied
			require.Regexp(t, `changed.yaml:[0-9]+: /profiles/3/externalId: belongs to the profile \\"alex@example.com`,
				s.stderr.String())
		} else {
			require.NotContains(t, s.stderr.String(), "left out")
		}
	}
	for _, reseed := range []struct{ env, args []string }{
		{nil, []string{"--reseed"}}, {[]string{"SEGMENTFLOW_EMULATOR_RESEED=true"}, nil},
	} {
		again := slices.Concat(args[:4], reseed.args, []string{"--addr", "127.0.0.1:0"})
		code, _, stderr := refused(t, reseed.env, again...)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, "/profiles/0/externalId: belongs to the profile")
	}
}
