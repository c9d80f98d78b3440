package segmentflow

import (
	"cmp"
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// matcher copies a valid JSON text, so that the copy matches the Go type that the text is meant for. It reads the text
// once: the cost of a hostile reply only grows with its length.
type matcher struct {
	data []byte
	pos  int
	out  []byte
	path []string // of the present value

	wrong []wrongField // at most five
	more  int

	members map[reflect.Type]map[string]reflect.Type // of structs, by folded name
}

// value copies the next value. It returns false and copies nothing if the value does not fit the type.
func (m *matcher) value(t reflect.Type) bool {
	base := pointee(t)
	if decodesItself(base) {
		return m.leaf(t)
	}

	m.space()
	kind, anything := base.Kind(), base.Kind() == reflect.Interface && base.NumMethod() == 0
	switch open := m.data[m.pos]; {
	case open == '{' && (kind == reflect.Struct || kind == reflect.Map || anything):
		m.object(base)
	case open == '[' && (kind == reflect.Slice || kind == reflect.Array):
		m.list(base.Elem())
	case open == '[' && anything:
		m.list(base)
	default:
		return m.leaf(t)
	}
	return true
}

// object copies an object without the members that are wrong. A wrong pointer or value of a map becomes null.
func (m *matcher) object(t reflect.Type) {
	m.out = append(m.out, '{')
	m.pos++
	for m.space(); m.data[m.pos] != '}'; m.space() {
		if m.data[m.pos] == ',' {
			m.pos++
			m.space()
		}
		before := len(m.out)
		m.comma('{')
		key := m.raw()
		m.out = append(append(m.out, key...), ':')
		m.space()
		m.pos++ // the colon

		var name string
		_ = json.Unmarshal(key, &name) // cannot fail: the key is valid JSON
		member := m.member(t, name)
		m.path = append(m.path, name)
		switch {
		case member == nil:
			m.out = append(m.out, m.raw()...)
		case m.value(member):
		case t.Kind() == reflect.Struct && member.Kind() != reflect.Pointer: // a pointer may be set already
			m.out = m.out[:before]
		default:
			m.out = append(m.out, "null"...)
		}
		m.path = m.path[:len(m.path)-1]
	}
	m.out = append(m.out, '}')
	m.pos++
}

// list copies a list. A wrong item becomes null, so that the others keep their places.
func (m *matcher) list(item reflect.Type) {
	m.out = append(m.out, '[')
	m.pos++
	m.space()
	for index := 0; m.data[m.pos] != ']'; index++ {
		if m.data[m.pos] == ',' {
			m.pos++
		}
		m.comma('[')
		m.path = append(m.path, strconv.Itoa(index))
		if !m.value(item) {
			m.out = append(m.out, "null"...)
		}
		m.path = m.path[:len(m.path)-1]
		m.space()
	}
	m.out = append(m.out, ']')
	m.pos++
}

// comma separates a member or an item from the one before. No value ends with an opening bracket.
func (m *matcher) comma(open byte) {
	if m.out[len(m.out)-1] != open {
		m.out = append(m.out, ',')
	}
}

// leaf copies a value in the first spelling that encoding/json accepts for the type.
func (m *matcher) leaf(t reflect.Type) bool {
	raw := m.raw()
	err := json.Unmarshal(raw, reflect.New(t).Interface())
	if err != nil {
		if other := respell(raw); other != nil && json.Unmarshal(other, reflect.New(t).Interface()) == nil {
			raw, err = other, nil
		}
	}
	if err == nil {
		m.out = append(m.out, raw...)
		return true
	}

	const most = 5
	if len(m.wrong) == most {
		m.more++
	} else {
		m.wrong = append(m.wrong, wrongField{path: slices.Clone(m.path), want: wanted(t), cause: err})
	}
	return false
}

// respell returns a time or an integer as encoding/json wants it, or nil if raw is neither. An integer may be written
// like 3.0 or 3e2.
func respell(raw []byte) []byte {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if at, ok := parseTime(text); ok {
			return at.AppendFormat(nil, `"`+time.RFC3339Nano+`"`)
		}
		return nil
	}

	const exact = 1 << 53
	number, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || number != math.Trunc(number) || math.Abs(number) > exact {
		return nil
	}
	return strconv.AppendInt(nil, int64(number), 10)
}

// parseTime reads a time in any form of the contract. encoding/json wants seconds, and the letters T and Z.
func parseTime(text string) (time.Time, bool) {
	text = strings.ToUpper(text)
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// pointee returns the type behind pointers. For a BatchResultItem, that is the struct that its UnmarshalJSON reads.
func pointee(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[BatchResultItem]() {
		return reflect.TypeFor[batchItemJSON]()
	}
	return t
}

// decodesItself reports whether a type decodes itself, and not as encoding/json would. A PreflightFinding only keeps
// more digits.
func decodesItself(t reflect.Type) bool {
	if t == reflect.TypeFor[PreflightFinding]() {
		return false
	}
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// wanted returns what a type wants, in words.
func wanted(t reflect.Type) string {
	t = pointee(t)
	switch kind := t.Kind(); {
	case t == reflect.TypeFor[time.Time]():
		return "a time"
	case decodesItself(t):
		return "of the expected type"
	case kind == reflect.String:
		return "a string"
	case kind == reflect.Bool:
		return "true or false"
	case kind >= reflect.Int && kind <= reflect.Uintptr:
		return "an integer in range"
	case kind == reflect.Float32 || kind == reflect.Float64 || kind == reflect.Interface:
		return "a number in range"
	case kind == reflect.Struct || kind == reflect.Map:
		return "an object"
	case kind == reflect.Slice || kind == reflect.Array:
		return "a list"
	}
	return "of the expected type"
}

// member returns the type of a member, or nil if any value is accepted for it.
func (m *matcher) member(t reflect.Type, name string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	if t.Kind() == reflect.Interface {
		return t
	}
	if m.members[t] == nil {
		m.members[t] = membersOf(t)
	}
	return m.members[t][fold(name)]
}

// membersOf returns the types of a struct's members, by folded name.
func membersOf(of reflect.Type) map[string]reflect.Type {
	members, seen := map[string]reflect.Type{}, map[reflect.Type]bool{}
	for queue := []reflect.Type{of}; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] { // a struct may embed a pointer to itself
			continue
		}
		seen[queue[0]] = true
		for field := range queue[0].Fields() {
			tag := field.Tag.Get("json")
			name, option, _ := strings.Cut(tag, ",")
			if inner := pointee(field.Type); field.Anonymous && name == "" && inner.Kind() == reflect.Struct {
				queue = append(queue, inner) // behind all that are less deep, which hide its members
				continue
			}
			name = fold(cmp.Or(name, field.Name))
			if field.IsExported() && tag != "-" && option != "string" && members[name] == nil {
				members[name] = field.Type
			}
		}
	}
	return members
}

// fold returns the same for all spellings of a name that encoding/json takes for one, such as "status" and "ſTATUS".
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// space moves to the next character that is no white space.
func (m *matcher) space() {
	for strings.IndexByte(" \t\r\n", m.data[m.pos]) >= 0 {
		m.pos++
	}
}

// raw returns the next value and moves behind it.
func (m *matcher) raw() []byte {
	m.space()
	start, depth := m.pos, 0
	for m.pos < len(m.data) {
		switch m.data[m.pos] {
		case '"':
			for m.pos++; m.data[m.pos] != '"'; m.pos++ {
				if m.data[m.pos] == '\\' {
					m.pos++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of what surrounds a number or a word
				return m.data[start:m.pos]
			}
			depth--
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return m.data[start:m.pos]
			}
			m.pos++
			continue
		default:
			m.pos++
			continue
		}
		m.pos++
		if depth == 0 {
			break
		}
	}
	return m.data[start:m.pos]
}
