package journey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

const (
	newYork    = "America/New_York"
	tokyo      = "Asia/Tokyo"
	losAngeles = "America/Los_Angeles"
	lordHowe   = "Australia/Lord_Howe"
	sydney     = "Australia/Sydney"
	berlin     = "Europe/Berlin"
	cairo      = "Africa/Cairo"
)

var everyDay []time.Weekday

// localTime is a wall-clock time and its next instant.
type localTime struct {
	now, zone    string
	hour, minute int
	days         []time.Weekday
	want         string
}

func requireNextLocal(t *testing.T, cases map[string]localTime) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := journey.NextLocal(at(t, c.now), c.hour, c.minute, c.days, zone(t, c.zone))
			require.Equal(t, c.want, got.Format(time.RFC3339Nano))
		})
	}
}

func TestNextLocal(t *testing.T) {
	requireNextLocal(t, map[string]localTime{
		"the current instant does not count": {
			"2026-06-08T13:00:00Z", newYork, 9, 0, everyDay, "2026-06-09T13:00:00Z",
		},
		"one second earlier it does": {"2026-06-08T12:59:59Z", newYork, 9, 0, everyDay, "2026-06-08T13:00:00Z"},
		"midnight of the next local day": {
			"2026-06-08T13:00:00Z", newYork, 0, 0, everyDay, "2026-06-09T04:00:00Z",
		},
		"half an hour of offset": {"2026-06-08T03:29:59Z", "Asia/Kolkata", 9, 0, everyDay, "2026-06-08T03:30:00Z"},
		"three quarters of an hour of offset": {
			"2026-06-08T00:00:00Z", "Asia/Kathmandu", 9, 0, everyDay, "2026-06-08T03:15:00Z",
		},
		"a southern summer at the year's end": {
			"2026-12-31T12:00:00Z", sydney, 8, 0, everyDay, "2026-12-31T21:00:00Z",
		},
		"a leap day": {"2028-02-28T12:00:00Z", berlin, 9, 0, everyDay, "2028-02-29T08:00:00Z"},
		"the day after a leap day": {
			"2028-02-29T08:00:00Z", berlin, 9, 0, everyDay, "2028-03-01T08:00:00Z",
		},
		"no leap day in 2026": {"2026-02-28T12:00:00Z", berlin, 9, 0, everyDay, "2026-03-01T08:00:00Z"},
		"across the year's end": {
			"2026-12-31T12:00:00Z", berlin, 9, 0, everyDay, "2027-01-01T08:00:00Z",
		},
		"a year ahead of UTC": {"2026-12-31T12:00:00Z", "Pacific/Kiritimati", 9, 0, everyDay, "2026-12-31T19:00:00Z"},
		"a zone without summer time": {
			"2026-03-29T00:00:00Z", "America/Phoenix", 9, 0, everyDay, "2026-03-29T16:00:00Z",
		},
		"UTC": {"2026-06-08T09:00:00Z", "UTC", 9, 0, everyDay, "2026-06-09T09:00:00Z"},
	})
}

func TestNextLocalOnWeekdays(t *testing.T) {
	requireNextLocal(t, map[string]localTime{
		"a Monday that is still Sunday in UTC": {
			"2026-06-06T12:00:00Z", tokyo, 8, 0, []time.Weekday{time.Monday}, "2026-06-07T23:00:00Z",
		},
		"a Friday that is already Saturday in UTC": {
			"2026-06-05T23:00:00Z", losAngeles, 20, 0, []time.Weekday{time.Friday}, "2026-06-06T03:00:00Z",
		},
		"the same weekday next week": {
			"2026-06-08T13:00:00Z", newYork, 9, 0, []time.Weekday{time.Monday}, "2026-06-15T13:00:00Z",
		},
		"the same weekday later today": {
			"2026-06-08T12:00:00Z", newYork, 9, 0, []time.Weekday{time.Monday}, "2026-06-08T13:00:00Z",
		},
		"the nearest of several weekdays": {
			"2026-06-08T14:00:00Z",
			newYork,
			9,
			0,
			[]time.Weekday{time.Saturday, time.Wednesday},
			"2026-06-10T13:00:00Z",
		},
		"a day that was skipped": {
			"2011-12-29T20:00:00Z", "Pacific/Apia", 9, 0, []time.Weekday{time.Friday}, "2011-12-30T19:00:00Z",
		},
	})
}

func TestNextLocalInGapsAndOverlaps(t *testing.T) {
	requireNextLocal(t, map[string]localTime{
		"the morning of the change to summer time": {
			"2026-03-07T20:00:00Z", newYork, 9, 0, everyDay, "2026-03-08T13:00:00Z",
		},
		"the morning of the change to winter time": {
			"2026-10-31T20:00:00Z", newYork, 9, 0, everyDay, "2026-11-01T14:00:00Z",
		},
		"a time in a gap has the offset before it": {
			"2026-03-08T05:00:00Z", newYork, 2, 30, everyDay, "2026-03-08T07:30:00Z",
		},
		"a time in an overlap is the first": {
			"2026-11-01T04:00:00Z", newYork, 1, 30, everyDay, "2026-11-01T05:30:00Z",
		},
		"between both passes of an overlap it is tomorrow": {
			"2026-11-01T05:30:00Z", newYork, 1, 30, everyDay, "2026-11-02T06:30:00Z",
		},
		"in the second pass it is tomorrow": {
			"2026-11-01T06:15:00Z", newYork, 1, 30, everyDay, "2026-11-02T06:30:00Z",
		},
		"inside a gap that moved it": {"2026-03-08T07:10:00Z", newYork, 2, 30, everyDay, "2026-03-08T07:30:00Z"},
		"the edge of a gap": {
			"2026-03-08T05:00:00Z", newYork, 2, 0, everyDay, "2026-03-08T07:00:00Z",
		},
		"the end of a gap": {"2026-03-08T05:00:00Z", newYork, 3, 0, everyDay, "2026-03-08T07:00:00Z"},
		"a week across a change": {
			"2026-03-01T14:00:00Z", newYork, 9, 0, []time.Weekday{time.Sunday}, "2026-03-08T13:00:00Z",
		},
		"half an hour of summer time, gap": {
			"2026-10-03T12:00:00Z", lordHowe, 2, 15, everyDay, "2026-10-03T15:45:00Z",
		},
		"half an hour of summer time, overlap": {
			"2026-04-04T12:00:00Z", lordHowe, 1, 45, everyDay, "2026-04-04T14:45:00Z",
		},
		"a southern gap in October": {"2026-10-03T12:00:00Z", sydney, 2, 30, everyDay, "2026-10-03T16:30:00Z"},
		"a southern overlap in April": {
			"2026-04-04T12:00:00Z", sydney, 2, 30, everyDay, "2026-04-04T15:30:00Z",
		},
		"a gap at midnight": {
			"2026-04-23T12:00:00Z", cairo, 0, 30, []time.Weekday{time.Friday}, "2026-04-23T22:30:00Z",
		},
		"a gap at midnight that has begun": {
			"2026-04-23T22:10:00Z", cairo, 0, 30, []time.Weekday{time.Friday}, "2026-04-23T22:30:00Z",
		},
		"an overlap back over midnight": {"2026-10-29T12:00:00Z", cairo, 23, 30, everyDay, "2026-10-29T20:30:00Z"},
		"the second pass of the hour before midnight": {
			"2026-10-29T21:10:00Z", cairo, 23, 30, everyDay, "2026-10-30T21:30:00Z",
		},
	})
}

func TestTheNextLocalTimeIsTheWallClockTimeIfThatExists(t *testing.T) {
	const step = 5*time.Hour + 13*time.Minute
	for _, name := range []string{
		"America/New_York",
		"Europe/Berlin",
		"Australia/Lord_Howe",
		"Africa/Casablanca",
		"America/St_Johns",
		"Asia/Tokyo",
	} {
		z := zone(t, name)
		for moment := at(t, "2026-01-01T00:17:00Z"); moment.Year() == 2026; moment = moment.Add(step) {
			next := journey.NextLocal(moment, 12, 5, nil, z)
			require.True(t, next.After(moment), "%s after %s", name, moment)
			require.LessOrEqual(t, next.Sub(moment), 25*time.Hour, "%s after %s", name, moment)
			require.Equal(t, "12:05", next.In(z).Format("15:04"), "%s after %s", name, moment)
		}
	}
}

func TestADelayUntilLocalUsesTheFirstKnownZone(t *testing.T) {
	d := parse(t, nodes(
		`{"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0, "timezone": "Asia/Tokyo"}, "next": "b"}`,
		`{"id": "b", "type": "delay", "untilLocal": {"hour": 9, "minute": 0}, "next": "end"}`,
	))
	const (
		own          = "2026-06-05T13:00:00Z"
		node         = "2026-06-06T00:00:00Z"
		organization = "2026-06-06T07:00:00Z"
		utc          = "2026-06-06T09:00:00Z"
	)
	berlin := zone(t, "Europe/Berlin")
	for name, c := range map[string]struct {
		node, state string
		zone        *time.Location
		want        string
	}{
		"the Profile's": {
			"a", `{"profile": {"timezone": "America/New_York"}}`, berlin, own,
		},
		"the node's when the Profile has none":          {"a", `{"profile": {}}`, berlin, node},
		"the node's when the Profile's is null":         {"a", `{"profile": {"timezone": null}}`, berlin, node},
		"the node's when the Profile's is empty":        {"a", `{"profile": {"timezone": ""}}`, berlin, node},
		"the node's when the Profile's is not a string": {"a", `{"profile": {"timezone": 2}}`, berlin, node},
		"the node's when the Profile's does not exist": {
			"a", `{"profile": {"timezone": "Mars/Olympus"}}`, berlin, node,
		},
		"the node's when the Profile's is the machine's": {"a", `{"profile": {"timezone": "Local"}}`, berlin, node},
		"the Organization's when the node has none": {
			"b", `{"profile": {"timezone": "nowhere"}}`, berlin, organization,
		},
		"UTC when there is no other": {"b", `{}`, nil, utc},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t, c.state)
			in.Env.Zone = c.zone
			require.Equal(t, journey.Effect{Until: at(t, c.want)}, arrive(t, d, c.node, in))
		})
	}
}
