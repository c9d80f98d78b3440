package render

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Template is a compiled definition. It is immutable and safe for concurrent use.
type Template struct {
	from, replyTo string
	sensitive     []string
	complete      struct{ subject, body bool }

	subject, preheader, preview []op
	html, text                  []op

	places     []Missing
	conditions []*cond.Cond
}

// Missing is a place whose binding had nothing to print: the value was absent, null or an object, or it was a URL
// that a link or an image may not carry. Path is the pointer, an $item's field as the definition spells it, or
// "$index". Element is the element's key, empty for the subject, the preheader and inline html and text.
type Missing struct {
	Path    string `json:"path"`
	Element string `json:"element"`
	Prop    string `json:"prop"`
}

// From is the definition's sender as written, or empty.
func (t *Template) From() string { return t.from }

// ReplyTo is the definition's reply address as written, or empty.
func (t *Template) ReplyTo() string { return t.replyTo }

// SensitivePaths are the pointers below /data whose values the mail may hold and nothing else may keep.
func (t *Template) SensitivePaths() []string { return slices.Clone(t.sensitive) }

// Complete reports whether there is a subject, and whether there is a body: a tree, or inline html or text.
func (t *Template) Complete() (subject, body bool) { return t.complete.subject, t.complete.body }

// Conditions returns the conditions that decide what the mail shows. They must not be changed.
func (t *Template) Conditions() []*cond.Cond { return t.conditions }

// Reads reports whether the subject, the preheader or the body prints or repeats anything at or below the pointer
// prefix. What only a condition looks at is not printed and does not count.
func (t *Template) Reads(prefix string) bool {
	want, err := cond.ParsePointer(prefix)
	if err != nil {
		return false
	}
	below := func(read cond.Pointer) bool { return startsWith(read, want) }
	for _, ops := range [][]op{t.subject, t.preheader, t.preview, t.html, t.text} {
		if anyRead(ops, below) {
			return true
		}
	}
	return false
}

// SubjectReads reports whether the subject prints the value at pointer p, a part of it, or something it is part of.
func (t *Template) SubjectReads(pointer string) bool {
	want, err := cond.ParsePointer(pointer)
	if err != nil {
		return false
	}
	return anyRead(t.subject, func(read cond.Pointer) bool { return startsWith(read, want) || startsWith(want, read) })
}

func startsWith(pointer, prefix cond.Pointer) bool {
	return len(pointer) >= len(prefix) && slices.Equal(pointer[:len(prefix)], prefix)
}

// anyRead reports whether match holds for a state pointer that ops read.
func anyRead(ops []op, match func(cond.Pointer) bool) bool {
	return slices.ContainsFunc(ops, func(o op) bool {
		if o.pointer != nil && !o.item && match(o.pointer) {
			return true
		}
		return anyRead(o.value, match) || anyRead(o.body, match) || anyRead(o.alt, match)
	})
}
