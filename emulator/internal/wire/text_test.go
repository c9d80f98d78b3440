package wire_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// Both ways of decoding return the same values.
func FuzzQuickDecode(f *testing.F) {
	for _, text := range []string{
		receipt, `{"a":1,"a":2}`, `[1,-0,0.5,1e+9,-1.5E-3,01,1.,.5,+1,1e,--1]`, `"\ud800 \u00e9 \n"`, "\"a\x01b\"",
		` { "a" : [ true , false , null ] } `, `{"a":}`, `[1,]`, `{,}`, `"a`, `"a\`, `tru`, `nul`, `{"\u0061":1,"a":2}`,
		strings.Repeat("[", 120) + strings.Repeat("]", 120), ``, ` `, `1 2`, "\ufeff1", `"\x"`, `[[],{}]`, `{"a":1}x`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("only valid UTF-8 is decoded")
		}
		text = strings.TrimRightFunc(text, unicode.IsSpace) // the slow way accepts more white space at the end
		want, right := wire.SlowDecode(text)
		v, ok := wire.QuickDecode(text)
		if !ok && right {
			require.Greater(t, strings.Count(text, "[")+strings.Count(text, "{"), 90, "only deep texts are left")
			return
		}
		require.Equal(t, right, ok)
		if ok {
			require.Equal(t, want, v)
		}
	})
}
