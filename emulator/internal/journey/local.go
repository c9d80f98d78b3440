package journey

import (
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// NextLocal returns the next instant strictly after now at which a wall clock in
// the zone shows hour:minute on one of the days, in UTC. Without days, any day will
// do. [zone.At] defines gaps and overlaps. The day is the requested one, even if a gap
// moves the instant past midnight.
func NextLocal(now time.Time, hour, minute int, days []time.Weekday, in *time.Location) time.Time {
	year, month, day := now.In(in).Date()
	// The search begins yesterday, because a gap at midnight may have moved that time
	// past now. It ends in 8 days, because today may be the only day and its time over.
	for ahead := -1; ahead <= 8; ahead++ {
		wall := time.Date(year, month, day+ahead, hour, minute, 0, 0, time.UTC)
		if len(days) > 0 && !slices.Contains(days, wall.Weekday()) {
			continue
		}
		if at := zone.At(wall, in); at.After(now) {
			return at
		}
	}
	return time.Time{}
}
