package journey

import "github.com/segmentflow/segmentflow-go/emulator/internal/cond"

// emitNode records an event for the Profile. Its data is nil if the document
// has none.
type emitNode struct {
	event string
	data  *value
}

const outcomeEmitted = "emitted"

func parseEmit(o members, _ *Node, _ Settings) behavior {
	node := &emitNode{event: o.requiredUpTo("event", "the name of the event to record", longestEvent)}
	if !o.has("data") {
		return node
	}

	if _, ok := o.raw["data"].(map[string]any); !ok {
		o.add("data", "must be an object, not %s", cond.KindOf(o.raw["data"]))
		return node
	}
	node.data = o.p.value(o.raw["data"], cond.Below(o.at, "data"))
	if node.data.kind == text {
		o.add("data", "must be an object, but the value of a $template is text")
	}
	return node
}

func (node *emitNode) check(c *checker, n *Node) { c.value(node.data, n.at+"/data") }

func (node *emitNode) words(*Node) cond.Phrase {
	phrase := sentence("records an event %s", cond.Quote(node.event))
	switch {
	case node.data == nil:
	case node.data.kind == object:
		phrase.Text += ", with data:"
		phrase.Of = assignmentWords(node.data.fields)
	default:
		phrase.Text += ", with this data: " + node.data.words()
	}
	return phrase
}

func (*emitNode) edges(n *Node) []Edge { return n.onlyNext(true) }

func (node *emitNode) arrive(_ *Definition, n *Node, in Input) (Effect, error) {
	data := map[string]any{}
	if node.data != nil {
		found, _, err := node.data.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		if object, ok := found.(map[string]any); ok {
			data = object
		}
	}
	return Effect{Outcome: outcomeEmitted, Next: n.Next, Emit: &Emit{Event: node.event, Data: data}}, nil
}

func (*emitNode) fire(*Node) (Effect, bool) { return Effect{}, false }
