package seed

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// This file encodes the free-form values of a seed. A Go value may contain what JSON cannot express.

// document encodes a free-form value as JSON, with sorted members and numbers as they are written. If that fails, it
// reports where, and returns the other document.
func (s *seeding) document(at string, v any, otherwise string) json.RawMessage {
	raw, err := cond.Canonical(v)
	if err == nil {
		return raw
	}
	below, cause := locator{}.find(v, err)
	s.report(at+below, "cannot be encoded as JSON: %s", inWords(cause))
	return json.RawMessage(otherwise)
}

// object is document for a value that must be an object. If it is absent or wrong, object returns an empty one.
func (s *seeding) object(at string, v any) json.RawMessage {
	const empty = "{}"
	if v == nil {
		return json.RawMessage(empty)
	}
	raw := s.document(at, v, empty)
	switch string(raw[:1]) {
	case "{":
		return raw
	case "n":
	default:
		s.report(at, "must be an object")
	}
	return json.RawMessage(empty)
}

// inWords returns an error of encoding/json in words.
func inWords(err error) string {
	if kind, ok := errors.AsType[*json.UnsupportedTypeError](err); ok {
		return "its Go type is " + kind.Type.String() +
			"; use a string, a number, a bool, a time.Time, a slice, a map with string keys or a struct"
	}
	if value, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		if kind := value.Value.Kind(); kind == reflect.Float64 || kind == reflect.Float32 {
			return value.Str + " is not a number in JSON"
		}
		return "it contains itself"
	}
	if custom, ok := errors.AsType[*json.MarshalerError](err); ok {
		return "a method of " + custom.Type.String() + " fails: " + custom.Err.Error()
	}
	return err.Error()
}

// form is what the types of package define encode in their place. Their errors have it.
type form interface{ Form() any }

// locator finds what cannot be encoded in a value. It has the references that lead to the current value, by which it
// finds a value that contains itself.
type locator map[reference]bool

type reference struct {
	kind reflect.Type
	to   uintptr
}

// find returns the pointer to the innermost value that cannot be encoded, and its error. The error of v is known.
func (seen locator) find(v any, err error) (at string, cause error) {
	value := reflect.ValueOf(v)
	switch value.Kind() {
	case reflect.Map, reflect.Pointer, reflect.Slice:
		here := reference{value.Type(), value.Pointer()}
		if seen[here] {
			return "", err
		}
		seen[here] = true
	}

	if custom, ok := v.(json.Marshaler); ok {
		if _, own := custom.MarshalJSON(); own != nil {
			if of, ok := own.(form); ok {
				return seen.find(of.Form(), own)
			}
		}
		return "", err
	}
	for _, part := range partsOf(value) {
		if _, err := json.Marshal(part.value); err != nil {
			below, cause := seen.find(part.value, err)
			return part.at + below, cause
		}
	}
	return "", err
}

// part is a member of an object or an item of a list.
type part struct {
	at    string
	value any
}

// partsOf returns the parts of a value as encoding/json sees them.
func partsOf(v reflect.Value) (parts []part) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return partsOf(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			parts = append(parts, part{cond.Nth("", i), v.Index(i).Interface()})
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			parts = append(parts, part{cond.Below("", fmt.Sprint(key.Interface())), value.Interface()})
		}
		slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.at, b.at) })
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(v.Type()) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			member, err := v.FieldByIndexErr(field.Index)
			if err == nil && field.IsExported() && !field.Anonymous && name != "-" {
				parts = append(parts, part{cond.Below("", cmp.Or(name, field.Name)), member.Interface()})
			}
		}
	}
	return parts
}
