package segmentflow

import "encoding/json"

// Nullable is a request field with three states. The zero value leaves the stored field as it is, null clears it, and a
// value replaces it.
type Nullable[T any] struct {
	value *T
	set   bool
}

// Value returns a Nullable that sets the field to v.
func Value[T any](v T) Nullable[T] { return Nullable[T]{value: &v, set: true} }

// Null returns a Nullable that clears the field.
func Null[T any]() Nullable[T] { return Nullable[T]{set: true} }

// IsZero reports whether the stored field is left as it is. The omitzero option of encoding/json calls it.
func (n Nullable[T]) IsZero() bool { return !n.set }

// MarshalJSON returns null or the value as JSON.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.value) }
