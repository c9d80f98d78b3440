package journey

import (
	"slices"
	"time"

	// The zone database goes along for machines that have none.
	_ "time/tzdata"
)

// NextLocal is the next instant strictly after now at which a wall clock in the
// zone shows hour:minute on one of the days (any, when there are none), in UTC.
// A time that a gap skips is taken with the offset before the gap, one that an
// overlap shows twice is the first. A day is the one the wall clock was asked
// for, even when a gap pushes the instant past midnight.
func NextLocal(now time.Time, hour, minute int, days []time.Weekday, zone *time.Location) time.Time {
	year, month, day := now.In(zone).Date()
	// Yesterday's time may be to come when a gap at midnight pushed it on, and
	// today's may be over in a week in which it is the only day.
	for ahead := -1; ahead <= 8; ahead++ {
		wall := time.Date(year, month, day+ahead, hour, minute, 0, 0, time.UTC)
		if len(days) > 0 && !slices.Contains(days, wall.Weekday()) {
			continue
		}
		if at := atWall(wall, zone); at.After(now) {
			return at
		}
	}
	return time.Time{}
}

// atWall finds the instant of a wall-clock time, given as if it were UTC. It
// tries the offset of the day before, then that of the day after; when neither
// gives that time back, it lies in a gap between the two.
func atWall(wall time.Time, zone *time.Location) time.Time {
	const day = 24 * time.Hour
	before := offset(wall.Add(-day), zone)
	for _, o := range []time.Duration{before, offset(wall.Add(day), zone)} {
		if at := wall.Add(-o); offset(at, zone) == o {
			return at
		}
	}
	return wall.Add(-before)
}

func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
