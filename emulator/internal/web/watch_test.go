package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestMistakesInTheSeedAreOnEveryPageUntilItIsGood(t *testing.T) {
	raw, err := os.ReadFile(acme)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "<b>acme.yaml")
	save := func(oldAndNew ...string) {
		t.Helper()
		text := strings.NewReplacer(oldAndNew...).Replace(string(raw))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	save()
	b := open(t, emulator.WithSeedFile(path))
	for _, page := range []string{"/dashboard", "/dashboard/nothing"} {
		_, shown := b.get(page)
		require.NotContains(t, shown, "The seed has")
		require.NotContains(t, shown, "was read again")
	}

	save("name: Order receipt", `"<script>": Order receipt`, "name: Mira", "title: Mira")
	require.Error(t, b.emu.RereadSeeds())
	for _, page := range []string{"/dashboard", "/dashboard/nothing"} {
		_, shown := b.get(page)
		require.Contains(t, text(shown), "The seed has 2 mistakes. The world is as the last good seed has left it.")
		require.Contains(t, shown, "acme.yaml:14: /users/0/title: is not a field")
		require.Contains(t, shown, "acme.yaml:57: /templates/0/&lt;script&gt;: is not a field")
		require.NotContains(t, shown, "<script>")
	}
	_, signIn := signedOut(t).get("/dashboard")
	require.NotContains(t, signIn, "The seed has")

	save("firstName: Alex", "firstName: Axel", "firstName: Bruno", "firstName: Bruna",
		"name: Trial, day 0", "name: Day 0", "  - key: lapsed", "  - key: idle")
	require.NoError(t, b.emu.RereadSeeds())
	shown := text(b.page("/dashboard"))
	require.NotContains(t, shown, "The seed has")
	require.Contains(t, shown, "The seed was read again now . Changed: 2 Profiles, 1 Segment, 1 Template. "+
		"No longer in the seed, and kept in the world: 1 Segment lapsed")

	save("firstName: Alex", "firstName: Axel", "externalId: cus_126", "externalId: cus_moved")
	chiara := b.emu.ID("profile", "chiara@example.com")
	_, err = b.emu.Client().Profiles.Update(t.Context(), chiara, externalID("cus_moved"))
	require.NoError(t, err)
	require.NoError(t, b.emu.RereadSeeds())
	require.Contains(t, text(b.page("/dashboard")), "Left out, because the world no longer allows it: 1")

	b.emu.Reset()
	require.NotContains(t, b.page("/dashboard"), "was read again")
}

func externalID(id string) *segmentflow.UpdateProfileParams {
	return &segmentflow.UpdateProfileParams{ExternalID: segmentflow.Value(id)}
}
