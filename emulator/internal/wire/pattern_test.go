package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// patterns has texts that match the pattern of a schema, and texts that do not.
var patterns = []struct {
	schema string
	right  []string
	wrong  []string
	code   string // of the issue for each wrong text
}{
	{
		schema: "Email",
		right: []string{
			"alex@example.com", "ALEX@Example.COM", "a+b_c-d'e.f@sub.sub-domain.example", "_@a.io", "1@2.example",
		},
		wrong: []string{
			"", "alex", "alex@", "@example.com", "alex@example", "alex@example.c", ".alex@example.com",
			"alex.@example.com", "a..b@example.com", "alex@-example.com", "alex@exam_ple.com",
			"alex@example..com", "Alex <alex@example.com>", "alex@example.com\n", "\nalex@example.com",
			"alex@example.com ", "älex@example.com", "alex@exämple.com", "a@b@example.com",
		},
		code: wire.CodeFormat,
	},
	{
		schema: "Uuid",
		right: []string{
			id, strings.ToUpper(id), "00000000-0000-0000-0000-000000000000",
			"ffffffff-ffff-ffff-ffff-ffffffffffff", "01890a5d-ac96-774b-bcce-b302099a8057",
		},
		wrong: []string{
			"", "{" + id + "}", "urn:uuid:" + id, strings.ReplaceAll(id, "-", ""),
			"8a1c7b0e-52f4-9c1c-9b57-2f5a6f1f0c55", "8a1c7b0e-52f4-4c1c-cb57-2f5a6f1f0c55",
			"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", id + "\n",
		},
		code: wire.CodeFormat,
	},
	{
		schema: "OffsetDateTime",
		right: []string{
			"2026-03-02T09:30:00.000Z", "2026-03-02T09:30Z", "2026-03-02T09:30:59.123456789+14:00",
			"2024-02-29T00:00:00-00:30", "2000-02-29T23:59Z",
		},
		wrong: []string{
			"2026-03-02", "2026-03-02T09:30", "2026-03-02 09:30Z", "2026-02-29T09:30Z", "1900-02-29T09:30Z",
			"2026-04-31T09:30Z", "2026-13-01T09:30Z", "2026-03-02T24:00Z", "2026-03-02T09:60Z",
			"2026-03-02T09:30:60Z", "2026-03-02T09:30:00.Z", "2026-03-02T09:30:00+0100", "2026-03-02T09:30:00z",
			"2026-03-02T09:30Z\n", "٢٠٢٦-03-02T09:30Z",
		},
		code: wire.CodeFormat,
	},
	{
		schema: "ScheduleTime",
		right: []string{
			"2026-03-05T09:00:00Z", "2026-03-05T09:00+01:00", "in 1 minute", "in 2 hours", "in 1 days",
			"in 9999 weeks",
		},
		wrong: []string{
			"", "in 0 hours", "in 01 hours", "in 10000 hours", "in 1 month", "in 1.5 hours", "In 1 hour",
			"in  1 hour", "1 hour", "in -1 hour", "in 1 hour ", "in 1 hour\n", "2026-03-05",
		},
		code: wire.CodePattern,
	},
}

func TestPatterns(t *testing.T) {
	for _, test := range patterns {
		for _, text := range test.right {
			require.Empty(t, wire.CheckSchema(test.schema, text), "%s %q", test.schema, text)
		}
		for _, text := range test.wrong {
			found := wire.CheckSchema(test.schema, text)
			require.Len(t, found, 1, "%s %q", test.schema, text)
			require.Equal(t, test.code, found[0].Code, "%s %q", test.schema, text)
		}
	}
}

// With these long texts, a pattern that backtracks badly would hang.
func TestPatternsAreLinear(t *testing.T) {
	for _, text := range []string{"a", ".", "a.", "a@", "@a", "a-", "-"} {
		long := strings.Repeat(text, 1<<16/len(text))
		for _, hostile := range []string{long, "a@" + long, long + "@b.example!"} {
			require.NotEmpty(t, wire.CheckSchema("Email", hostile))
		}
	}
}

// What the quick tests of patterns accept, the patterns accept.
func TestThePlainFormsMatchTheirPatterns(t *testing.T) {
	for name, alphabet := range map[string]string{"Email": "aZ0-.@_é\n", "Uuid": "0189abfAF-gG"} {
		plain, matches := wire.PlainOf(name)
		accepted := 0
		rapid.Check(t, func(t *rapid.T) {
			runes := []rune(alphabet)
			text := string(rapid.SliceOfN(rapid.SampledFrom(runes), 0, 12).Draw(t, "text"))
			switch name {
			case "Uuid":
				at := rapid.IntRange(0, len(id)-1).Draw(t, "at")
				text = id[:at] + string(rapid.SampledFrom(runes).Draw(t, "char")) + id[at+1:]
			case "Email":
				text += rapid.SampledFrom([]string{"", "a@b.io", "a@b.i", ".io", "@example.com"}).Draw(t, "end")
			}
			if plain(text) {
				accepted++
				require.True(t, matches(text), "%q", text)
			}
		})
		require.Positive(t, accepted, name)
	}
}
