package segmentflow

import "encoding/json"

// Nullable is a request field in which nothing (its zero value), null and a value differ: nothing leaves the field as it
// is, null clears it.
type Nullable[T any] struct {
	value *T
	set   bool
}

// Value sets a field to v.
func Value[T any](v T) Nullable[T] { return Nullable[T]{value: &v, set: true} }

// Null clears a field.
func Null[T any]() Nullable[T] { return Nullable[T]{set: true} }

// IsZero reports that the field is left as it is; encoding/json's omitzero goes by it.
func (n Nullable[T]) IsZero() bool { return !n.set }

// MarshalJSON gives null or the value.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.value) }
