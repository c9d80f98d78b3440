package quickjson_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

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
