package define

// A field of type any, such as the text of an element or a property to set, takes a literal or an expression: State,
// Item, Index, Template, If or Null.

// State is the value at a pointer into the state, such as State("/data/order/id"). It is a value, and the operand of a
// comparison. As a condition it is true if the value is there and is not false, 0, "" or null. Its methods compare it.
type State string

// MarshalJSON encodes the expression {"$state": "/data/order/id"}.
func (s State) MarshalJSON() ([]byte, error) { return encode(object{"$state": string(s)}) }

func (State) condition() {}
func (State) style()     {}

// Item is a field of the current item of a Repeat, such as Item("price") or Item("seller.name"). Item("") is the item
// itself. Only Templates have items.
type Item string

// MarshalJSON encodes the expression {"$item": "price"}.
func (field Item) MarshalJSON() ([]byte, error) { return encode(object{"$item": string(field)}) }

func (Item) style() {}

// Index is the number of the current item of a Repeat, from 0. Only Templates have items.
type Index struct{}

// MarshalJSON encodes the expression {"$index": true}.
func (Index) MarshalJSON() ([]byte, error) { return encode(object{"$index": true}) }

// Template is text with bindings, such as Template("Hi ${/profile/firstName}"). A missing value becomes nothing. A
// backslash before ${ makes it literal text. In a URL, a binding at the beginning stays as it is, and one further
// inside is percent-encoded.
type Template string

// MarshalJSON encodes the expression {"$template": "Hi ${/profile/firstName}"}.
func (text Template) MarshalJSON() ([]byte, error) { return encode(object{"$template": string(text)}) }

// If is one of two values. Without Else, the value is missing if the condition is false. Then and Else take literals
// and expressions; for a null as the Else of a property, use Null.
type If struct {
	Cond Condition
	Then any
	Else any
}

// MarshalJSON encodes the expression {"$cond": …, "$then": …, "$else": …}.
func (choice If) MarshalJSON() ([]byte, error) {
	form := object{"$cond": choice.Cond, "$then": choice.Then}
	if choice.Else != nil {
		form["$else"] = choice.Else
	}
	return encode(form)
}

func (If) style() {}

// Null is a JSON null in a place where nil means that nothing is there. SetProperty removes a property that is set to
// null.
type Null struct{}

// MarshalJSON encodes null.
func (Null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Style is the style of an element: CSS, or an expression with a value that is CSS: State, Item or If.
type Style interface{ style() }

// CSS maps CSS properties in camelCase to values: CSS{"padding": "24px", "backgroundColor": "#ffffff"}. A number is a
// length in pixels, where CSS has lengths. A value may be an expression.
type CSS map[string]any

func (CSS) style() {}
