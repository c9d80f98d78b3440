package render

import "github.com/segmentflow/segmentflow-go/emulator/internal/cond"

// node is one element of the tree.
type node struct {
	element  *element
	parent   *node             // nil for the root
	props    map[string]*value // without style
	style    *value
	children []*node
	visible  *cond.Cond
	repeat   *value
}

// inRow reports whether the node's parent is a row.
func (n *node) inRow() bool { return n.parent != nil && n.parent.element.role == row }

// element is a type of element: one row of elements.
type element struct {
	name  string
	role  role
	props []prop // all except style, which every element has
	html  func(b *builder, n *node)
	text  func(b *builder, n *node)
}

// role is what an element is for the elements around it.
type role uint8

const (
	leaf  role = iota
	inbox      // shown next to the subject in the inbox, and not in the email
	box        // this role and the following ones have children
	page       // its style is the style of the page
	row        // its children are cells
	cell       // needs no cell of its own in a row
)

func (role role) children() bool { return role >= box }

// prop is a prop and its check. The check gets a literal or a template, which may have bindings. It returns what is
// wrong with the value whatever they are, or "".
type prop struct {
	name  string
	check func(*value) string
}

// element emits one element, repeated and only if visible, as the definition requires.
func (b *builder) element(n *node, emit func(*builder)) {
	if n.visible == nil && n.repeat == nil {
		emit(b)
		return
	}
	body := build(emit)
	if len(body) == 0 {
		return
	}
	if n.repeat != nil {
		body = []op{{kind: opRepeat, pointer: n.repeat.pointer, place: n.repeat.place, body: body}}
	}
	if n.visible != nil {
		body = []op{{kind: opIf, cond: n.visible, body: body}}
	}
	b.add(body...)
}
