package cond_test

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/define"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

var isoDuration = regexp.MustCompile(`^P(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?` +
	`(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$`)

// nanoseconds is a second implementation of durations, with exact fractions. It returns nil for another text.
func nanoseconds(s string) *big.Rat {
	parts := isoDuration.FindStringSubmatch(s)
	if parts == nil || s == "P" || strings.HasSuffix(s, "T") {
		return nil
	}
	total, ended := new(big.Rat), false
	for i, unit := range []time.Duration{7 * day, day, time.Hour, time.Minute, time.Second} {
		part := strings.Replace(parts[i+1], ",", ".", 1)
		if part == "" {
			continue
		}
		if ended { // after a fraction
			return nil
		}
		ended = strings.Contains(part, ".")
		n, _ := new(big.Rat).SetString(part)
		total.Add(total, n.Mul(n, new(big.Rat).SetInt64(int64(unit))))
	}
	return total
}

// FuzzDuration compares durations with the second implementation, and writes Go's durations as package define does.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{
		"", "P", "PT", "P1DT2H", "PT0,5S", "P1W", "-P1W", "P1Y", "P1.5DT1H", "PT1M2.5S", "P15250W", "P15251W",
		"PT9223372036S", "PT0.0000000001S", "P00000000000000000000001D",
	} {
		f.Add(s, int64(90*time.Minute))
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		if len(s) < 100 {
			requireDuration(t, s)
		}
		if n == math.MinInt64 || n == math.MaxInt64 {
			return
		}
		raw, err := json.Marshal(define.UntilProperty{Path: "/data/at", Offset: time.Duration(n)})
		require.NoError(t, err)
		var written struct{ Offset string }
		require.NoError(t, json.Unmarshal(raw, &written))
		got, err := cond.ParseSignedDuration(written.Offset)
		require.NoError(t, err, written.Offset)
		require.Equal(t, time.Duration(n), got)
	})
}

func requireDuration(t *testing.T, s string) {
	t.Helper()
	got, err := cond.ParseDuration(s)
	signed, signedErr := cond.ParseSignedDuration("-" + s)
	require.Equal(t, -got, signed)
	require.Equal(t, err == nil, signedErr == nil)
	exact := nanoseconds(s)
	if exact == nil {
		require.Error(t, err)
		return
	}
	want, _ := exact.Float64()
	const longest = float64(math.MaxInt64)
	switch {
	case want > longest+1e4:
		require.ErrorContains(t, err, "longer than 292 years")
	case want < longest-1e4:
		require.NoError(t, err)
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(got)))
		difference, _ := off.Float64()
		require.InDelta(t, 0, difference, 100, "each digit of a fraction is rounded down to nanoseconds")
	}
}

var rfc3339 = regexp.MustCompile(
	`^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`)

// FuzzInstant compares instants with package time, which reads RFC 3339 too.
func FuzzInstant(f *testing.F) {
	for _, s := range []string{
		"", "2026-06-05", "2026-06-05T12:00:00.000+02:00", "2026-03-02T09:30Z", "2026-03-02t09:30:00z", "1780660800",
		"0000-01-01T00:00:00.0009+23:59", "9999-12-31T23:59:59.9999999999-23:59", "2024-02-29T00:00:00Z",
		"2023-02-29T00:00:00Z", "2026-06-05T24:00:00Z", "2026-06-05T23:59:60Z", "2026-06-05T12:00:00,5Z",
		"2026-06-05T12:00:00+0200", "2026-06-05T12",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := cond.ParseTime(s)
		if rfc3339.MatchString(s) {
			want, err := time.Parse(time.RFC3339, s)
			require.Equal(t, err == nil, ok, s)
			if ok {
				require.True(t, want.Truncate(ms).Equal(at), "%s: want %s, got %s", s, want, at)
			}
		}
		if !ok {
			return
		}
		require.Equal(t, at, at.Truncate(ms))
		require.False(t, cond.OpBefore.Test(s, s, atNoon).True)
		if year := at.Year(); year >= 0 && year <= 9999 {
			again, ok := cond.ParseTime(at.Format(time.RFC3339Nano))
			require.True(t, ok)
			require.True(t, again.Equal(at))
		}
	})
}

var rfc6901 = regexp.MustCompile(`^(?:/(?:[^~/]|~[01])*)*$`)

// FuzzPointer compares pointers with a second implementation of RFC 6901, and reads what they lead to.
func FuzzPointer(f *testing.F) {
	for _, s := range []string{
		"", "/", "//", "a~1b/~0", "/data/lines/0", "~", "/~2", "/~01", "/data/\x00\xff", "/a//b/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pointer, err := cond.ParsePointer(s)
		whole := s
		if !strings.HasPrefix(s, "/") && s != "" {
			whole = "/" + s
		}
		require.Equal(t, rfc6901.MatchString(strings.ToValidUTF8(whole, "?")), err == nil, "%q", s)
		if err != nil {
			return
		}
		require.Equal(t, whole, pointer.String())
		want := strings.Split(whole, "/")[1:]
		for i, token := range want {
			want[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		}
		if whole == "" {
			want = []string{}
		}
		require.Equal(t, want, []string(pointer))

		var tree any = "found"
		at := ""
		for _, token := range slices.Backward(pointer) {
			tree = map[string]any{token: tree, token + "~": "beside"}
		}
		for _, token := range pointer {
			at = cond.Below(at, token)
		}
		require.Equal(t, whole, at)
		if root, ok := tree.(map[string]any); ok {
			got, there := cond.State(root).Lookup(pointer)
			require.True(t, there)
			require.Equal(t, "found", got)
			_, there = cond.State(root).Lookup(append(pointer, "more"))
			require.False(t, there)
		}
	})
}
