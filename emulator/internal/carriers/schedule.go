package carriers

import (
	"regexp"
	"strconv"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Documented: a time, or a span such as "in 1 hour". Decided here: the units of a span, and that a schedule lies at
// least minAhead in the future.

const minAhead = time.Minute

var spans = regexp.MustCompile(`^in (\d+) (minute|hour|day|week)s?$`)

var spanUnits = map[string]time.Duration{
	"minute": time.Minute,
	"hour":   time.Hour,
	"day":    24 * time.Hour,
	"week":   7 * 24 * time.Hour,
}

// ScheduledAt returns the time that a text names: a time, or a span from now. ok is false if it is less than a minute
// ahead. The API's schema refuses everything else.
func ScheduledAt(now time.Time, text string) (at time.Time, ok bool, err error) {
	at, _ = cond.ParseTime(text)
	if span := spans.FindStringSubmatch(text); span != nil {
		n, err := strconv.Atoi(span[1])
		if err != nil {
			return at, false, err
		}
		at = now.Add(time.Duration(n) * spanUnits[span[2]])
	}
	return at, !at.Before(now.Add(minAhead)), nil
}
