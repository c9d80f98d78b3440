package segmentflow

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
)

// object is a value of a request that must be a JSON object, and the JSON pointer to it.
type object struct {
	path  string
	value any
}

// object returns v for a field of the request that is a JSON object, or nil to omit the field. Anything that is not an
// object is an issue.
func (is *issues) object(path string, v any) any {
	checked, ok, err := asObject(v)
	switch {
	case !ok:
		is.notObject(path, err)
	case checked != nil:
		is.objects = append(is.objects, object{path, checked})
	}
	return checked
}

// raw is object for a value that is encoded at once.
func (is *issues) raw(path string, v any) []byte {
	checked, ok, err := asObject(v)
	if !ok {
		is.notObject(path, err)
	}
	if !ok || checked == nil {
		return nil
	}
	const usual, deepest = 128, 100 // bytes; a map may contain itself
	w := quickWriter{make([]byte, 0, usual)}
	if w.value(checked, deepest) {
		return w.out
	}
	raw, err := json.Marshal(checked) // says why
	if err != nil {
		is.notObject(path, err)
	}
	return raw
}

// at adds the issues of a part of the request. Their paths are relative to the part.
func (is *issues) at(path string, part issues) {
	for _, issue := range part.list {
		issue.Path = path + issue.Path
		is.list = append(is.list, issue)
	}
	is.cause = cmp.Or(is.cause, part.cause)
}

func (is *issues) notObject(path string, err error) {
	is.add("body", path, "type", "must be a map or a struct that marshals to a JSON object")
	if is.cause == nil {
		is.cause = err
	}
}

// unencodable adds the issues of a request that encoding/json cannot encode. It looks for the values that have caused
// the error.
func (is *issues) unencodable(err error) {
	found := false
	for _, o := range is.objects {
		if _, err := json.Marshal(o.value); err != nil {
			is.notObject(o.path, err)
			found = true
		}
	}
	if !found {
		is.add("body", "", "malformed", "does not marshal to JSON")
		is.cause = err
	}
}

// asObject reports whether v can be the value of a field that is a JSON object, and returns what to encode: nil for a
// nil of any kind, and for a value that marshals itself to null. A map or struct without methods that marshal it is
// returned as it is, so that it is encoded only once, with the request. Any other value is returned as JSON.
func asObject(v any) (out any, ok bool, err error) {
	if raw, ok := v.(json.RawMessage); ok && bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return v, true, nil
	}

	value, custom := reflect.ValueOf(v), false
	const mostPointers = 8 // a pointer may lead to itself
	for range mostPointers {
		switch kind := value.Kind(); {
		case kind == reflect.Invalid:
			return nil, true, nil
		case (kind == reflect.Map || kind == reflect.Pointer || kind == reflect.Interface) && value.IsNil():
			return nil, true, nil
		case marshalsItself(value.Type()):
			custom = true
		case kind == reflect.Map || kind == reflect.Struct:
			return v, true, nil
		case kind == reflect.Pointer || kind == reflect.Interface:
			value = value.Elem()
			continue
		}
		break
	}

	raw, err := json.Marshal(v)
	switch {
	case err != nil:
		return nil, false, err
	case raw[0] == '{':
		return json.RawMessage(raw), true, nil
	}
	return nil, custom && string(raw) == "null", nil
}

func marshalsItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
