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

// element is one row of elements: a type of element.
type element struct {
	name  string
	role  role
	props []prop // all but style, which every element takes
	html  func(b *builder, n *node)
	text  func(b *builder, n *node)
}

// role is what an element is to those around it.
type role uint8

const (
	leaf  role = iota
	inbox      // is shown beside the subject, where mail is listed, and not in the mail
	box        // this and what follows take children
	page       // its style is the page's
	row        // its children are cells
	cell       // stands in a row as it is
)

func (role role) children() bool { return role >= box }

// prop is a prop and its check, which returns what is wrong with a value that is known beforehand, "" if nothing is.
type prop struct {
	name  string
	check func(text string) string
}

// element emits one element as often and only when the definition says.
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
