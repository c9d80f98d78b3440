package segmentflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// decode decodes a reply as encoding/json does. If that fails, it decodes the reply a second time: it then accepts
// every time and integer that the contract allows, leaves out the fields that are still wrong, and names them in a
// *replyError.
func decode(data []byte, out any) error {
	target := reflect.ValueOf(out)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return json.Unmarshal(data, out) // says what is wrong
	}
	if quickly(data, out) {
		return nil
	}
	err := unmarshal(data, out)
	switch {
	case err == nil:
		return nil
	case len(bytes.TrimSpace(data)) == 0:
		return &replyError{whole: "the reply is empty", cause: err}
	case !json.Valid(data):
		return &replyError{whole: "the reply is not valid JSON", cause: err}
	}

	m := matcher{data: data, members: map[reflect.Type]map[string]reflect.Type{}}
	if !m.value(target.Type().Elem()) {
		return &replyError{whole: "the reply is not " + m.wrong[0].want, cause: m.wrong[0].cause}
	}
	// What the matcher does not look at are types of the caller, such as a map whose keys are numbers.
	if err := unmarshal(m.out, out); err != nil {
		return &replyError{whole: "the reply does not have the expected form", cause: err}
	}
	if len(m.wrong) > 0 {
		return &replyError{wrong: m.wrong, more: m.more, cause: m.wrong[0].cause}
	}
	return nil
}

// page is implemented by pages of lists. list returns the name of the list in JSON, and a pointer to it.
type page interface {
	list() (name string, items any)
}

// unmarshal decodes data as encoding/json does. The list of a page gets room for about all items at once, instead of
// being grown and copied several times.
func unmarshal(data []byte, out any) error {
	p, ok := out.(page)
	if !ok {
		return json.Unmarshal(data, out)
	}
	const usual, longest = 500, 100 // bytes of an item, items of a page
	_, items := p.list()
	list := reflect.ValueOf(items).Elem()
	list.Grow(min(len(data)/usual, longest))
	err := json.Unmarshal(data, out)
	if list.Len() == 0 && list.Cap() > 0 { // not in the reply
		list.SetZero()
	}
	return err
}

// unread returns the error of a success whose reply was not decoded, or not completely.
func (x *exchange) unread(err error) error {
	e := x.error(err)
	e.Message = "the reply is not decoded"
	if reply, ok := errors.AsType[*replyError](err); ok {
		for _, field := range reply.wrong { // before a pointer escapes or shortens the names
			for index, name := range field.path {
				field.path[index] = hideKey(name, *x.client.apiKey)
			}
		}
		e.Message, e.partial = reply.Error(), reply.whole == ""
		reply.cause = hideKeyOf(reply.cause, *x.client.apiKey)
	}
	e.hide(*x.client.apiKey)
	return e
}

// partial reports whether a call has a result beside the error.
func partial(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.partial
}

// replyError describes a reply that was not decoded, or not completely. Its text repeats no value of the reply.
type replyError struct {
	whole string       // what is wrong with the reply as a whole; then nothing of it was decoded
	wrong []wrongField // otherwise the first fields that were left out
	more  int          // how many others there are
	cause error        // of encoding/json
}

type wrongField struct {
	path  []string
	want  string
	cause error
}

func (e *replyError) Error() string {
	if e.whole != "" {
		return e.whole
	}
	list := make([]string, len(e.wrong))
	for index, field := range e.wrong {
		list[index] = field.pointer() + " is not " + field.want
	}
	if len(list) == 1 {
		return "the reply's field " + list[0] + "; the rest was decoded"
	}
	if e.more > 0 {
		list = append(list, fmt.Sprintf("and %d more", e.more))
	}
	return "fields of the reply are wrong: " + strings.Join(list, ", ") + "; the rest was decoded"
}

func (e *replyError) Unwrap() error { return e.cause }

// intact returns how many of the first items of a page were decoded completely although the call returned err.
func intact(count int, err error) int {
	reply, ok := errors.AsType[*replyError](err)
	switch {
	case err == nil:
		return count
	case !ok:
		return 0
	}
	for _, field := range reply.wrong {
		if len(field.path) > 1 {
			if index, err := strconv.Atoi(field.path[1]); err == nil {
				return min(index, count)
			}
		}
	}
	return count
}

// pointer returns the JSON pointer of the field. It is safe for logs although the names come from the reply.
func (f wrongField) pointer() string {
	const most = 200
	var b strings.Builder
	for _, name := range f.path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name[:min(len(name), most)]))
		if b.Len() > most {
			b.WriteString("…")
			break
		}
	}
	safe := func(r rune) rune {
		if control(r) {
			return '\uFFFD'
		}
		return r
	}
	return strings.Map(safe, strings.ToValidUTF8(b.String(), "\uFFFD"))
}
