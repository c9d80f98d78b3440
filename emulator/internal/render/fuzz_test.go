package render_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// samples reads the golden cases as a start for fuzzing.
func samples(f *testing.F) []sample {
	f.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	var all []sample
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		require.NoError(f, err)
		var s sample
		require.NoError(f, json.Unmarshal(raw, &s))
		all = append(all, s)
	}
	return all
}

func FuzzParse(f *testing.F) {
	for _, s := range samples(f) {
		f.Add([]byte(s.Definition))
	}
	f.Add([]byte(`{"body": {"root": "a", "elements": {"a": {"type": "Body", "children": ["a", "b"]}}}}`))
	f.Add([]byte(`{"subject": "\\${ ${/a", "html": "<a href=${/a}>"}`))
	f.Fuzz(func(t *testing.T, definition []byte) {
		template, findings := render.Parse(definition)
		require.Equal(t, template == nil, len(findings) > 0, "either a template or findings")
	})
}

func FuzzRender(f *testing.F) {
	for _, s := range samples(f) {
		f.Add([]byte(s.Definition), []byte(s.State))
	}
	f.Fuzz(func(t *testing.T, definition, state []byte) {
		template, _ := render.Parse(definition)
		decoded, err := cond.Decode(state)
		root, isObject := decoded.(map[string]any)
		if template == nil || err != nil || !isObject {
			return
		}
		out, err := template.Render(&cond.Env{State: root}, "")
		if err != nil {
			return
		}
		again, err := template.Render(&cond.Env{State: root}, "")
		require.NoError(t, err)
		require.Equal(t, out, again)
		require.True(t, utf8.ValidString(out.Subject+out.Preheader+out.HTML+out.Text))
		seen := map[render.Missing]bool{}
		for _, m := range out.Missing {
			require.False(t, seen[m], "a place is recorded once")
			seen[m] = true
		}
	})
}

// FuzzMarkup puts two values in every place of a tree, of Markdown and of inline html.
func FuzzMarkup(f *testing.F) {
	f.Add(`"><script>alert(1)</script>`, "a *b* [c](https://x.example)")
	f.Add("javascript:alert(1)", "<b onclick=x>")
	templates := []*render.Template{
		parse(f, tree(`"root": {"type": "Html",
				"props": {"lang": {"$state": "/data/v"}, "dir": {"$state": "/data/v"}},
				"children": ["t", "b", "i", "m"]},
			"t": {"type": "Heading", "props": {
				"as": {"$state": "/data/v"}, "text": {"$state": "/data/v"}, "style": {"$state": "/data/style"}}},
			"b": {"type": "Button", "props": {
				"href": {"$state": "/data/v"}, "text": {"$state": "/data/w"},
				"style": {"color": {"$state": "/data/v"}}}},
			"i": {"type": "Image", "props": {
				"src": {"$state": "/data/v"}, "alt": {"$state": "/data/w"}, "width": {"$state": "/data/v"}}},
			"m": {"type": "Markdown", "props": {"content": {"$state": "/data/w"}}}`)),
		parse(f, tree(`"root": {"type": "Markdown", "props": {"content":
			{"$template": "**${/data/v}** [${/data/w}](${/data/v}) ![${/data/v}](${/data/w})"}}}`)),
		parse(f, `{"html": "<p id=${/data/v} title='${/data/w}'>${/data/v}</p>`+
			`<a href=\"${/data/v}\" id=x${/data/w}>x</a><a href=${/data/w}>y</a>"}`),
	}
	f.Fuzz(func(t *testing.T, v, w string) {
		state := cond.State{"data": map[string]any{"v": v, "w": w, "style": map[string]any{"color": v, v: w}}}
		for _, template := range templates {
			out, err := template.Render(&cond.Env{State: state}, "")
			require.NoError(t, err)
			checkInert(t, out.HTML)
		}
	})
}

// FuzzBlank blanks a path. What a Template can read there is then blank, everything else stays, and the data that was
// given does not change.
func FuzzBlank(f *testing.F) {
	f.Add([]byte(`{"card": {"number": "4111", "a/b": [1, {"~": 2}]}, "": {"": 3}}`), "/data/card/number")
	f.Add([]byte(`{"card": {"number": "4111", "a/b": [1, {"~": 2}]}}`), "data/card/a~1b/1/~0")
	f.Add([]byte(`{"": {"": 3}, "a": null}`), "/data//")
	f.Add([]byte(`[[1], [2]]`), "/data/01")
	f.Add([]byte(`{"~2": "secret"}`), "/data/~2")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		root, err := cond.Decode(data)
		if err != nil {
			return
		}
		before, err := json.Marshal(root)
		require.NoError(t, err)
		blank := render.Blank(root, []string{path})
		after, err := json.Marshal(root)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
		require.Equal(t, blank, render.Blank(blank, []string{path}))

		pointer, err := cond.ParsePointer(path)
		if err != nil || len(pointer) == 0 || pointer[0] != "data" {
			return
		}
		_, was := cond.State{"data": root}.Lookup(pointer)
		got, is := cond.State{"data": blank}.Lookup(pointer)
		require.Equal(t, was, is)
		if was {
			require.Equal(t, "[redacted]", got)
		} else {
			require.Equal(t, root, blank)
		}
	})
}
