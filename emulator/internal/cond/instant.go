package cond

import "time"

// The range of JavaScript's Date, in milliseconds either side of 1970.
const maxEpochMillis = 8_640_000_000_000_000

// ParseTime reads an instant at millisecond resolution: an ISO date (midnight
// UTC), an ISO date-time with Z or an offset (seconds and fraction optional),
// or an epoch number or numeric string, in seconds below 1e12 and else in
// milliseconds.
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

// parseISOTime is written out because time.Parse also takes single-digit hours
// and comma fractions, which the API's own pattern refuses.
func parseISOTime(s string) (time.Time, bool) {
	r := timeReader{rest: s, ok: true}
	year := r.digits(4)
	r.literal('-')
	month := time.Month(r.digits(2))
	r.literal('-')
	day := r.digits(2)
	if !r.ok || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false
	}
	if r.rest == "" {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
	}
	r.literal('T')
	hour, minute := r.clock()
	second, millis := r.seconds()
	offset := r.zone()
	if !r.ok || r.rest != "" || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, millis*int(time.Millisecond), time.UTC)
	return t.Add(-offset), true
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// timeReader consumes an ISO date-time from the left; once something does not
// fit, ok stays false.
type timeReader struct {
	rest string
	ok   bool
}

func (r *timeReader) next() byte {
	if r.rest == "" {
		return 0
	}
	return r.rest[0]
}

func (r *timeReader) literal(c byte) {
	if r.next() != c {
		r.ok, r.rest = false, ""
		return
	}
	r.rest = r.rest[1:]
}

func (r *timeReader) digits(n int) int {
	value := 0
	for range n {
		c := r.next()
		if !isDigit(c) {
			r.ok, r.rest = false, ""
			return 0
		}
		value = value*10 + int(c-'0')
		r.rest = r.rest[1:]
	}
	return value
}

func (r *timeReader) clock() (hour, minute int) {
	hour = r.digits(2)
	r.literal(':')
	minute = r.digits(2)
	r.ok = r.ok && hour <= 23 && minute <= 59
	return hour, minute
}

func (r *timeReader) seconds() (second, millis int) {
	if r.next() != ':' {
		return 0, 0
	}
	r.literal(':')
	second = r.digits(2)
	if r.next() != '.' {
		return second, 0
	}
	r.literal('.')
	var fraction string
	fraction, r.rest = digits(r.rest)
	r.ok = r.ok && fraction != ""
	for _, c := range []byte((fraction + "000")[:3]) {
		millis = millis*10 + int(c-'0')
	}
	return second, millis
}

func (r *timeReader) zone() time.Duration {
	sign := time.Duration(1)
	switch r.next() {
	case 'Z':
		r.literal('Z')
		return 0
	case '-':
		sign = -1
		r.literal('-')
	default:
		r.literal('+')
	}
	hour, minute := r.clock()
	return sign * (time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
