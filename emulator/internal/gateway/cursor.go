package gateway

import (
	"encoding/base64"
	"strings"
)

// Cursor is where a list goes on: its name, and what tells the place. Callers get it as text that they need not read.
func Cursor(list string, place ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(append([]string{list}, place...), " ")))
}

// PlaceOf reads a cursor of a list; ok is false for text that is none.
func PlaceOf(list, cursor string) (place []string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, false
	}
	parts := strings.Split(string(raw), " ")
	return parts[1:], parts[0] == list
}
