package render

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// opKind is what one operation of a compiled part does.
type opKind uint8

const (
	opText      opKind = iota // writes text
	opRead                    // prints the value at pointer, escaped for mode
	opIndex                   // prints the position of the item
	opIf                      // runs body if cond is true, otherwise alt
	opRepeat                  // runs body for each item of the list at pointer
	opGuard                   // if check accepts the value: text, the value as an attribute, body; otherwise alt
	opStyle                   // writes the object at pointer as declarations; check selects them by name
	opSubject                 // writes the subject
	opPreheader               // writes body, the preheader and alt, if there is a preheader
	opMarkdown                // compiles the value as Markdown and runs the result
	opGap                     // requests line breaks, which are written before the next text
	opLink                    // writes a label and a URL in the text part
	opRow                     // writes columns on one line in the text part
	opColumn                  // writes one column
)

// op is one operation. Literal text between two dynamic places is one opText, whatever elements it comes from.
type op struct {
	kind    opKind
	mode    mode
	item    bool // pointer leads into the item, not into the state
	text    string
	pointer cond.Pointer
	place   int
	gap     int
	cond    *cond.Cond
	check   check
	value   []op
	body    []op
	alt     []op
}

// builder collects operations and joins adjacent literals.
type builder struct {
	ops     []op
	pending []byte
}

func build(emit func(*builder)) []op {
	var b builder
	emit(&b)
	b.flush()
	return b.ops
}

func (b *builder) flush() {
	if len(b.pending) > 0 {
		b.ops = append(b.ops, op{text: string(b.pending)})
		b.pending = b.pending[:0]
	}
}

func (b *builder) lit(s string) { b.pending = append(b.pending, s...) }

func (b *builder) add(ops ...op) {
	for _, o := range ops {
		if o.kind == opText {
			b.lit(o.text)
			continue
		}
		b.flush()
		b.ops = append(b.ops, o)
	}
}

// gap requests line breaks before the next text.
func (b *builder) gap(lines int) { b.add(op{kind: opGap, gap: lines}) }

// value writes v, escaped for m.
func (b *builder) value(v *value, m mode) {
	if v == nil {
		return
	}
	switch v.kind {
	case literal:
		b.pending = appendEscaped(b.pending, v.text, m)
	case state, item:
		b.add(op{kind: opRead, mode: m, item: v.kind == item, pointer: v.pointer, place: v.place})
	case index:
		b.add(op{kind: opIndex, place: v.place})
	case choice:
		b.choose(v, func(b *builder, v *value) { b.value(v, m) })
	case join:
		for _, part := range v.parts {
			b.value(part, m)
		}
	}
}

// choose emits both branches of a choice.
func (b *builder) choose(v *value, emit func(*builder, *value)) {
	b.add(op{
		kind: opIf, cond: v.cond,
		body: build(func(b *builder) { emit(b, v.then) }),
		alt:  build(func(b *builder) { emit(b, v.els) }),
	})
}

// check is a function that returns a value as it is to be written, or false if it must not be written.
type check func(string) (string, bool)

// guard writes before, v as the value of an attribute, and after, if check accepts v. If not, it writes otherwise.
func (b *builder) guard(v *value, check check, before, after, otherwise string) {
	b.guardOps(v, plain, check, before, []op{{text: after}}, otherwise)
}

// guardOps is guard for a value with the mode m.
func (b *builder) guardOps(v *value, m mode, check check, before string, after []op, otherwise string) {
	if v == nil {
		b.lit(otherwise)
		return
	}

	s, static := v.static()
	if !static {
		b.add(op{
			kind: opGuard, mode: m, text: before, check: check, body: after, alt: []op{{text: otherwise}},
			value: build(func(b *builder) { b.value(v, m) }),
		})
		return
	}

	s, ok := check(s)
	if !ok {
		b.lit(otherwise)
		return
	}
	b.lit(before)
	b.pending = appendEscaped(b.pending, s, attribute)
	b.add(after...)
}
