package gateway

import (
	"encoding/base64"
	"strings"
)

// Cursor returns a cursor: the name of a list, and the place where it continues. To callers it is opaque text.
func Cursor(list string, place ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(append([]string{list}, place...), " ")))
}

// PlaceOf returns the place in a cursor of a list. ok is false if the text is not a cursor of this list.
func PlaceOf(list, cursor string) (place []string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, false
	}
	parts := strings.Split(string(raw), " ")
	return parts[1:], parts[0] == list
}
