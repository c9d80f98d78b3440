package define

import "encoding/json"

// encode encodes the JSON form of a value.
func encode(form any) ([]byte, error) {
	raw, err := json.Marshal(form)
	if err != nil {
		return nil, &fault{form, err}
	}
	return raw, nil
}

// fault is the error of a form that cannot be encoded, such as one with a NaN. It has the form, so that a seed can say
// where in it the fault is.
type fault struct {
	form any
	err  error
}

func (f *fault) Error() string { return f.err.Error() }

// Unwrap returns the error of encoding/json.
func (f *fault) Unwrap() error { return f.err }

// Form returns the value that encoding/json could not encode.
func (f *fault) Form() any { return f.form }

// object is a JSON object of which no member is left out.
type object map[string]any

// listOf returns the items as a list that is never null.
func listOf[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
