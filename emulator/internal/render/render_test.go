package render_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample is one file in testdata: a definition, a state, and sometimes an override of the subject.
type sample struct {
	Definition json.RawMessage
	State      json.RawMessage
	Subject    string
}

func load(t testing.TB, path string) (*render.Template, *cond.Env, string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var s sample
	require.NoError(t, json.Unmarshal(raw, &s))
	return parse(t, string(s.Definition)), env(t, string(s.State)), s.Subject
}

func parse(t testing.TB, definition string) *render.Template {
	t.Helper()
	template, findings := render.Parse([]byte(definition))
	require.Empty(t, findings)
	return template
}

func env(t testing.TB, state string) *cond.Env {
	t.Helper()
	decoded, err := cond.Decode([]byte(state))
	require.NoError(t, err)
	return &cond.Env{Now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), State: decoded.(map[string]any)}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run go test -update to write it")
	require.Equal(t, string(want), got)
}

func TestTemplatesMatchTheirGoldenFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		name, isCase := strings.CutSuffix(path, ".json")
		if strings.HasSuffix(name, ".out") || !isCase {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			template, env, subject := load(t, path)
			out, err := template.Render(env, subject)
			require.NoError(t, err)
			golden(t, name+".html", out.HTML)
			golden(t, name+".txt", out.Text)
			rest, err := json.MarshalIndent(map[string]any{
				"subject": out.Subject, "preheader": out.Preheader, "missing": out.Missing,
			}, "", "  ")
			require.NoError(t, err)
			golden(t, name+".out.json", string(rest)+"\n")

			again, err := template.Render(env, subject)
			require.NoError(t, err)
			require.Equal(t, out, again, "equal input renders to equal bytes")
		})
	}
}

func TestATemplateIsSafeForConcurrentUse(t *testing.T) {
	template, env, _ := load(t, "testdata/markdown.json")
	want, err := template.Render(env, "")
	require.NoError(t, err)
	var renders sync.WaitGroup
	for range 8 {
		renders.Go(func() {
			got, err := template.Render(env, "")
			assert.Equal(t, want, got)
			if err != nil {
				t.Error(err)
			}
		})
	}
	renders.Wait()
}

func BenchmarkRenderOrderReceipt(b *testing.B) {
	template, env, _ := load(b, "testdata/acme-order-receipt.json")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(env, ""); err != nil {
			b.Fatal(err)
		}
	}
}
