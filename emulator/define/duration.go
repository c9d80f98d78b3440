package define

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time: a time.Duration, such as 72*time.Hour or 3*Day, or an ISO 8601 text, such as
// ISO("P3D"). Months and years do not exist, because they have no fixed length.
type Duration interface {
	// Seconds and String tell durations from other values.
	Seconds() float64
	String() string
}

// Lengths of time that package time does not have. A day has 24 hours, also where clocks change.
const (
	Day  = 24 * time.Hour
	Week = 7 * Day
)

// ISO returns a duration that is written as this ISO 8601 text, such as P1W, P3D, PT30M or P1DT12H. A time.Duration is
// written with days as its largest unit, so 7*Day is P7D and ISO("P1W") is P1W.
func ISO(text string) Duration { return isoText{text: text} }

// isoText is a duration as it is written. Only its text counts; the embedded duration makes it a Duration.
type isoText struct {
	time.Duration
	text string
}

func (d isoText) String() string { return d.text }

// written returns a duration as the JSON has it, or nil if there is none.
func written(d Duration) any {
	switch d := d.(type) {
	case nil:
		return nil
	case time.Duration:
		return isoOf(d)
	}
	return d.String()
}

// isoOf writes a duration in days, hours, minutes and seconds. A negative one begins with a minus sign.
func isoOf(d time.Duration) string {
	sign, left := "", uint64(d)
	if d < 0 {
		sign, left = "-", -left
	}
	part := func(unit time.Duration, letter string) string {
		n := left / uint64(unit)
		if left %= uint64(unit); n == 0 {
			return ""
		}
		return strconv.FormatUint(n, 10) + letter
	}

	days := part(Day, "D")
	clock := part(time.Hour, "H") + part(time.Minute, "M") + secondsOf(left)
	switch {
	case clock != "":
		return sign + "P" + days + "T" + clock
	case days != "":
		return sign + "P" + days
	}
	return "PT0S"
}

// secondsOf writes less than a minute as seconds with a fraction, or nothing for zero.
func secondsOf(nanoseconds uint64) string {
	if nanoseconds == 0 {
		return ""
	}
	whole, fraction := nanoseconds/uint64(time.Second), nanoseconds%uint64(time.Second)
	text := fmt.Sprintf("%d.%09d", whole, fraction)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "S"
}
