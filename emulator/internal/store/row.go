package store

import (
	"database/sql/driver"
	"encoding/json"
	"math"
	"reflect"
	"time"
	"unsafe"

	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

// row is one row on its way between SQLite and Go. A list of columns calls column, nullable or seq for each of its
// columns. What these do depends on the purpose. Other SELECTs are read with str, num and the like, which go from
// column to column.
type row struct {
	purpose purpose

	stmt *prepared // whose current row is read
	next int

	args      []rawsql.Arg // that are bound
	mutates   bool         // the list has called mutable
	generated *int         // the field for the number that SQLite makes

	names *names
}

type purpose int

const (
	reading  purpose = iota // columns into fields
	binding                 // fields into the parameters of an INSERT
	updating                // mutable fields into the parameters of an UPDATE
	naming                  // nothing but the names
)

// names are the columns of a list: those that a SELECT reads, that an INSERT adds and that an UPDATE sets.
type names struct{ selected, inserted, mutable []string }

// column lists a column that is never NULL. The field is a pointer to a string, int, bool, time, raw JSON or bytes. A
// list, a map or a pointer is stored as JSON.
func (r *row) column(column string, field any) { r.add(column, field, false) }

// nullable lists a column that is NULL for the zero value.
func (r *row) nullable(column string, field any) { r.add(column, field, true) }

// seq lists the column seq, which SQLite numbers. An INSERT sets the field.
func (r *row) seq(field *int) {
	switch r.purpose {
	case reading:
		r.scan(field)
	case binding:
		r.generated = field
	case naming:
		r.names.selected = append(r.names.selected, "seq")
	}
}

// mutable comes before the columns that update and upsert set.
func (r *row) mutable() { r.mutates = true }

func (r *row) add(name string, field any, null bool) {
	switch r.purpose {
	case reading:
		r.scan(field)
	case binding:
		r.bindField(field, null)
	case updating:
		if r.mutates {
			r.bindField(field, null)
		}
	case naming:
		r.names.selected = append(r.names.selected, name)
		r.names.inserted = append(r.names.inserted, name)
		if r.mutates {
			r.names.mutable = append(r.names.mutable, name)
		}
	}
}

// nextColumn returns the number of the next column.
func (r *row) nextColumn() int {
	r.next++
	return r.next - 1
}

func (r *row) value() driver.Value { return r.stmt.Value(r.nextColumn()) }

func (r *row) str() string { return r.stmt.Text(r.nextColumn()) }

func (r *row) num() int {
	n, _ := r.stmt.Num(r.nextColumn())
	return int(n)
}

func (r *row) flag() bool { return r.num() != 0 }

func (r *row) bytes() []byte { return r.stmt.Blob(r.nextColumn()) }

// at returns the zero time for NULL.
func (r *row) at() time.Time {
	n, ok := r.stmt.Num(r.nextColumn())
	if !ok {
		return time.Time{}
	}
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
	case *[]string:
		*p = quickjson.Strings(r.str())
	default:
		decode(r.str(), p)
	}
}

// decode reads JSON that this package wrote. A row that does not decode is a bug, and reads as empty.
func decode(s string, value any) {
	if s != "" && s != "{}" && s != "[]" {
		_ = json.Unmarshal([]byte(s), value)
	}
}

// bindField binds a field: NULL for a zero value if null is set.
func (r *row) bindField(field any, null bool) {
	switch p := field.(type) {
	case *string:
		r.bindText(*p, null)
	case *int:
		r.bindNum(int64(*p), null)
	case *bool:
		r.bindFlag(*p)
	case *time.Time:
		if null && p.IsZero() {
			r.bindNull()
		} else {
			r.bindNum(p.UnixMilli(), false)
		}
	case *json.RawMessage:
		r.bindText(unsafe.String(unsafe.SliceData(*p), len(*p)), null)
	case *[]byte:
		r.bindBytes(*p, null)
	case *[][2]string:
		r.bindText(encodePairs(*p), false)
	default:
		r.bindText(document(reflect.ValueOf(p).Elem(), null), null)
	}
}

// document returns the JSON of a list, a map or a pointer. It is empty for an empty one if null is set.
func document(value reflect.Value, null bool) string {
	switch {
	case value.Kind() == reflect.Pointer && !value.IsNil(), value.Kind() != reflect.Pointer && value.Len() > 0:
		return encode(value.Interface())
	case null:
		return ""
	case value.Kind() == reflect.Map:
		return "{}"
	}
	return "[]"
}

// bindText binds a text: NULL for an empty one if null is set.
func (r *row) bindText(text string, null bool) {
	if null && text == "" {
		r.bindNull()
		return
	}
	r.args = append(r.args, rawsql.Arg{Kind: rawsql.Text, Text: text})
}

// bindBytes binds bytes: NULL for none if null is set. They must not change before the statement was run.
func (r *row) bindBytes(bytes []byte, null bool) {
	if null && len(bytes) == 0 {
		r.bindNull()
		return
	}
	r.args = append(r.args, rawsql.Arg{Kind: rawsql.Bytes, Text: unsafe.String(unsafe.SliceData(bytes), len(bytes))})
}

// bindNum binds a number: NULL for 0 if null is set.
func (r *row) bindNum(n int64, null bool) {
	if null && n == 0 {
		r.bindNull()
		return
	}
	r.args = append(r.args, rawsql.Arg{Kind: rawsql.Int, Num: n})
}

func (r *row) bindFlag(flag bool) {
	n := int64(0)
	if flag {
		n = 1
	}
	r.bindNum(n, false)
}

func (r *row) bindNull() { r.args = append(r.args, rawsql.Arg{}) }

// bind binds an argument of a statement.
func (r *row) bind(value any) {
	switch value := value.(type) {
	case nil:
		r.bindNull()
	case string:
		r.bindText(value, false)
	case int:
		r.bindNum(int64(value), false)
	case int64:
		r.bindNum(value, false)
	case float64:
		r.args = append(r.args, rawsql.Arg{Kind: rawsql.Float, Num: int64(math.Float64bits(value))})
	case bool:
		r.bindFlag(value)
	case time.Time:
		r.bindNum(value.UnixMilli(), false)
	case json.RawMessage:
		r.bindText(unsafe.String(unsafe.SliceData(value), len(value)), false)
	case []byte:
		r.bindBytes(value, false)
	default:
		panic("store: an argument cannot be a " + reflect.TypeOf(value).String())
	}
}

// encodePairs is encode for a list that most emails have: their headers.
func encodePairs(list [][2]string) string {
	length := len("[]")
	for _, pair := range list {
		length += len(pair[0]) + len(pair[1]) + len(`["",""],`)
	}
	out := append(make([]byte, 0, length), '[')
	for i, pair := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = quickjson.AppendPlain(append(out, '['), pair[0])
		out = append(quickjson.AppendPlain(append(out, ','), pair[1]), ']')
	}
	out = append(out, ']')
	return unsafe.String(unsafe.SliceData(out), len(out))
}

func encode(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic("store: " + err.Error()) // only values of this package's own types come here
	}
	return string(raw)
}

// encodeList encodes a list for json_each. So the text of the query does not depend on the length of the list.
func encodeList(list []string) string {
	if list == nil {
		list = []string{}
	}
	return encode(list)
}

// nullIfZero stores a zero value as NULL.
func nullIfZero[T comparable](field T) any {
	var zero T
	if field == zero {
		return nil
	}
	return field
}
