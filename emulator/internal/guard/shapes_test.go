package guard_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/guard"
)

func TestAPropertyHasOneType(t *testing.T) {
	for _, c := range []struct {
		name  string
		calls []string
		want  []string
	}{
		{"whole and fractional numbers are one type", []string{`{"n": 1}`, `{"n": 1.5}`, `{"n": 1e400}`}, nil},
		{"null has no type", []string{`{"n": null}`, `{"n": 1}`, `{"n": null}`, `{}`, `null`, `{"n": 2}`}, nil},
		{"a string after a number", []string{`{"n": 1}`, `{"n": null}`, `{"n": "1"}`},
			[]string{`"/n" was a number at call 0, a string at call 2`}},
		{"each new type once", []string{`{"n": 1}`, `{"n": "1"}`, `{"n": "2"}`, `{"n": 3}`, `{"n": true}`},
			[]string{
				`"/n" was a number at call 0, a string at call 1`,
				`"/n" was a number at call 0, a boolean at call 4`,
			}},
		{"nested", []string{`{"a": {"b": [{"c": 1}]}}`, `{"a": {"b": [{"c": 1}, {"c": {}}]}}`},
			[]string{`"/a/b/1/c" was a number in /a/b/0/c at call 0, an object at call 1`}},
		{"an object after an array", []string{`{"a": []}`, `{"a": {}}`},
			[]string{`"/a" was an array at call 0, an object at call 1`}},
		{"an array of several types is one", []string{`{"a": [1, "x"]}`, `{"a": ["x", 1]}`, `{"a": [1]}`}, nil},
		{"no name is an index", []string{`{"a": {"~": 1, "*": 1}}`, `{"a": ["x"]}`},
			[]string{`"/a" was an object at call 0, an array at call 1`}},
		{"names are escaped", []string{`{"a/b~": 1}`, `{"a/b~": "x"}`},
			[]string{`"/a~1b~0" was a number at call 0, a string at call 1`}},
		{"names differ in case", []string{`{"a": 1}`, `{"A": "x"}`}, nil},
	} {
		data := make([]any, len(c.calls))
		for i, call := range c.calls {
			decoder := json.NewDecoder(strings.NewReader(call))
			decoder.UseNumber()
			require.NoError(t, decoder.Decode(&data[i]))
		}
		want := c.want
		for i := range want {
			want[i] = "event e: Property " + want[i]
		}
		require.Equal(t, want, guard.Changes(data...), c.name)
	}
}
