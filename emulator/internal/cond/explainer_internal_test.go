package cond

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestValuesInExplanationsAreJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.StringMatching(`[ -~]*`), func(s string) any { return s }),
			rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Map(rapid.StringMatching(`-?[1-9][0-9]{0,30}(\.[0-9]+)?(e5)?`),
				func(s string) any { return json.Number(s) }),
			rapid.Just[any](nil),
			rapid.Map(rapid.SliceOf(rapid.String()), func(s []string) any { return s }),
		).Draw(t, "value")
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, Shorten(string(raw), longestValue), shortJSON(v))
	})
}
