package gateway

import "time"

// A missing value is null on the wire.

// OrNull returns the value, or null for its zero value, such as "".
func OrNull[T comparable](value T) any {
	if value == *new(T) {
		return nil
	}
	return value
}

// OrNullTime returns the time as text, or null for the zero time.
func OrNullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return Stamp(t)
}

// Stamp returns an instant as the wire shows it: in UTC, with milliseconds.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
