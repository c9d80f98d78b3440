package world

import (
	"strings"
	"time"
)

// How values read in texts.

// Stamp is how instants read on the wire and in texts: UTC with milliseconds.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// JoinNames writes names as prose does: a, b and c.
func JoinNames(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
