package cond_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// written returns the notations of an instant in a state.
func written(at time.Time) map[string]string {
	return map[string]string{
		"as an ISO date-time":      at.Format(`"2006-01-02T15:04:05.000Z"`),
		"with an offset":           at.In(time.FixedZone("", -5*3600)).Format(`"2006-01-02T15:04:05.000Z07:00"`),
		"as epoch seconds":         fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/int(ms)),
		"as epoch milliseconds":    fmt.Sprint(at.UnixMilli()),
		"as a local date-time":     at.Format(`"2006-01-02T15:04:05.000"`),
		"with digits beyond those": at.Format(`"2006-01-02T15:04:05.000`) + `999Z"`,
	}
}

func TestWithinIsInclusiveAtBothEdges(t *testing.T) {
	for name, c := range map[string]struct {
		from  time.Duration // from now
		want  bool
		until time.Duration // from now; 0 is never
	}{
		"one millisecond before the window is outside forever": {-day - ms, false, 0},
		"the first of the window is inside for a millisecond":  {-day, true, ms},
		"the second one is inside for two":                     {-day + ms, true, 2 * ms},
		"the middle is inside for the rest":                    {-time.Hour, true, 23*time.Hour + ms},
		"now is inside for the whole width":                    {0, true, day + ms},
		"one millisecond ahead is outside until it comes":      {ms, false, ms},
		"a day ahead is outside until it comes":                {day, false, day},
		"long ago is outside forever":                          {-1000 * day, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for way, v := range written(noon.Add(c.from)) {
				want := cond.Result{True: c.want}
				if c.until != 0 {
					want.Until = noon.Add(c.until)
				}
				for _, width := range []string{`"P1D"`, `"PT24H"`, `"PT86400.0009S"`, `{"$state": "/data/width"}`} {
					env := &cond.Env{Now: noon, State: given(t, v)}
					env.State["data"].(map[string]any)["width"] = "P1D"
					require.Equal(t, want, eval(t, compare(`"within": `+width), env), "%s, %s", way, width)
					inverted := cond.Result{True: !c.want, Until: want.Until}
					require.Equal(t, inverted, eval(t, negated(`"within": `+width), env), "%s, %s", way, width)
				}
			}
		})
	}
}

func TestWithinOfZeroWidthIsOneMillisecond(t *testing.T) {
	for from, want := range map[time.Duration]bool{-ms: false, 0: true, ms: false} {
		require.Equal(t, want, cond.OpWithin.Test(noon.Add(from).Format(time.RFC3339Nano), "PT0S", atNoon).True)
	}
}

func TestTimeIsComparedInWholeMilliseconds(t *testing.T) {
	now := noon.Add(700 * time.Microsecond)
	for name, c := range map[string]struct {
		at   time.Time
		want cond.Result
	}{
		"later in the same millisecond is now": {
			noon.Add(900 * time.Microsecond), cond.Result{True: true, Until: noon.Add(time.Second + ms)},
		},
		"the next millisecond is ahead": {noon.Add(ms), cond.Result{Until: noon.Add(ms)}},
		"the edge is the whole millisecond at its end": {
			noon.Add(-time.Second), cond.Result{True: true, Until: noon.Add(ms)},
		},
		"earlier is outside": {noon.Add(-time.Second - 1), cond.Result{}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, cond.OpWithin.Test(c.at.Format(time.RFC3339Nano), "PT1S", cond.Clock{Now: now}))
			who := &person{events: []cond.Event{{Name: "e", OccurredAt: c.at}}, mail: []fact{{kind: "sent", at: c.at}}}
			for _, doc := range []string{
				`{"performed": {"event": "e", "within": "PT1S"}}`, `{"received": {"event": "sent", "within": "PT1S"}}`,
			} {
				require.Equal(t, c.want, eval(t, doc, &cond.Env{Now: now, Facts: who}), doc)
			}
		})
	}
}

func TestWithinAnInvalidDurationFromTheStateIsFalse(t *testing.T) {
	for name, width := range map[string]string{
		"a month":             `"P1M"`,
		"a year":              `"P1Y"`,
		"a negative duration": `"-P1D"`,
		"a number":            `86400`,
		"null":                `null`,
	} {
		t.Run(name, func(t *testing.T) {
			s := state(t, `{"data": {"v": "2026-06-05T12:00Z", "width": `+width+`}}`)
			require.False(t, holds(t, compare(`"within": {"$state": "/data/width"}`), s))
			require.True(t, holds(t, negated(`"within": {"$state": "/data/width"}`), s))
		})
	}
}

func TestUntilAfterTheYear9999IsNever(t *testing.T) {
	require.Equal(t, cond.Result{}, cond.OpWithin.Test("9999-12-31T23:59:59-01:00", "P1D", atNoon),
		"it is in the year 10000")
	late := time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
	require.Equal(t, cond.Result{True: true}, cond.OpWithin.Test("9999-12-31", "P1D", cond.Clock{Now: late}),
		"it stays inside")
}

func TestUntilIsInUTC(t *testing.T) {
	now := noon.In(time.FixedZone("", 7200))
	r := cond.OpWithin.Test("2026-06-05T14:00+02:00", "P1D", cond.Clock{Now: now})
	require.Equal(t, cond.Result{True: true, Until: noon.Add(day + ms)}, r)
}
