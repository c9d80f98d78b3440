package render

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

const (
	maxBytes = 16 << 20 // of one part; nested lists grow with the product of their lengths
	maxItems = 100_000
	maxURL   = 4 << 10 // how far back a value looks for the start of its URL

	none = -1
)

var errTooLarge = errors.New("the rendered email is too large: " +
	"a part may have at most 16 MiB, and all repeats together at most 100 000 items")

// run is one rendering.
type run struct {
	env                *cond.Env
	subject, preheader string

	out        []byte
	base       int  // where the current column or capture starts
	gap        int  // line breaks requested before the next text
	afterRow   bool // the last output was a row on one line
	columnEnds []int

	item  cond.State // the item of the innermost repeat, nil outside of one
	index int
	items int

	places  []Missing
	seen    []bool
	missing []Missing
	first   int // the first place that was read since first was set to none
	err     error
	buffer  *[]byte // of out
}

// buffers are what emails are rendered into, one after the other.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxBuffer is how large a buffer may be that is used again.
const maxBuffer = 1 << 16

// end gives the run's buffer back.
func (r *run) end() {
	if cap(r.out) <= maxBuffer {
		*r.buffer = r.out[:0]
		buffers.Put(r.buffer)
	}
}

func newRun(t *Template, env *cond.Env) *run {
	buffer, _ := buffers.Get().(*[]byte)
	steady := *env
	steady.Steady = true
	return &run{
		env:     &steady,
		places:  t.places,
		seen:    make([]bool, len(t.places)),
		missing: []Missing{},
		buffer:  buffer,
		out:     (*buffer)[:0],
	}
}

func (r *run) exec(ops []op) {
	for i := range ops {
		if r.err != nil {
			return
		}
		r.do(&ops[i])
	}
}

func (r *run) do(o *op) {
	switch o.kind {
	case opText:
		r.put(o.text)
	case opRead:
		r.value(o)
	case opIndex:
		r.position(o)
	case opIf:
		r.branch(o)
	case opRepeat:
		r.repeat(o)
	case opGuard:
		r.guard(o)
	case opStyle:
		r.style(o)
	case opSubject:
		r.write(r.subject, attribute)
	case opPreheader:
		if r.preheader != "" {
			r.exec(o.body)
			r.write(r.preheader, attribute)
			r.exec(o.alt)
		}
	case opMarkdown:
		r.markdown(o)
	case opGap:
		r.gap = max(r.gap, o.gap)
	case opLink:
		r.link(o)
	case opRow:
		r.row(o)
	case opColumn:
		r.exec(o.body)
		r.columnEnds = append(r.columnEnds, len(r.out))
		r.base, r.gap = len(r.out), 0
	}
}

// write appends s escaped for m.
func (r *run) write(s string, m mode) {
	if s == "" {
		return
	}
	r.put("")
	r.out = appendEscaped(r.out, s, m)
}

// put appends text that needs no escaping, after the line breaks that were requested.
func (r *run) put(s string) {
	if r.gap > 0 {
		r.out = r.out[:r.base+len(bytes.TrimRight(r.out[r.base:], " "))]
		if len(r.out) > r.base {
			r.out = append(r.out, "\n\n"[:r.gap]...)
		}
	}
	r.gap, r.afterRow = 0, false
	r.out = append(r.out, s...)
	if len(r.out) > maxBytes {
		r.err = errTooLarge
	}
}

// capture returns what ops write, and restores the output to what it was.
func (r *run) capture(ops []op) string {
	if len(ops) == 1 && ops[0].kind == opText {
		return ops[0].text
	}
	start, base, gap, afterRow := len(r.out), r.base, r.gap, r.afterRow
	r.base, r.gap = start, 0
	r.exec(ops)
	s := string(r.out[start:])
	r.out, r.base, r.gap, r.afterRow = r.out[:start], base, gap, afterRow
	return s
}

// recordMissing records a place as missing, once.
func (r *run) recordMissing(place int) {
	if r.seen[place] {
		return
	}
	r.seen[place] = true
	r.missing = append(r.missing, r.places[place])
}

func (r *run) lookup(o *op) (any, bool) {
	if r.first == none {
		r.first = o.place
	}
	if o.item {
		return r.item.Lookup(o.pointer)
	}
	return r.env.State.Lookup(o.pointer)
}

// value writes the value at the pointer of o.
func (r *run) value(o *op) {
	s := r.read(o)
	if o.mode >= inURL {
		var ok bool
		before := r.out[max(r.base, len(r.out)-maxURL):]
		if s, ok = inPlace(string(before), s, o.mode); !ok {
			r.recordMissing(o.place)
		}
	}
	r.write(s, o.mode)
}

// markdown writes the value at the pointer of o, which is Markdown.
func (r *run) markdown(o *op) {
	source := r.read(o)
	if source == "" {
		return
	}
	ops, dead := compileMarkdown([]*value{{text: source}}, o.mode)
	if len(dead) > 0 {
		r.recordMissing(o.place)
	}
	r.exec(ops)
}

// read returns the value at the pointer of o as text.
func (r *run) read(o *op) string {
	data, found := r.lookup(o)
	if s, printable := cond.Text(data); found && printable {
		return s
	}
	r.recordMissing(o.place)
	return ""
}

func (r *run) position(o *op) {
	if r.item == nil {
		r.recordMissing(o.place)
		return
	}
	r.put(strconv.Itoa(r.index))
}

func (r *run) branch(o *op) {
	result, err := o.cond.Eval(r.env)
	switch {
	case err != nil:
		r.err = err
	case result.True:
		r.exec(o.body)
	default:
		r.exec(o.alt)
	}
}

func (r *run) repeat(o *op) {
	data, _ := r.lookup(o)
	items, ok := data.([]any)
	if !ok {
		r.recordMissing(o.place)
		return
	}
	if r.items += len(items); r.items > maxItems {
		r.err = errTooLarge
		return
	}

	outer, position := r.item, r.index
	r.item = cond.State{}
	for i, each := range items {
		r.item[scopeItem], r.index = each, i
		r.exec(o.body)
	}
	r.item, r.index = outer, position
}

func (r *run) guard(o *op) {
	r.first = none
	s := r.capture(o.value)
	checked, ok := o.check(s)
	if !ok {
		if r.first != none && (s != "" || o.mode == inURL) {
			r.recordMissing(r.first)
		}
		r.exec(o.alt)
		return
	}

	r.put(o.text)
	r.write(checked, attribute)
	r.exec(o.body)
}

func (r *run) style(o *op) {
	data, _ := r.lookup(o)
	declarations, ok := data.(map[string]any)
	if !ok {
		r.recordMissing(o.place)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(declarations)) {
		css, ok := o.check(name)
		text, printable := cond.Text(declarations[name])
		if !ok || !printable {
			continue
		}
		if !goodStyle(text) {
			r.recordMissing(o.place)
		}
		if s, safe := cssValue(css)(text); safe {
			r.put(css + ":")
			r.write(s, attribute)
			r.put(";")
		}
	}
}

func (r *run) link(o *op) {
	r.write(linkText(r.capture(o.body), r.capture(o.value)), plain)
}

// row writes its columns on one line, or below each other if one of them needs several lines. There is no blank line
// between two rows on one line each, so that the lines of an order stay together.
func (r *run) row(o *op) {
	start, base, gap, afterRow, ends := len(r.out), r.base, max(r.gap, 2), r.afterRow, r.columnEnds
	r.base, r.gap, r.afterRow, r.columnEnds = start, 0, false, nil
	r.exec(o.body)
	written, columns := bytes.Clone(r.out[start:]), r.columnEnds
	r.out, r.base, r.gap, r.columnEnds = r.out[:start], base, gap, ends

	oneLine := !bytes.Contains(written, []byte("\n"))
	if oneLine && afterRow {
		r.gap = 1
	}

	from, wrote := 0, false
	for _, end := range columns {
		column := written[from : end-start]
		from = end - start
		if len(column) == 0 {
			continue
		}
		switch {
		case wrote && oneLine:
			r.put(" | ")
		case wrote:
			r.gap = 2
		}
		r.put(string(column))
		wrote = true
	}

	r.afterRow = oneLine && (wrote || afterRow)
	r.gap = 2
}
