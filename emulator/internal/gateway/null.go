package gateway

import "time"

// What has no value is null on the wire.

// OrNull is null for "".
func OrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// OrNullTime is null for the zero time.
func OrNullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return Stamp(t)
}

// Stamp is how instants read on the wire: UTC with milliseconds.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
