package cond

import (
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// maxEpochMillis is the range of JavaScript's Date, in milliseconds before and
// after 1970.
const maxEpochMillis = 8_640_000_000_000_000

// Clock is the time and the zone in which values are compared.
type Clock struct {
	Now time.Time
	// Zone returns the zone of dates that do not name one. If it is nil, the zone is
	// UTC. It is called only if there is such a date.
	Zone func() *time.Location
	// Known, if it is not nil, remembers the operand from one comparison to the next.
	Known *KnownOperand
}

// KnownOperand is what a text means as an operand.
type KnownOperand struct {
	text  string
	at    time.Time
	zone  *time.Location // of at; nil if the text names its own
	width time.Duration
	ok    bool
}

// ParseTime parses an instant at millisecond resolution. It takes an ISO date, which
// is its midnight, an ISO date-time, of which seconds, fraction and zone are
// optional, and an epoch as a number. An epoch below 1e12 is in seconds, any other in
// milliseconds. A date, and a date-time without a zone, are local to the clock's
// zone, as [zone.At] defines it.
func (clock Clock) ParseTime(v any) (time.Time, bool) {
	if s, ok := v.(string); ok {
		at, local, ok := parseISOTime(s)
		if local && clock.Zone != nil {
			at = zone.At(at, clock.Zone())
		}
		return at, ok
	}
	d, ok := number(v)
	if !ok {
		return time.Time{}, false
	}
	places := 0
	if d.negative || d.point <= 12 {
		places = 3
	}
	millis, _, ok := d.scaled(places)
	if !ok || millis < -maxEpochMillis || millis > maxEpochMillis {
		return time.Time{}, false
	}
	return time.UnixMilli(millis).UTC(), true
}

// parseOperand is ParseTime for the operand of a comparison.
func (clock Clock) parseOperand(v any) (time.Time, bool) {
	text, isText := v.(string)
	known := clock.Known
	if known == nil || clock.Zone == nil || !isText {
		return clock.ParseTime(v)
	}
	if known.text == text && (known.zone == nil || known.zone == clock.Zone()) {
		return known.at, known.ok
	}
	*known = KnownOperand{text: strings.Clone(text)}
	known.at, known.ok = Clock{Zone: func() *time.Location {
		known.zone = clock.Zone()
		return known.zone
	}}.ParseTime(v)
	return known.at, known.ok
}

// parseWidth is the function parseWidth for the operand of a comparison.
func (clock Clock) parseWidth(v any) (time.Duration, bool) {
	text, isText := v.(string)
	known := clock.Known
	if known == nil || !isText {
		return parseWidth(v)
	}
	if known.text != text {
		*known = KnownOperand{text: strings.Clone(text)}
		known.width, known.ok = parseWidth(text)
	}
	return known.width, known.ok
}

// ParseTime is [Clock.ParseTime] in UTC.
func ParseTime(v any) (time.Time, bool) { return Clock{}.ParseTime(v) }

// parseISOTime parses a date or date-time. If it does not name its zone, it is local,
// and the result is as if it were UTC. The function does not use time.Parse, because
// that also takes single-digit hours and comma fractions, which the API's own pattern
// refuses.
func parseISOTime(s string) (at time.Time, local, ok bool) {
	reader := timeReader{rest: s, ok: true}
	year := reader.digits(4)
	reader.literal('-')
	month := time.Month(reader.digits(2))
	reader.literal('-')
	day := reader.digits(2)
	if !reader.ok || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false, false
	}

	if reader.rest == "" {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true, true
	}

	reader.either('T', 't')
	hour, minute := reader.clock()
	second, millis := reader.seconds()
	local = reader.rest == ""
	offset := reader.zone()
	if !reader.ok || reader.rest != "" || second > 59 {
		return time.Time{}, false, false
	}
	at = time.Date(year, month, day, hour, minute, second, millis*int(time.Millisecond), time.UTC)
	return at.Add(-offset), local, true
}

func daysIn(year int, month time.Month) int {
	switch {
	case month == time.February && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == time.February:
		return 28
	case month == time.April || month == time.June || month == time.September || month == time.November:
		return 30
	}
	return 31
}

// timeReader consumes an ISO date-time from the left. Once a part does not match,
// ok stays false.
type timeReader struct {
	rest string
	ok   bool
}

func (reader *timeReader) next() byte {
	if reader.rest == "" {
		return 0
	}
	return reader.rest[0]
}

func (reader *timeReader) literal(char byte) { reader.either(char, char) }

func (reader *timeReader) either(one, other byte) {
	if next := reader.next(); next != one && next != other {
		reader.fail()
		return
	}
	reader.rest = reader.rest[1:]
}

func (reader *timeReader) fail() { reader.ok, reader.rest = false, "" }

func (reader *timeReader) digits(count int) int {
	value := 0
	for range count {
		char := reader.next()
		if !isDigit(char) {
			reader.fail()
			return 0
		}
		value = value*10 + int(char-'0')
		reader.rest = reader.rest[1:]
	}
	return value
}

func (reader *timeReader) clock() (hour, minute int) {
	hour = reader.digits(2)
	reader.literal(':')
	minute = reader.digits(2)
	reader.ok = reader.ok && hour <= 23 && minute <= 59
	return hour, minute
}

func (reader *timeReader) seconds() (second, millis int) {
	if reader.next() != ':' {
		return 0, 0
	}
	reader.literal(':')
	second = reader.digits(2)
	if reader.next() != '.' {
		return second, 0
	}
	reader.literal('.')
	var fraction string
	fraction, reader.rest = digits(reader.rest)
	reader.ok = reader.ok && fraction != ""
	for _, char := range []byte((fraction + "000")[:3]) {
		millis = millis*10 + int(char-'0')
	}
	return second, millis
}

// zone reads Z, or an offset of hours and, with or without a colon, minutes. A time
// may also end without a zone.
func (reader *timeReader) zone() time.Duration {
	sign := time.Duration(1)
	switch reader.next() {
	case 0:
		return 0
	case 'Z', 'z':
		reader.either('Z', 'z')
		return 0
	case '-':
		sign = -1
	}
	reader.either('+', '-')

	hour, minute := reader.digits(2), 0
	if reader.next() == ':' {
		reader.literal(':')
		minute = reader.digits(2)
	} else if reader.rest != "" {
		minute = reader.digits(2)
	}
	reader.ok = reader.ok && hour <= 23 && minute <= 59
	return sign * (time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
