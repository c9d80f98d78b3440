package cond

import "time"

// maxEpochMillis is the range of JavaScript's Date, in milliseconds before and
// after 1970.
const maxEpochMillis = 8_640_000_000_000_000

// ParseTime parses an instant at millisecond resolution. It takes an ISO date
// (midnight UTC), an ISO date-time with Z or an offset (seconds and fraction are
// optional), and an epoch as a number or numeric string. An epoch below 1e12 is in
// seconds, any other in milliseconds.
func ParseTime(v any) (time.Time, bool) {
	if s, ok := v.(string); ok {
		if t, ok := parseISOTime(s); ok {
			return t, true
		}
	}
	d, ok := numeric(v)
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

// parseISOTime does not use time.Parse, because that also takes single-digit
// hours and comma fractions, which the API's own pattern refuses.
func parseISOTime(s string) (time.Time, bool) {
	reader := timeReader{rest: s, ok: true}
	year := reader.digits(4)
	reader.literal('-')
	month := time.Month(reader.digits(2))
	reader.literal('-')
	day := reader.digits(2)
	if !reader.ok || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false
	}

	if reader.rest == "" {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
	}

	reader.literal('T')
	hour, minute := reader.clock()
	second, millis := reader.seconds()
	offset := reader.zone()
	if !reader.ok || reader.rest != "" || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, millis*int(time.Millisecond), time.UTC)
	return t.Add(-offset), true
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
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

func (reader *timeReader) literal(char byte) {
	if reader.next() != char {
		reader.ok, reader.rest = false, ""
		return
	}
	reader.rest = reader.rest[1:]
}

func (reader *timeReader) digits(count int) int {
	value := 0
	for range count {
		char := reader.next()
		if !isDigit(char) {
			reader.ok, reader.rest = false, ""
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

func (reader *timeReader) zone() time.Duration {
	sign := time.Duration(1)
	switch reader.next() {
	case 'Z':
		reader.literal('Z')
		return 0
	case '-':
		sign = -1
		reader.literal('-')
	default:
		reader.literal('+')
	}
	hour, minute := reader.clock()
	return sign * (time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
