package format_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
)

func TestNumbersAreReadInGroupsOfThree(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567"} {
		require.Equal(t, want, format.Count(n))
	}
	require.Equal(t, "1 call", format.Plural(1, "call", "calls"))
	require.Equal(t, "2\u202f000 calls", format.Plural(2000, "call", "calls"))
	require.Equal(t, "0 calls", format.Plural(0, "call", "calls"))
	require.Equal(t, "999 bytes", format.Size(999))
	require.Equal(t, "1.5 kB", format.Size(1500))
}

func TestASpanHasItsLargestUnits(t *testing.T) {
	const day = 24 * time.Hour
	for span, want := range map[time.Duration]string{
		0:                           "0 s",
		59*time.Second + 999:        "59 s",
		90 * time.Second:            "1 min 30 s",
		10*time.Minute + 30:         "10 min",
		time.Hour + 59*time.Second:  "1 h",
		25 * time.Hour:              "1 day 1 h",
		10*day + time.Hour:          "10 days",
		365*day + 24*time.Hour:      "1 year 1 day",
		2 * 365 * day:               "2 years",
		3*day + 23*time.Hour + 3599: "3 days 23 h",
	} {
		require.Equal(t, want, format.Span(span))
	}
	at := time.Date(2026, 3, 2, 13, 0, 0, 5, time.FixedZone("", 3600))
	require.Equal(t, "2026-03-02 12:00:00 UTC", format.Time(at))
}

func TestTextsAreCutAndJSONIsLegible(t *testing.T) {
	long := strings.Repeat("é", 200)
	require.Equal(t, strings.Repeat("é", 50)+"…", format.Name(long))
	require.Equal(t, strings.Repeat("é", 100)+"…", format.Value(long))
	require.Equal(t, "short", format.Name("short"))

	for _, c := range []struct{ raw, indent, want string }{
		{`{ "a": "\u003c\u00e9\u003e", "n": 12345678901234567890 }`, "", `{"a":"<é>","n":12345678901234567890}`},
		{`{"a":1}`, "  ", "{\n  \"a\": 1\n}"},
		{"{", "", "{"}, // what is not JSON stays as it is
	} {
		require.Equal(t, c.want, format.JSON([]byte(c.raw), c.indent))
	}
}
