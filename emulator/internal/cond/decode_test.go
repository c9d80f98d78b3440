package cond_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// reference decodes as encoding/json does.
func reference(text string) (value any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return value, err == io.EOF
}

func TestDecodeReadsJSONLikeEncodingJSON(t *testing.T) {
	tokens := []string{"{", "}", "[", "]", ",", ":", " ", "\n", `"a"`, `"b"`, `"é"`, `"\n"`, `"\u00e9"`, "\"\xff\"",
		"\"\t\"", `"`, "0", "-", "12", "01", "-0", ".5", "1.", "1.5", "1e3", "2E-1", "true", "false", "null", "nul",
		`"a":1`, `"a":{"b":[]}`, `[1,"x",null]`, "\x00"}
	valid := rapid.SampledFrom([]string{`{"a":1,"a":[2]}`, ` {"x" : {"y":[true,false,null,-1.25]}} `, `[[],{},""]`,
		strings.Repeat("[", 40) + strings.Repeat("]", 40), strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)})
	joined := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(tokens), 0, 9), func(parts []string) string {
		return strings.Join(parts, "")
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(joined, valid).Draw(t, "text")
		want, ok := reference(text)
		got, err := cond.Decode([]byte(text))
		require.Equal(t, ok, err == nil, "%q: %v", text, err)
		if ok {
			require.Equal(t, want, got, "%q", text)
		}
	})
}
