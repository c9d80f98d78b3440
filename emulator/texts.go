package emulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// How values read in texts.

// stamp is how instants read on the wire and in texts: UTC with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// listed writes names as prose does: a, b and c.
func listed(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// below is a JSON pointer to a member.
func below(at, name string) string { return at + cond.Pointer{name}.String() }

// nth is a JSON pointer to an item.
func nth(at string, i int) string { return fmt.Sprintf("%s/%d", at, i) }
