package seed

import (
	"hash/maphash"
	"math"
	"reflect"
)

// key makes digests differ from process to process.
var key = maphash.MakeSeed()

// Digest returns a number that is the same for equal seeds in this process, and another for others. ok is false if a
// seed has something that cannot be compared, such as a function, or was read from a text with mistakes. Reading a seed
// in this way takes a hundredth of the time of applying it.
func Digest(seeds []Seed) (digest uint64, ok bool) {
	d := digester{ok: true}
	for i := range seeds {
		if source := seeds[i].Source; source != nil && len(source.problems) > 0 {
			return 0, false
		}
		digest = mix(digest, d.of(reflect.ValueOf(&seeds[i]).Elem(), 0))
	}
	return digest, d.ok
}

type digester struct{ ok bool }

// maxNesting is how deep a seed may nest. A deeper one may refer to itself.
const maxNesting = 1000

// mix combines two digests, in this order.
func mix(a, b uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15
	a = (a ^ b) * odd
	return a ^ a>>29
}

func text(s string) uint64 { return maphash.String(key, s) }

// plain returns the digest of a value of any type. What YAML and JSON are read into comes first, because most of a seed
// is that.
func (d *digester) plain(v any, depth int) uint64 {
	if depth > maxNesting {
		d.ok = false
	}
	if !d.ok {
		return 0
	}
	switch v := v.(type) {
	case nil:
		return 3
	case string:
		return mix(uint64(reflect.String), text(v))
	case float64:
		return mix(uint64(reflect.Float64), math.Float64bits(v))
	case int:
		return mix(uint64(reflect.Int), uint64(v))
	case map[string]any:
		if v == nil {
			return 6
		}
		sum := uint64(0) // without an order
		for name, member := range v {
			sum += mix(text(name), d.plain(member, depth+1))
		}
		return mix(mix(uint64(reflect.Map), uint64(len(v))), sum)
	case []any:
		if v == nil {
			return 7
		}
		digest := mix(uint64(reflect.Slice), uint64(len(v)))
		for _, item := range v {
			digest = mix(digest, d.plain(item, depth+1))
		}
		return digest
	}
	other := reflect.ValueOf(v)
	// The type counts, because equal values of two types may be encoded differently.
	named := mix(text(other.Type().PkgPath()), text(other.Type().String()))
	return mix(named, d.of(other, depth+1))
}

// of returns the digest of a value that has a type of its own.
func (d *digester) of(v reflect.Value, depth int) uint64 {
	if depth > maxNesting {
		d.ok = false
	}
	if !d.ok {
		return 0
	}
	kind := uint64(v.Kind())
	switch v.Kind() {
	case reflect.String:
		return mix(kind, text(v.String()))
	case reflect.Bool:
		if v.Bool() {
			return mix(kind, 1)
		}
		return mix(kind, 2)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return mix(kind, uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return mix(kind, v.Uint())
	case reflect.Float32, reflect.Float64:
		return mix(kind, math.Float64bits(v.Float()))
	case reflect.Interface:
		if v.CanInterface() {
			return d.plain(v.Interface(), depth+1)
		}
	case reflect.Pointer:
		switch {
		case v.Type() == reflect.TypeFor[*Source](): // the text that a seed was read from
			return 4
		case v.IsNil():
			return 5
		}
		return mix(kind, d.of(v.Elem(), depth+1))
	case reflect.Slice, reflect.Array, reflect.Struct, reflect.Map:
		return d.parts(v, depth)
	}
	d.ok = false
	return 0
}

func (d *digester) parts(v reflect.Value, depth int) uint64 {
	digest := uint64(v.Kind())
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() { //nolint:modernize // v.Fields describes each field: as much work as all the rest
			digest = mix(digest, d.of(v.Field(i), depth+1))
		}
	case reflect.Map:
		if v.Type() == reflect.TypeFor[map[string]any]() && v.CanInterface() {
			return d.plain(v.Interface(), depth+1)
		}
		sum := uint64(0)
		for members := v.MapRange(); members.Next(); {
			sum += mix(d.of(members.Key(), depth+1), d.of(members.Value(), depth+1))
		}
		digest = mix(mix(digest, uint64(v.Len())), sum)
	default:
		switch {
		case v.Kind() == reflect.Slice && v.IsNil():
			return 7
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
			return mix(digest, maphash.Bytes(key, v.Bytes()))
		}
		digest = mix(digest, uint64(v.Len()))
		for i := range v.Len() {
			digest = mix(digest, d.of(v.Index(i), depth+1))
		}
	}
	return digest
}
