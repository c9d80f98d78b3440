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
	e := &emitNode{event: o.short("event", "the name of the event to record", longestEvent)}
	if !o.has("data") {
		return e
	}
	if _, ok := o.raw["data"].(map[string]any); !ok {
		o.add("data", "must be an object, not %s", cond.KindOf(o.raw["data"]))
		return e
	}
	e.data = o.p.value(o.raw["data"], cond.Below(o.at, "data"))
	if e.data.kind == text {
		o.add("data", "must be an object; a $template is text")
	}
	return e
}

func (e *emitNode) check(c *checker, n *Node) { c.value(e.data, n.at+"/data") }

func (*emitNode) edges(n *Node) []Edge { return n.onlyNext(true) }

func (e *emitNode) arrive(_ *Definition, n *Node, in Input) (Effect, error) {
	data := map[string]any{}
	if e.data != nil {
		v, _, err := e.data.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		if object, ok := v.(map[string]any); ok {
			data = object
		}
	}
	return Effect{Outcome: outcomeEmitted, Next: n.Next, Emit: &Emit{Event: e.event, Data: data}}, nil
}

func (*emitNode) fire(*Node) (Effect, bool) { return Effect{}, false }
