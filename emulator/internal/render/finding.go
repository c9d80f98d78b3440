package render

import (
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func child(at, name string) string { return at + cond.Pointer{name}.String() }

func nth(at string, i int) string { return at + "/" + strconv.Itoa(i) }

// list joins names as in a sentence: a, b and c.
func list(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
