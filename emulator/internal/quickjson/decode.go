// Package quickjson decodes JSON several times faster than encoding/json, without reflection.
package quickjson

import (
	"encoding/json"
	"strings"
)

// maxNested is how deep a text may be nested for Decode. encoding/json reads the few that are deeper.
const maxNested = 100

// Decode reads one JSON text of valid UTF-8 as encoding/json does with UseNumber. It returns false for a text that
// is not JSON, names a member twice, or is nested very deep; it does not say what is wrong. The strings of the value
// are parts of the text.
func Decode(text string) (any, bool) {
	r := textReader{rest: text}
	v, ok := r.value(maxNested)
	r.space()
	return v, ok && r.rest == ""
}

// Strings reads a list of strings that encoding/json has written. It returns nil for an empty list, and for a text that
// is none.
func Strings(text string) (list []string) {
	if text == "" || text == "[]" {
		return nil
	}
	if strings.HasPrefix(text, `["`) && !strings.ContainsRune(text, '\\') { // each quote begins or ends a string
		return strings.Split(text[len(`["`):len(text)-len(`"]`)], `","`)
	}
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// textReader reads a JSON text.
type textReader struct{ rest string }

func (r *textReader) space() {
	for r.rest != "" {
		switch r.rest[0] {
		case ' ', '\t', '\r', '\n':
			r.rest = r.rest[1:]
		default:
			return
		}
	}
}

// take moves behind a character, if it is the next.
func (r *textReader) take(char byte) bool {
	r.space()
	if r.rest == "" || r.rest[0] != char {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *textReader) value(deeper int) (any, bool) {
	r.space()
	if r.rest == "" || deeper == 0 {
		return nil, false
	}
	switch r.rest[0] {
	case '{':
		return r.object(deeper - 1)
	case '[':
		return r.list(deeper - 1)
	case '"':
		return r.text()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	}
	return r.number()
}

func (r *textReader) word(word string) bool {
	rest, found := strings.CutPrefix(r.rest, word)
	r.rest = rest
	return found
}

func (r *textReader) object(deeper int) (any, bool) {
	r.take('{')
	object := map[string]any{}
	if r.take('}') {
		return object, true
	}
	for {
		r.space()
		name, ok := r.text()
		if !ok || !r.take(':') {
			return nil, false
		}
		value, ok := r.value(deeper)
		if !ok {
			return nil, false
		}
		before := len(object)
		object[name] = value
		if len(object) == before { // a member twice
			return nil, false
		}
		if r.take('}') {
			return object, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

func (r *textReader) list(deeper int) (any, bool) {
	r.take('[')
	if r.take(']') {
		return []any{}, true
	}
	const usual = 4
	list := make([]any, 0, usual)
	for {
		item, ok := r.value(deeper)
		if !ok {
			return nil, false
		}
		list = append(list, item)
		if r.take(']') {
			return list, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

// text reads a string. One with escapes is read by encoding/json.
func (r *textReader) text() (string, bool) {
	if r.rest == "" || r.rest[0] != '"' {
		return "", false
	}
	escaped := false
	for i := 1; i < len(r.rest); i++ {
		switch char := r.rest[i]; {
		case char < ' ':
			return "", false
		case char == '\\':
			escaped = true
			i++
		case char == '"':
			quoted := r.rest[:i+1]
			r.rest = r.rest[i+1:]
			if !escaped {
				return quoted[1:i], true
			}
			text := ""
			err := json.Unmarshal([]byte(quoted), &text)
			return text, err == nil
		}
	}
	return "", false
}

// number reads a number in the spelling of JSON.
func (r *textReader) number() (any, bool) {
	i := 0
	digits := func() bool {
		from := i
		for i < len(r.rest) && r.rest[i] >= '0' && r.rest[i] <= '9' {
			i++
		}
		return i > from
	}
	is := func(chars string) bool {
		if i < len(r.rest) && strings.IndexByte(chars, r.rest[i]) >= 0 {
			i++
			return true
		}
		return false
	}

	is("-")
	ok := is("0") || digits()
	if ok && is(".") {
		ok = digits()
	}
	if ok && is("eE") {
		is("+-")
		ok = digits()
	}
	number := json.Number(r.rest[:i])
	r.rest = r.rest[i:]
	return number, ok
}
