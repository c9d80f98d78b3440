package render

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Template is a compiled definition. It is immutable and safe for concurrent use.
type Template struct {
	from, replyTo string
	sensitive     []string
	complete      struct{ subject, body bool }

	subject, preheader, preview []op
	html, text                  []op
	shown                       []op // what readers see of the email, with the targets of its links
	dead                        []DeadLink

	places     []Missing
	reads      []cond.Pointer // what the subject, the preheader and the body print or repeat, each once
	readTexts  []string       // the same as texts, without the leading slash
	conditions []*cond.Cond
}

// Missing is a place whose binding had nothing to print: the value was absent, null or an object, or it made a URL that
// does not work in email. Path is the pointer, an $item's field as in the definition, or "$index". Element is
// the element's key. It is empty for the subject, the preheader and inline html and text.
type Missing struct {
	Path    string `json:"path"`
	Element string `json:"element"`
	Prop    string `json:"prop"`
}

// From returns the sender as written in the definition, or "".
func (t *Template) From() string { return t.from }

// ReplyTo returns the reply address as written in the definition, or "".
func (t *Template) ReplyTo() string { return t.replyTo }

// SensitivePaths returns the pointers below /data whose values may be in the email and must not be stored anywhere
// else.
func (t *Template) SensitivePaths() []string { return slices.Clone(t.sensitive) }

// Complete reports whether there is a subject, and whether there is a body: a tree, or inline html or text.
func (t *Template) Complete() (subject, body bool) { return t.complete.subject, t.complete.body }

// Conditions returns the conditions that decide what the email shows. The caller must not change them.
func (t *Template) Conditions() []*cond.Cond { return t.conditions }

// DeadLinks returns the links and images of inline html that cannot work in email, in document order. A tree has none.
func (t *Template) DeadLinks() []DeadLink { return t.dead }

// Shows reports whether readers of the email see anything at or below the pointer prefix, or a link leads there.
func (t *Template) Shows(prefix string) bool {
	want, err := cond.ParsePointer(prefix)
	return err == nil && anyRead(t.shown, func(read cond.Pointer) bool { return startsWith(read, want) })
}

// Reads reports whether the subject, the preheader or the body prints or repeats anything at or below the pointer
// prefix, which is not that of the whole state. A value that is only used in a condition is not printed and does not
// count.
func (t *Template) Reads(prefix string) bool {
	prefix = strings.TrimPrefix(prefix, "/")
	return slices.ContainsFunc(t.readTexts, func(read string) bool {
		below, found := strings.CutPrefix(read, prefix)
		return found && (below == "" || below[0] == '/')
	})
}

// PrintsSensitive reports whether the email prints or repeats a value at a sensitive path, a part of it, or a value
// that contains it.
func (t *Template) PrintsSensitive() bool {
	return slices.ContainsFunc(t.sensitive, func(path string) bool {
		want, err := cond.ParsePointer(path)
		return err != nil || slices.ContainsFunc(t.reads, func(read cond.Pointer) bool {
			return startsWith(read, want) || startsWith(want, read)
		})
	})
}

// listReads lists what the subject, the preheader and the body read.
func (t *Template) listReads() {
	for _, ops := range [][]op{t.subject, t.preheader, t.preview, t.html, t.text} {
		anyRead(ops, func(read cond.Pointer) bool {
			if !slices.ContainsFunc(t.reads, func(known cond.Pointer) bool { return slices.Equal(known, read) }) {
				t.reads = append(t.reads, read)
				t.readTexts = append(t.readTexts, strings.TrimPrefix(read.String(), "/"))
			}
			return false
		})
	}
}

// SubjectReads reports whether the subject prints the value at a pointer, a part of it, or a value that contains it.
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

// anyRead reports whether ops read a state pointer for which match returns true.
func anyRead(ops []op, match func(cond.Pointer) bool) bool {
	return slices.ContainsFunc(ops, func(o op) bool {
		if o.pointer != nil && !o.item && match(o.pointer) {
			return true
		}
		return anyRead(o.value, match) || anyRead(o.body, match) || anyRead(o.alt, match)
	})
}
