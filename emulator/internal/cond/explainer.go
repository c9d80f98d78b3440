package cond

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The most that an explanation, and one value in it, may take.
const (
	longestExplanation = 600
	longestValue       = 80
)

// explainer collects the text of an explanation. The nodes write it.
type explainer struct {
	env  *Env
	text strings.Builder
}

func (e *explainer) write(format string, args ...any) { fmt.Fprintf(&e.text, format, args...) }

// say is write for texts, which are most of what is said.
func (e *explainer) say(texts ...string) {
	for _, text := range texts {
		e.text.WriteString(text)
	}
}

// value shows what a pointer leads to. A hidden value is one, or has one in it,
// or lies in one.
func (e *explainer) value(p Pointer) string {
	if e.env.Hidden != nil && slices.ContainsFunc(e.env.Hidden(), func(h Pointer) bool {
		n := min(len(h), len(p))
		return slices.Equal(h[:n], p[:n])
	}) {
		return "[hidden]"
	}
	v, ok := e.env.State.Lookup(p)
	if !ok {
		return "missing"
	}
	return shortJSON(v)
}

func shortJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return Shorten(string(raw), longestValue)
}

// Shorten cuts a text to a number of bytes, at the end of a character.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
