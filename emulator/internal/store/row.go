package store

import (
	"database/sql/driver"
	"encoding/json"
	"reflect"
	"time"
)

// row is one row on its way between SQLite and Go. A list of columns calls is, opt or seq for each, and they do what the
// row is for. Rows of other SELECTs are read with str, num and the like, which go on from column to column.
type row struct {
	purpose purpose

	values []driver.Value // when reading
	next   int

	args    []driver.NamedValue // when binding
	mutates bool                // mutable was called
	made    *int                // the field of the number that SQLite makes up

	selects, inserts, mutables []string // when naming
}

type purpose int

const (
	reading  purpose = iota // columns into fields
	binding                 // fields into the parameters of an INSERT
	updating                // the mutable ones into those of an UPDATE
	naming
)

// is is a column that is never NULL. The field is a pointer to a string, int, bool, time or raw JSON; what else there
// is becomes JSON.
func (r *row) is(column string, field any) { r.column(column, field, false) }

// opt is a column that is NULL for the zero value.
func (r *row) opt(column string, field any) { r.column(column, field, true) }

// seq is the column seq, which SQLite numbers. An INSERT sets the field.
func (r *row) seq(field *int) {
	switch r.purpose {
	case reading:
		r.scan(field)
	case binding:
		r.made = field
	case naming:
		r.selects = append(r.selects, "seq")
	}
}

// mutable stands before the columns that an UPDATE, or an INSERT of a row that is there, sets anew.
func (r *row) mutable() { r.mutates = true }

func (r *row) column(name string, field any, null bool) {
	switch r.purpose {
	case reading:
		r.scan(field)
	case binding:
		r.bind(stored(field, null))
	case updating:
		if r.mutates {
			r.bind(stored(field, null))
		}
	case naming:
		r.selects, r.inserts = append(r.selects, name), append(r.inserts, name)
		if r.mutates {
			r.mutables = append(r.mutables, name)
		}
	}
}

func (r *row) value() driver.Value {
	v := r.values[r.next]
	r.next++
	return v
}

func (r *row) str() string   { s, _ := r.value().(string); return s }
func (r *row) num() int      { n, _ := r.value().(int64); return int(n) }
func (r *row) flag() bool    { return r.num() != 0 }
func (r *row) bytes() []byte { b, _ := r.value().([]byte); return b }

// at is the zero time for NULL.
func (r *row) at() time.Time {
	v := r.value()
	if v == nil {
		return time.Time{}
	}
	n, _ := v.(int64)
	return time.UnixMilli(n).UTC()
}

func (r *row) json() json.RawMessage {
	if s := r.str(); s != "" {
		return json.RawMessage(s)
	}
	return nil
}

// scan reads the next column into a field.
func (r *row) scan(field any) {
	switch p := field.(type) {
	case *string:
		*p = r.str()
	case *int:
		*p = r.num()
	case *bool:
		*p = r.flag()
	case *time.Time:
		*p = r.at()
	case *json.RawMessage:
		*p = r.json()
	case *[]byte:
		*p = r.bytes()
	default:
		decode(r.str(), p)
	}
}

// decode reads JSON that this package wrote; a row that does not decode is a bug, and reads as empty.
func decode(s string, v any) {
	if s != "" && s != "{}" && s != "[]" {
		_ = json.Unmarshal([]byte(s), v)
	}
}

// stored returns what is bound for a field. Where null is set, that is NULL for a zero value.
func stored(field any, null bool) driver.Value {
	switch p := field.(type) {
	case *string:
		if *p != "" || !null {
			return *p
		}
	case *int:
		if *p != 0 || !null {
			return int64(*p)
		}
	case *bool:
		return native(*p)
	case *time.Time:
		if !p.IsZero() || !null {
			return p.UnixMilli()
		}
	case *json.RawMessage:
		if len(*p) > 0 || !null {
			return string(*p)
		}
	case *[]byte:
		return *p
	default:
		return document(reflect.ValueOf(p).Elem(), null)
	}
	return nil
}

// document is the JSON of a list, a map or a pointer.
func document(v reflect.Value, null bool) driver.Value {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil(), v.Kind() != reflect.Pointer && v.Len() > 0:
		return encode(v.Interface())
	case null:
		return nil
	case v.Kind() == reflect.Map:
		return "{}"
	}
	return "[]"
}

func (r *row) bind(v driver.Value) {
	r.args = append(r.args, driver.NamedValue{Ordinal: len(r.args) + 1, Value: v})
}

// native turns an argument into one of the driver's values.
func native(arg any) driver.Value {
	switch arg := arg.(type) {
	case int:
		return int64(arg)
	case bool:
		if arg {
			return int64(1)
		}
		return int64(0)
	case time.Time:
		return arg.UnixMilli()
	case json.RawMessage:
		return string(arg)
	}
	return arg
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error()) // only values of this package's own types come here
	}
	return string(raw)
}

// encodeList is a list for json_each; a query with one has the same text however long the list is.
func encodeList(list []string) string {
	if list == nil {
		list = []string{}
	}
	return encode(list)
}

// opt stores a zero value as NULL.
func opt[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
