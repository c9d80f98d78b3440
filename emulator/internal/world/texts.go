package world

import (
	"strings"
	"time"
)

// How values are written in texts.

// Stamp returns a time as it is written on the wire and in texts: in UTC with milliseconds.
func Stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// JoinNames joins names as prose does: a, b and c.
func JoinNames(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
