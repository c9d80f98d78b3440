package render

import "github.com/segmentflow/segmentflow-go/emulator/internal/cond"

// What a binding is used for.
const (
	UseText      = "text"
	UseLink      = "link" // the beginning of a URL
	UseList      = "list" // of a repeat
	UseStyle     = "style"
	UsePosition  = "position" // of an item, from 0
	UseCondition = "condition"
)

// Binding is one use of the state by a definition. Missing is its place; that of a condition has only the path.
// Pointer leads into the state or, if List is not nil, into an item of the list there. It is nil for a position.
type Binding struct {
	Missing
	Pointer, List cond.Pointer
	Use           string
}

// Bindings returns every use of the state once: those of the subject, then those of the preheader, then the others in
// document order.
func (t *Template) Bindings() []Binding {
	all := bindings{t: t, seen: map[string]bool{}}
	for _, ops := range [][]op{t.subject, t.preheader, t.preview, t.html, t.text} {
		all.add(ops, nil)
	}
	return all.found
}

type bindings struct {
	t     *Template
	seen  map[string]bool
	found []Binding
}

// add adds what ops use. list is the list of the innermost repeat around them.
func (all *bindings) add(ops []op, list cond.Pointer) {
	for i := range ops {
		o := &ops[i]
		inner := list
		switch o.kind {
		case opRead, opMarkdown:
			use := UseText
			if i == 0 && (o.mode == inURL || o.mode == inSet) {
				use = UseLink
			}
			all.read(o, list, use)
		case opStyle:
			all.read(o, list, UseStyle)
		case opIndex:
			all.put(Binding{Missing: all.t.places[o.place], List: list, Use: UsePosition})
		case opRepeat:
			all.read(o, list, UseList)
			inner = o.pointer
		case opIf:
			for _, pointer := range o.cond.Reads().Pointers {
				all.put(Binding{Missing: Missing{Path: pointer.String()}, Pointer: pointer, Use: UseCondition})
			}
		}
		all.add(o.value, inner)
		all.add(o.body, inner)
		all.add(o.alt, inner)
	}
}

func (all *bindings) read(o *op, list cond.Pointer, use string) {
	binding := Binding{Missing: all.t.places[o.place], Pointer: o.pointer, Use: use}
	if o.item {
		binding.Pointer, binding.List = o.pointer[1:], list
		if list == nil {
			binding.List = cond.Pointer{} // outside of a repeat there is no item
		}
	}
	all.put(binding)
}

func (all *bindings) put(binding Binding) {
	m := binding.Missing
	key := m.Path + "\x00" + m.Element + "\x00" + m.Prop + "\x00" + binding.List.String() + "\x00" + binding.Use
	if !all.seen[key] {
		all.seen[key] = true
		all.found = append(all.found, binding)
	}
}
