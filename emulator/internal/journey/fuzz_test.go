package journey_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// FuzzParse checks that no document makes Parse, Check or a first step panic, and that
// Parse returns either a definition or findings.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"trial-onboarding", "password-reset", "loyalty-upgrade", "everything"} {
		f.Add(file(f, name))
	}
	f.Add([]byte(`{"key": "j", "entry": {"type": "event", "event": "e"},
		"nodes": [{"id": "a", "type": "delay"}, {"id": "a", "type": "x"}]}`))
	f.Add([]byte(`{"nodes": [null, {"type": "waitFor", "branches": [1]}], "settings": 1, "exitOn": [2], "entry": []}`))
	f.Add([]byte(`{"key": "j", "start": "a",
		"nodes": [{"id": "a", "type": "branch", "paths": [{"id": "p", "when": [{"$not": {"inSegment": "x"}}]}]}]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		d, findings := journey.Parse(document)
		require.Equal(t, d == nil, len(findings) > 0, "either a definition or findings")
		_, findings = journey.Validate(document, shop{})
		if d == nil {
			require.NotEmpty(t, findings)
			return
		}
		require.Equal(t, d.Check(shop{}), findings)
		in := input(t, `{"event": {"id": 1}, "profile": {"timezone": "Asia/Tokyo"}}`, &person{})
		for _, n := range d.Nodes {
			if d.Node(n.ID) == n {
				arrive(t, d, n.ID, in)
			}
		}
		_, err := d.Admit(in.Env, func(string) (journey.History, error) { return journey.History{}, nil })
		require.NoError(t, err)
		_, err = d.ExitOnEvent("e", nil, in.Env, "1")
		require.NoError(t, err)
		_, _, err = d.ExitOnState(&cond.Env{Now: noon})
		require.NoError(t, err)
	})
}
