package cond_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestDurationsAreWeeksDaysHoursMinutesAndSeconds(t *testing.T) {
	for name, c := range map[string]struct {
		s    string
		want time.Duration
	}{
		"weeks":                               {"P2W", 14 * day},
		"a day is 24 hours":                   {"P1D", 24 * time.Hour},
		"hours":                               {"PT36H", 36 * time.Hour},
		"minutes":                             {"PT90M", 90 * time.Minute},
		"seconds":                             {"PT45S", 45 * time.Second},
		"all of them":                         {"P1W2DT3H4M5S", 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second},
		"some of them":                        {"P1DT1S", day + time.Second},
		"nothing":                             {"PT0S", 0},
		"no days":                             {"P0D", 0},
		"a fraction of the smallest part":     {"PT1M2.5S", 62500 * ms},
		"a fraction of a day":                 {"P1.5D", 36 * time.Hour},
		"a fraction with a comma, as ISO has": {"PT0,25H", 15 * time.Minute},
		"a millisecond":                       {"PT0.001S", ms},
		"a nanosecond":                        {"PT0.0000000019S", time.Nanosecond},
		"leading zeros":                       {"P007D", 7 * day},
		"a month's days":                      {"P30D", 30 * day},
		"almost 292 years":                    {"P15250W", 15250 * 7 * day},
	} {
		t.Run(name, func(t *testing.T) {
			for prefix, sign := range map[string]time.Duration{"": 1, "+": 1, "-": -1} {
				got, err := cond.ParseSignedDuration(prefix + c.s)
				require.NoError(t, err)
				require.Equal(t, sign*c.want, got)
			}
			got, err := cond.ParseDuration(c.s)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestDurationsRefused(t *testing.T) {
	const (
		shape    = "write weeks, days, hours"
		calendar = "months and years have no fixed length"
		fraction = "only the smallest part may have a fraction"
		length   = "longer than 292 years"
	)
	for name, c := range map[string]struct{ s, reason string }{
		"nothing":                             {"", shape},
		"a word":                              {"week", shape},
		"a P alone":                           {"P", shape},
		"a T alone":                           {"PT", shape},
		"a T with nothing after it":           {"P1DT", shape},
		"a number without a unit":             {"P1", shape},
		"a unit without a number":             {"PD", shape},
		"months":                              {"P1M", calendar},
		"years":                               {"P1Y", calendar},
		"months and days":                     {"P1M3D", calendar},
		"years and hours":                     {"P1YT1H", calendar},
		"hours before the T":                  {"P1H", shape},
		"days after the T":                    {"PT1D", shape},
		"the wrong order":                     {"PT1S1M", shape},
		"the same unit twice":                 {"P1D1D", shape},
		"small letters":                       {"p1d", shape},
		"a sign within":                       {"P-1D", shape},
		"blanks":                              {" P1D", shape},
		"text after it":                       {"P1D!", shape},
		"a point without a fraction":          {"PT1.S", shape},
		"a fraction without a whole":          {"PT.5S", shape},
		"a fraction of a larger part":         {"PT1.5H30M", fraction},
		"a fraction of a day and some hours":  {"P0.5DT1H", fraction},
		"weeks beyond the range":              {"P15251W", length},
		"weeks that overflow 64 bits":         {"P30501W", length},
		"too many digits":                     {"P99999999999999999999D", length},
		"parts that are too long together":    {"P15250WT9999H", length},
		"another notation":                    {"3d", shape},
		"a duration that is written as a day": {"2026-06-05", shape},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cond.ParseDuration(c.s)
			require.ErrorContains(t, err, c.reason)
			_, err = cond.ParseSignedDuration("-" + c.s)
			require.ErrorContains(t, err, c.reason)
		})
	}
}

func TestADurationHasNoSign(t *testing.T) {
	for _, s := range []string{"-P1D", "+P1D"} {
		_, err := cond.ParseDuration(s)
		require.Error(t, err)
	}
	_, err := cond.ParseSignedDuration("--P1D")
	require.Error(t, err)
}
