package cond_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

func TestInstantsAreISODatesAndEpochs(t *testing.T) {
	for name, c := range map[string]struct{ v, want string }{
		"a date is midnight":                          {`"2026-06-05"`, "2026-06-05T00:00:00Z"},
		"a date-time with a Z":                        {`"2026-06-05T12:34:56Z"`, "2026-06-05T12:34:56Z"},
		"seconds are optional":                        {`"2026-06-05T12:34Z"`, "2026-06-05T12:34:00Z"},
		"a fraction is optional":                      {`"2026-06-05T12:34:56.789Z"`, "2026-06-05T12:34:56.789Z"},
		"a fraction of one digit":                     {`"2026-06-05T12:34:56.7Z"`, "2026-06-05T12:34:56.7Z"},
		"a fraction beyond milliseconds is cut":       {`"2026-06-05T12:34:56.78999Z"`, "2026-06-05T12:34:56.789Z"},
		"an offset east of Greenwich":                 {`"2026-06-05T01:00:00+05:30"`, "2026-06-04T19:30:00Z"},
		"an offset west of Greenwich":                 {`"2026-06-05T23:00-07:00"`, "2026-06-06T06:00:00Z"},
		"a date-time without a zone":                  {`"2026-06-05T12:34:56.789"`, "2026-06-05T12:34:56.789Z"},
		"a date-time without seconds and zone":        {`"2026-06-05T12:34"`, "2026-06-05T12:34:00Z"},
		"a small z":                                   {`"2026-06-05T12:00z"`, "2026-06-05T12:00:00Z"},
		"a small t":                                   {`"2026-06-05t12:00:00.5z"`, "2026-06-05T12:00:00.5Z"},
		"an offset without a colon":                   {`"2026-06-05T12:00+0100"`, "2026-06-05T11:00:00Z"},
		"an offset without a colon after a fraction":  {`"2026-06-05T12:00:00.5-0930"`, "2026-06-05T21:30:00.5Z"},
		"an offset of hours alone":                    {`"2026-06-05T12:00+02"`, "2026-06-05T10:00:00Z"},
		"an offset of zero":                           {`"2026-06-05T12:00-00:00"`, "2026-06-05T12:00:00Z"},
		"the last day of a leap year's February":      {`"2028-02-29"`, "2028-02-29T00:00:00Z"},
		"an epoch in seconds":                         {`1780660800`, "2026-06-05T12:00:00Z"},
		"an epoch in seconds with a fraction":         {`1780660800.5`, "2026-06-05T12:00:00.5Z"},
		"an epoch in milliseconds":                    {`1780660800123`, "2026-06-05T12:00:00.123Z"},
		"an exponent is a notation":                   {`1.7806608e9`, "2026-06-05T12:00:00Z"},
		"zero is 1970":                                {`0`, "1970-01-01T00:00:00Z"},
		"zero is 1970 however large its exponent":     {`0e99`, "1970-01-01T00:00:00Z"},
		"negative epochs are before 1970":             {`-1`, "1969-12-31T23:59:59Z"},
		"negative fractions are cut towards the past": {`-0.0001`, "1969-12-31T23:59:59.999Z"},
		"1e12 is the first in milliseconds":           {`1000000000000`, "2001-09-09T01:46:40Z"},
		"1e12 written with an exponent":               {`1e12`, "2001-09-09T01:46:40Z"},
		"the last below 1e12 is in seconds":           {`999999999999`, "+33658-09-27T01:46:39Z"},
		"the last fraction below 1e12 is in seconds":  {`999999999999.999`, "+33658-09-27T01:46:39.999Z"},
		"a negative number is always below 1e12":      {`-1000000000000`, "-29719-04-05T22:13:20Z"},
		"the last instant JavaScript has":             {`8640000000000000`, "+275760-09-13T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := cond.ParseTime(value(t, c.v))
			require.True(t, ok)
			require.Equal(t, javaScriptTime(t, c.want), got.UnixMilli())
			require.Equal(t, time.UTC, got.Location())
		})
	}
}

// javaScriptTime parses RFC 3339, and also years of more than four digits.
func javaScriptTime(t *testing.T, s string) int64 {
	t.Helper()
	for year, shifted := range map[string]struct {
		base string
		by   int
	}{"+33658": {"2058", 31600}, "+275760": {"2160", 273600}, "-29719": {"2281", -32000}} {
		if rest, ok := strings.CutPrefix(s, year); ok {
			at, err := time.Parse(time.RFC3339Nano, shifted.base+rest)
			require.NoError(t, err)
			return at.AddDate(shifted.by, 0, 0).UnixMilli()
		}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return at.UnixMilli()
}

func TestValuesThatAreNotInstants(t *testing.T) {
	for name, v := range map[string]string{
		"missing":                                 ``,
		"null":                                    `null`,
		"an empty string":                         `""`,
		"a boolean":                               `true`,
		"a list":                                  `["2026-06-05"]`,
		"an object":                               `{}`,
		"a word":                                  `"tomorrow"`,
		"a date with a zone":                      `"2026-06-05Z"`,
		"a date in another order":                 `"05-06-2026"`,
		"a date without separators or zone":       `"20260605T120000Z"`,
		"a month and no day":                      `"2026-06"`,
		"a month that does not exist":             `"2026-13-01"`,
		"a month of zero":                         `"2026-00-01"`,
		"a day that does not exist":               `"2026-02-29"`,
		"a day of zero":                           `"2026-06-00"`,
		"a day of one digit":                      `"2026-06-5"`,
		"an hour and no minute":                   `"2026-06-05T12Z"`,
		"an hour of one digit":                    `"2026-06-05T9:00Z"`,
		"the hour 24":                             `"2026-06-05T24:00Z"`,
		"the minute 60":                           `"2026-06-05T12:60Z"`,
		"a leap second":                           `"2026-06-05T23:59:60Z"`,
		"a point without a fraction":              `"2026-06-05T12:00:00.Z"`,
		"a comma for a point":                     `"2026-06-05T12:00:00,5Z"`,
		"a fraction of a minute":                  `"2026-06-05T12:00.5Z"`,
		"a blank for the T":                       `"2026-06-05 12:00Z"`,
		"digits that look like a date":            `"20240229"`,
		"digits that look like an epoch":          `"1780660800"`,
		"digits that look like milliseconds":      `"1780660800123"`,
		"a numeric string":                        `"-1.5e3"`,
		"a zone and an offset":                    `"2026-06-05T12:00Z+01:00"`,
		"a T without a time":                      `"2026-06-05T"`,
		"an offset of three digits":               `"2026-06-05T12:00+010"`,
		"an offset without a colon beyond a day":  `"2026-06-05T12:00+2400"`,
		"an offset with 60 minutes":               `"2026-06-05T12:00+0160"`,
		"an offset without a sign":                `"2026-06-05T12:00 0100"`,
		"a sign without an offset":                `"2026-06-05T12:00+"`,
		"a year of five digits":                   `"12026-06-05"`,
		"a word for a zone":                       `"2026-06-05T12:00 UTC"`,
		"an offset of a day":                      `"2026-06-05T12:00+24:00"`,
		"more text after the zone":                `"2026-06-05T12:00Z!"`,
		"blanks around a date":                    `" 2026-06-05 "`,
		"an epoch beyond JavaScript's last":       `8640000000000001`,
		"an epoch before JavaScript's first":      `-8640000000001`,
		"an epoch that overflows 64 bits":         `18446745854370351616`,
		"an epoch with a huge exponent":           `1e999999999`,
		"a zone by its name":                      `"2026-06-05T12:00 Europe/Berlin"`,
		"a date-time that ends within the hours":  `"2026-06-05T1"`,
		"a date-time that ends within the offset": `"2026-06-05T12:00+01:3"`,
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := cond.ParseTime(value(t, v))
			require.False(t, ok)
			require.False(t, cond.OpBefore.Test(value(t, v), "9999-01-01", atNoon).True)
			require.False(t, cond.OpAfter.Test(value(t, v), "0001-01-01", atNoon).True)
			require.False(t, cond.OpWithin.Test(value(t, v), "P99W", atNoon).True)
		})
	}
}

func TestBeforeAndAfterMixAllWaysToWriteAnInstant(t *testing.T) {
	const earlier, same, later = -1, 0, 1
	for name, c := range map[string]struct {
		v, operand string
		want       int
	}{
		"a date before a date-time of that day":      {`"2026-06-05"`, `"2026-06-05T00:00:00.001Z"`, earlier},
		"a date at its midnight":                     {`"2026-06-05"`, `"2026-06-05T00:00Z"`, same},
		"a date after another":                       {`"2026-06-05"`, `"2026-06-04"`, later},
		"one instant in two zones":                   {`"2026-06-05T14:00+02:00"`, `"2026-06-05T12:00:00Z"`, same},
		"an earlier instant with a later wall clock": {`"2026-06-05T13:00+02:00"`, `"2026-06-05T12:00Z"`, earlier},
		"seconds and a date-time":                    {`1780660800`, `"2026-06-05T12:00Z"`, same},
		"milliseconds and seconds":                   {`1780660800001`, `1780660800`, later},
		"a date-time without a zone and one with it": {`"2026-06-05T12:00"`, `"2026-06-05T12:00Z"`, same},
		"a date and a date-time without a zone":      {`"2026-06-05"`, `"2026-06-05T00:01"`, earlier},
		"a fraction of seconds and milliseconds":     {`1780660800.5`, `1780660800500`, same},
		"less than a millisecond apart is the same": {
			`"2026-06-05T12:00:00.0004Z"`, `"2026-06-05T12:00:00.0009Z"`, same,
		},
		"the largest seconds are after the first of ms": {`999999999999`, `1000000000000`, later},
		"one millisecond before":                        {`"2026-06-05T11:59:59.999Z"`, `"2026-06-05T12:00Z"`, earlier},
	} {
		t.Run(name, func(t *testing.T) {
			for _, operand := range []string{c.operand, `{"$state": "/profile/at"}`} {
				s := given(t, c.v)
				s["profile"] = map[string]any{"at": value(t, c.operand)}
				require.Equal(t, c.want == earlier, holds(t, compare(`"before": `+operand), s))
				require.Equal(t, c.want == later, holds(t, compare(`"after": `+operand), s))
				require.Equal(t, c.want != earlier, holds(t, negated(`"before": `+operand), s))
			}
		})
	}
	s := state(t, `{"data": {"v": 0, "word": "soon"}}`)
	require.False(t, holds(t, compare(`"before": {"$state": "/data/word"}`), s))
}

func TestAFormattedInstantParsesToTheMillisecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60-59, 23*60+59).Draw(t, "offset"))
		at := time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "seconds"),
			rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
		for _, layout := range []string{
			"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.0Z07:00", time.RFC3339Nano,
		} {
			written := at.Format(layout)
			want, err := time.Parse(time.RFC3339Nano, written)
			if layout == "2006-01-02T15:04Z07:00" {
				want, err = time.Parse(layout, written)
			}
			require.NoError(t, err)
			got, ok := cond.ParseTime(written)
			require.True(t, ok, written)
			require.True(t, got.Equal(want.Truncate(ms)), "%s was read as %s", written, got)
		}
	})
}

func TestDatesWithoutAZoneAreLocal(t *testing.T) {
	for name, c := range map[string]struct{ zone, v, want string }{
		"a date":                                {"Europe/Berlin", `"2026-06-05"`, "2026-06-04T22:00:00Z"},
		"a date west of Greenwich":              {"America/New_York", `"2026-06-05"`, "2026-06-05T04:00:00Z"},
		"a date-time":                           {"Asia/Tokyo", `"2026-06-05T09:30:15.25"`, "2026-06-05T00:30:15.25Z"},
		"a date-time without seconds":           {"Asia/Kathmandu", `"2026-06-05T09:30"`, "2026-06-05T03:45:00Z"},
		"a date-time with a Z is not local":     {"Asia/Tokyo", `"2026-06-05T09:30Z"`, "2026-06-05T09:30:00Z"},
		"a date-time with an offset is not":     {"Asia/Tokyo", `"2026-06-05T09:30+0000"`, "2026-06-05T09:30:00Z"},
		"an epoch is not":                       {"Asia/Tokyo", `1780660800`, "2026-06-05T12:00:00Z"},
		"in a gap the offset before it applies": {"America/New_York", `"2026-03-08T02:30"`, "2026-03-08T07:30:00Z"},
		"in an overlap it is the first":         {"America/New_York", `"2026-11-01T01:30"`, "2026-11-01T05:30:00Z"},
		"a midnight that a gap skips":           {"Africa/Cairo", `"2026-04-24"`, "2026-04-23T22:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := time.Parse(time.RFC3339Nano, c.want)
			require.NoError(t, err)
			profile, organization := given(t, c.v), given(t, c.v)
			profile["profile"] = map[string]any{"timezone": c.zone}
			for _, env := range []cond.Env{
				{State: profile, Zone: zone.Load("Pacific/Chatham")},
				{State: organization, Zone: zone.Load(c.zone)},
			} {
				env.Now = want
				require.True(t, eval(t, compare(`"within": "PT0S"`), &env).True)
				for distance, operator := range map[time.Duration]string{-ms: "after", ms: "before"} {
					document := compare(`"` + operator + `": ` + fmt.Sprint(want.Add(distance).UnixMilli()))
					require.True(t, eval(t, document, &env).True, document)
				}
			}
		})
	}
}

func TestTheZoneOfDatesIsTheProfilesElseTheOther(t *testing.T) {
	berlin := zone.Load("Europe/Berlin")
	for timezone, want := range map[string]string{
		`"Asia/Tokyo"`: "Asia/Tokyo", `"UTC"`: "UTC", `null`: "Europe/Berlin", `""`: "Europe/Berlin",
		`2`: "Europe/Berlin", `"Mars/Olympus"`: "Europe/Berlin", `"asia/tokyo"`: "Europe/Berlin",
		`"Local"`: "Europe/Berlin", `"localtime"`: "Europe/Berlin", `"posix/Asia/Tokyo"`: "Europe/Berlin",
		`["Asia/Tokyo"]`: "Europe/Berlin", `"Factory"`: "Europe/Berlin",
	} {
		env := &cond.Env{State: state(t, `{"profile": {"timezone": `+timezone+`}}`), Zone: berlin}
		require.Equal(t, want, env.LocalZone().String(), timezone)
	}
	require.Equal(t, berlin, (&cond.Env{Zone: berlin}).LocalZone())
	require.Equal(t, time.UTC, (&cond.Env{}).LocalZone())
}

func TestBothDatesOfAComparisonAreLocal(t *testing.T) {
	s := state(t, `{"data": {"v": "2026-06-05"}, "profile": {"at": "2026-06-05T00:00", "timezone": "Asia/Tokyo"}}`)
	for _, operand := range []string{`"2026-06-05T00:00"`, `{"$state": "/profile/at"}`, `"2026-06-04T15:00Z"`} {
		require.False(t, holds(t, compare(`"before": `+operand), s), operand)
		require.False(t, holds(t, compare(`"after": `+operand), s), operand)
	}
	require.True(t, holds(t, compare(`"after": "2026-06-04"`), s))
	require.True(t, holds(t, compare(`"before": "2026-06-05T00:01"`), s))
}

func TestAFilterReadsDatesInTheSameZone(t *testing.T) {
	who := &person{events: []cond.Event{{Name: "e", OccurredAt: noon, Data: map[string]any{"on": "2026-06-05"}}}}
	doc := `{"performed": {"event": "e", "filter": {"$state": "/event/on", "before": "2026-06-05T00:00Z"}}}`
	env := &cond.Env{Now: noon, Facts: who, Zone: zone.Load("Europe/Berlin")}
	require.True(t, eval(t, doc, env).True)
	env.State = state(t, `{"profile": {"timezone": "America/New_York"}}`)
	require.False(t, eval(t, doc, env).True)
}
