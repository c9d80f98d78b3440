package carriers

import (
	"strconv"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// Documented: a schedule is a time, or a span such as "in 1 hour". Decided here: the units of a span, and that the time
// is at least minAhead in the future.

const minAhead = time.Minute

var spans = lazy.Regexp(`^in (\d+) (minute|hour|day|week)s?$`)

var spanUnits = map[string]time.Duration{
	"minute": time.Minute,
	"hour":   time.Hour,
	"day":    24 * time.Hour,
	"week":   7 * 24 * time.Hour,
}

// ScheduledAt returns the time that a text names. The text is a time or a span from now: the API's schema refuses
// everything else. ok is false if the time is less than a minute ahead.
func ScheduledAt(now time.Time, text string) (at time.Time, ok bool, err error) {
	at, _ = cond.ParseTime(text)
	if span := spans().FindStringSubmatch(text); span != nil {
		n, err := strconv.Atoi(span[1])
		if err != nil {
			return at, false, err
		}
		at = now.Add(time.Duration(n) * spanUnits[span[2]])
	}
	return at, !at.Before(now.Add(minAhead)), nil
}
