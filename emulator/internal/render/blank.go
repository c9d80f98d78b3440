package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

const redacted = "[redacted]"

// Blank returns data in which the values at the given paths are replaced by "[redacted]". A path is a pointer into the
// state, such as /data/card/number. Its first segment names the root that data is. Paths that lead to nothing are
// ignored. Blank never changes data itself. The result shares all parts that did not change with data.
func Blank(data any, paths []string) any {
	for _, path := range paths {
		segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
		data = blank(data, segments[1:])
	}
	return data
}

// A malformed escape in a path is taken literally. It is better to blank too much than to keep a secret.
var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func blank(data any, path []string) any {
	if len(path) == 0 {
		return redacted
	}
	name := unescape.Replace(path[0])
	switch data := data.(type) {
	case map[string]any:
		child, ok := data[name]
		if !ok {
			return data
		}
		copied := maps.Clone(data)
		copied[name] = blank(child, path[1:])
		return copied
	case []any:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(data) || strconv.Itoa(i) != name {
			return data
		}
		copied := slices.Clone(data)
		copied[i] = blank(data[i], path[1:])
		return copied
	default:
		return data
	}
}
