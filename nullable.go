package segmentflow

import (
	"encoding/json"
	"fmt"
)

// Nullable is a request field with three states. The zero value leaves the stored field as it is, null clears it, and a
// value replaces it.
//
// In a struct, give the field the option omitzero, as this package does: then the JSON keeps all three states.
type Nullable[T any] struct {
	value *T
	set   bool
}

// Value returns a Nullable that sets the field to v.
func Value[T any](v T) Nullable[T] { return Nullable[T]{value: &v, set: true} }

// Null returns a Nullable that clears the field.
func Null[T any]() Nullable[T] { return Nullable[T]{set: true} }

// Get returns the value, and whether there is one. There is none if the field is cleared or stays as it is.
func (n Nullable[T]) Get() (T, bool) {
	if n.value == nil {
		return *new(T), false
	}
	return *n.value, true
}

// IsNull reports whether the field is cleared.
func (n Nullable[T]) IsNull() bool { return n.set && n.value == nil }

// IsZero reports whether the stored field is left as it is. The omitzero option of encoding/json calls it.
func (n Nullable[T]) IsZero() bool { return !n.set }

// String returns "unset", "null" or the value as package fmt prints it, for logs and test failures.
func (n Nullable[T]) String() string {
	switch {
	case n.value != nil:
		return fmt.Sprint(*n.value)
	case n.set:
		return "null"
	}
	return "unset"
}

// MarshalJSON returns null or the value as JSON.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.value) }

// UnmarshalJSON reads null or a value. A field that the JSON does not have stays unset.
func (n *Nullable[T]) UnmarshalJSON(data []byte) error {
	var value *T
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*n = Nullable[T]{value: value, set: true}
	return nil
}
