package cond

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// decoder decodes JSON as nearly all of it is written: without escapes, exponents or deep nesting. Anything else, and
// every fault, it leaves to encoding/json, which takes three times as long.
type decoder struct {
	rest  string
	depth int
}

// maxPlainDepth is how deeply a decoder decodes nested values.
const maxPlainDepth = 32

// decodePlain decodes one JSON value, which must be the whole input. ok is false if that needs encoding/json.
func decodePlain(raw []byte) (value any, ok bool) {
	d := decoder{rest: string(raw)}
	value, ok = d.value()
	return value, ok && d.next() == 0 && d.rest == ""
}

// next skips white space and returns the next byte, 0 at the end.
func (d *decoder) next() byte {
	for ; d.rest != ""; d.rest = d.rest[1:] {
		switch c := d.rest[0]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// skip skips a byte if it is the next one.
func (d *decoder) skip(c byte) bool {
	if d.next() != c {
		return false
	}
	d.rest = d.rest[1:]
	return true
}

func (d *decoder) value() (value any, ok bool) {
	switch d.next() {
	case '"':
		return d.text()
	case '{':
		return d.object()
	case '[':
		return d.list()
	case 't':
		return true, d.word("true")
	case 'f':
		return false, d.word("false")
	case 'n':
		return nil, d.word("null")
	}
	return d.number()
}

func (d *decoder) word(word string) (ok bool) {
	d.rest, ok = strings.CutPrefix(d.rest, word)
	return ok
}

// text decodes a string, at whose quote it is.
func (d *decoder) text() (text string, ok bool) {
	for i := 1; i < len(d.rest); i++ {
		switch c := d.rest[i]; {
		case c == '"':
			text, d.rest = d.rest[1:i], d.rest[i+1:]
			return text, utf8.ValidString(text)
		case c == '\\' || c < ' ':
			return "", false
		}
	}
	return "", false
}

func (d *decoder) object() (any, bool) {
	d.rest = d.rest[1:]
	members := map[string]any{}
	if d.skip('}') {
		return members, true
	}
	for d.depth++; d.depth <= maxPlainDepth && d.next() == '"'; {
		name, ok := d.text()
		if !ok || !d.skip(':') {
			return nil, false
		}
		if members[name], ok = d.value(); !ok {
			return nil, false
		}
		if d.skip('}') {
			d.depth--
			return members, true
		}
		if !d.skip(',') {
			return nil, false
		}
	}
	return nil, false
}

func (d *decoder) list() (any, bool) {
	d.rest = d.rest[1:]
	items := []any{}
	if d.skip(']') {
		return items, true
	}
	for d.depth++; d.depth <= maxPlainDepth; {
		item, ok := d.value()
		if !ok {
			return nil, false
		}
		items = append(items, item)
		if d.skip(']') {
			d.depth--
			return items, true
		}
		if !d.skip(',') {
			return nil, false
		}
	}
	return nil, false
}

func (d *decoder) number() (any, bool) {
	digits := strings.TrimPrefix(d.rest, "-")
	after := strings.TrimLeft(digits, "0123456789")
	whole := digits[:len(digits)-len(after)]
	if whole == "" || whole[0] == '0' && whole != "0" {
		return nil, false
	}
	if fraction, found := strings.CutPrefix(after, "."); found {
		if after = strings.TrimLeft(fraction, "0123456789"); len(after) == len(fraction) {
			return nil, false
		}
	}
	if after != "" && (after[0] == 'e' || after[0] == 'E') {
		return nil, false
	}
	number := json.Number(d.rest[:len(d.rest)-len(after)])
	d.rest = after
	return number, true
}
