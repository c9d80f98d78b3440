package quickjson_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
)

func TestEncodeEncodesAsEncodingJSONDoes(t *testing.T) {
	for _, v := range []any{
		nil, true, false, "", "plain", "quote \" back \\ <tag> & ü \u2028 \x00 \xff",
		json.Number("12345678901234567890.50"),
		7, 1.5, 1e30, map[string]any(nil), []any(nil), map[string]any{}, []any{},
		map[string]any{"b": []any{1, "x", nil, map[string]any{"z": false}}, "a": json.Number("1"),
			"ü<": json.RawMessage(`[1, 2]`)},
		map[string]int{"n": 1}, struct{ A int }{3},
	} {
		want, err := json.Marshal(v)
		require.NoError(t, err)
		got, err := quickjson.Encode(v)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
	for _, v := range []any{math.NaN(), map[string]any{"f": func() {}}, []any{json.Number("x")}} {
		_, err := quickjson.Encode(v)
		require.Error(t, err)
	}
}

func TestAppendPlainIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom(awkward)))
		text := strings.Join(parts.Draw(t, "parts"), "")
		var want, got string
		require.NoError(t, json.Unmarshal(quickjson.AppendString(nil, text), &want))
		require.NoError(t, json.Unmarshal(quickjson.AppendPlain(nil, text), &got))
		require.Equal(t, want, got)
	})
	require.Equal(t, `"<a@b> & \"ü\""`, string(quickjson.AppendPlain(nil, `<a@b> & "ü"`)))
}

func TestStringsReadsWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom(awkward))).Draw(t, "list")
		written, err := json.Marshal(list)
		require.NoError(t, err)
		var want []string
		require.NoError(t, json.Unmarshal(written, &want))
		got := quickjson.Strings(string(written))
		require.Equal(t, append([]string{}, want...), append([]string{}, got...))
	})
	require.Nil(t, quickjson.Strings("[]"))
	require.Nil(t, quickjson.Strings(""))
	require.Nil(t, quickjson.Strings("[1]"))
}

// awkward are strings with what separates or escapes in JSON.
var awkward = []string{"", "api", `","`, `\`, `"`, "<>&", "\x00", "\n", "\u2028", "ü", "\xff"}
