package quickjson_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
)

func TestMemberFindsWhatEncodingJSONFinds(t *testing.T) {
	names := []string{"", "a", "tier", `a":1,"tier`, `"`, `a\b`, "ü", "\n", "{", ",", "<", "a,", ":1,", ":"}
	name := rapid.SampledFrom(names)
	leaf := rapid.OneOf(rapid.Map(name, func(s string) any { return s }),
		rapid.SampledFrom([]any{nil, true, 1.5, []any{"tier", "a", map[string]any{"tier": "x"}}}))
	inner := rapid.MapOf(name, leaf)
	value := rapid.OneOf(leaf, rapid.Map(inner, func(m map[string]any) any { return m }))
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOf(name, value).Draw(t, "object")
		written, err := json.Marshal(object)
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "with spaces") {
			var spaced bytes.Buffer
			require.NoError(t, json.Indent(&spaced, written, " ", "\t"))
			written = spaced.Bytes()
		}
		for _, name := range names {
			raw, ok := quickjson.Member(string(written), name)
			want, known := object[name]
			require.Equal(t, known, ok, "%q in %s", name, written)
			if !known {
				continue
			}
			wanted, err := json.Marshal(want)
			require.NoError(t, err)
			require.JSONEq(t, string(wanted), raw, "%q in %s", name, written)
		}
	})
}

func TestMemberOfNoObject(t *testing.T) {
	for _, text := range []string{"", "null", "1", `"a"`, `["a", 1]`, `[{"a":1}]`, `{}`, " {} "} {
		_, ok := quickjson.Member(text, "a")
		require.False(t, ok, text)
	}
}
