package journey

import (
	"slices"
	"time"

	// The zone database is included for machines that have none.
	_ "time/tzdata"
)

// NextLocal returns the next instant strictly after now at which a wall clock in
// the zone shows hour:minute on one of the days, in UTC. Without days, any day will
// do. A time that a gap skips has the offset before the gap. A time that an overlap
// shows twice is the first of the two. The day is the requested one, even if a gap
// moves the instant past midnight.
func NextLocal(now time.Time, hour, minute int, days []time.Weekday, zone *time.Location) time.Time {
	year, month, day := now.In(zone).Date()
	// The search begins yesterday, because a gap at midnight may have moved that time
	// past now. It ends in 8 days, because today may be the only day and its time over.
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

// atWall returns the instant of a wall-clock time, which is given as if it were
// UTC. It tries the offset of the day before, then that of the day after. If neither
// leads back to that time, the time is in a gap between the two.
func atWall(wall time.Time, zone *time.Location) time.Time {
	const day = 24 * time.Hour
	before := offset(wall.Add(-day), zone)
	for _, shift := range []time.Duration{before, offset(wall.Add(day), zone)} {
		if at := wall.Add(-shift); offset(at, zone) == shift {
			return at
		}
	}
	return wall.Add(-before)
}

func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
