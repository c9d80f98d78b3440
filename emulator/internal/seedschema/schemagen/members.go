package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/define"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// member is a field of a Go type, and where the JSON of the type has it.
type member struct {
	field reflect.StructField
	kind  reflect.Type // that of the field, or of one of the values that it can have
	at    string       // the JSON pointer to it
}

// membersOf returns the members of a type. Types of package define have JSON of their own, so it looks which part of
// the JSON a field changes.
func membersOf(of reflect.Type) (members []member) {
	zero := pointers(reflect.Zero(of).Interface())
	for i := range of.NumField() {
		field := of.Field(i)
		if !field.IsExported() {
			continue
		}
		for _, sample := range samples(field.Type) {
			changed := reflect.New(of).Elem()
			changed.Field(i).Set(sample)
			kind := field.Type
			if kind == reflect.TypeFor[define.Until]() {
				kind = sample.Type()
			}
			members = append(members, member{field, kind, added(zero, pointers(changed.Interface()))})
		}
	}
	return members
}

// added returns the shortest pointer that only the second has, or else one whose value differs.
func added(before, after map[string]string) (at string) {
	shorter := func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") }
	var fresh, other []string
	for pointer, value := range after {
		was, known := before[pointer]
		switch {
		case !known:
			fresh = append(fresh, pointer)
		case was != value:
			other = append(other, pointer)
		}
	}
	if len(fresh) > 0 {
		return slices.MinFunc(fresh, shorter)
	}
	return slices.MaxFunc(other, shorter)
}

// pointers returns the JSON of all values in a value by their pointers.
func pointers(value any) map[string]string {
	all := map[string]string{}
	var visit func(at string, value any)
	visit = func(at string, value any) {
		all[at] = text(value)
		switch value := value.(type) {
		case object:
			for name, each := range value {
				visit(cond.Below(at, name), each)
			}
		case []any:
			for i, each := range value {
				visit(cond.Nth(at, i), each)
			}
		}
	}
	visit("", plain(value))
	return all
}

// plain returns a value as encoding/json decodes it.
func plain(value any) (decoded any) {
	if err := json.Unmarshal([]byte(text(value)), &decoded); err != nil {
		panic(err) // it was encoded before
	}
	return decoded
}

func text(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // the values are those of this program
	}
	return string(raw)
}

// samples returns a value of a type that its JSON does not leave out, for each kind of JSON that it can have.
func samples(of reflect.Type) []reflect.Value {
	switch of {
	case reflect.TypeFor[define.Condition]():
		return values(define.Always)
	case reflect.TypeFor[define.Duration]():
		return values(time.Hour)
	case reflect.TypeFor[define.Style]():
		return values(define.CSS{"color": "red"})
	case reflect.TypeFor[define.Until]():
		return values(define.UntilLocal{}, define.UntilProperty{})
	case reflect.TypeFor[define.Count]():
		return values(define.AtLeast(1))
	}
	sample := reflect.New(of).Elem()
	switch of.Kind() {
	case reflect.String:
		sample.SetString("x")
	case reflect.Bool:
		sample.SetBool(true)
	case reflect.Int:
		sample.SetInt(1)
	case reflect.Float64:
		sample.SetFloat(1)
	case reflect.Slice:
		sample = reflect.MakeSlice(of, 1, 1)
	case reflect.Map:
		sample = reflect.MakeMap(of)
		sample.SetMapIndex(reflect.ValueOf("x"), reflect.Zero(of.Elem()))
	case reflect.Struct:
		for i := range of.NumField() {
			sample.Field(i).Set(samples(of.Field(i).Type)[0])
		}
	case reflect.Interface:
		return values("x")
	}
	return []reflect.Value{sample}
}

func values(of ...any) (list []reflect.Value) {
	for _, value := range of {
		list = append(list, reflect.ValueOf(value))
	}
	return list
}
