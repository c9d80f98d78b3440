package cond

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The most bytes of an explanation, and of one value in it.
const (
	longestExplanation = 600
	longestValue       = 80
)

// explainer collects the text of an explanation. The nodes write it.
type explainer struct {
	env  *Env
	text strings.Builder
}

func (e *explainer) printf(format string, args ...any) { fmt.Fprintf(&e.text, format, args...) }

// print writes texts as they are. It is faster than printf, and most text needs no
// format.
func (e *explainer) print(texts ...string) {
	for _, text := range texts {
		e.text.WriteString(text)
	}
}

// value returns the value at a pointer as text. It is hidden if it is at a hidden
// place, contains one, or lies in one.
func (e *explainer) value(pointer Pointer) string {
	if e.env.Hidden != nil && slices.ContainsFunc(e.env.Hidden(), func(hidden Pointer) bool {
		shared := min(len(hidden), len(pointer))
		return slices.Equal(hidden[:shared], pointer[:shared])
	}) {
		return "[hidden]"
	}
	v, ok := e.env.State.Lookup(pointer)
	if !ok {
		return "missing"
	}
	return shortJSON(v)
}

// shortJSON returns a value as JSON, shortened. Most values are plain, and then it takes a tenth of the time.
func shortJSON(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return Shorten(string(v), longestValue)
	case string:
		if !strings.ContainsFunc(v, needsEscape) {
			return Shorten(`"`+v+`"`, longestValue)
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return Shorten(string(raw), longestValue)
}

// needsEscape reports whether encoding/json may escape a character.
func needsEscape(char rune) bool {
	return char < ' ' || char > '~' || strings.ContainsRune("\"\\<>&", char)
}

// Shorten cuts a text to a number of bytes, without splitting a character.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
