package cond

import (
	"fmt"
	"strconv"
)

// Explain says in one line how the condition comes out, with the values that it
// sees: /event/plan ("Free") in ["Pro","Team"] → false. What does not decide is
// left out, and so is what env hides.
func (c *Cond) Explain(env *Env) (string, error) {
	e := explainer{env: env}
	if _, err := c.root.explain(&e, 0); err != nil {
		return "", fmt.Errorf("explain condition: %w", err)
	}
	return Shorten(e.text.String(), longestExplanation), nil
}

// leaf evaluates a node that has no others in it, and writes what it is and how it comes out.
func (e *explainer) leaf(n Node, depth int, what func()) (bool, error) {
	r, err := n.eval(e.env, depth)
	if err != nil {
		return false, err
	}
	what()
	e.say(" → ", strconv.FormatBool(r.True))
	return r.True, nil
}

func (n *Const) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() { e.say("always") })
}

func (n *And) explain(e *explainer, depth int) (bool, error) {
	return e.list(n.Of, " and ", false, depth)
}

func (n *Or) explain(e *explainer, depth int) (bool, error) {
	return e.list(n.Of, " or ", true, depth)
}

func (n *Not) explain(e *explainer, depth int) (bool, error) {
	e.say("not (")
	yes, err := n.Of.explain(e, depth)
	e.say(")")
	return !yes, err
}

// list goes as far as evaluation does.
func (e *explainer) list(list []Node, word string, decisive bool, depth int) (bool, error) {
	for i, n := range list {
		if i > 0 {
			e.say(word)
		}
		yes, err := n.explain(e, depth)
		if err != nil || yes == decisive {
			return yes, err
		}
		if e.text.Len() > longestExplanation {
			rest, err := evalList(list, decisive, e.env, depth)
			return rest.True, err
		}
	}
	return !decisive, nil
}

func (n *InSegment) explain(e *explainer, depth int) (bool, error) {
	r, err := n.eval(e.env, depth)
	if err != nil {
		return false, err
	}
	e.write("inSegment %s → %t", n.Segment, r.True)
	if e.env.Facts == nil || e.text.Len() > longestExplanation {
		return r.True, nil
	}
	inner, _, err := e.env.Facts.Segment(n.Segment)
	if err != nil || inner == nil {
		return r.True, err
	}
	e.say(" (")
	_, err = inner.root.explain(e, depth+1)
	e.say(")")
	return r.True, err
}

// explain tells the number of events that counted, as far as counting went.
func (n *Performed) explain(e *explainer, depth int) (bool, error) {
	t, err := n.count(e.env, depth)
	if err != nil {
		return false, err
	}
	name, more := n.Event, ""
	if n.Prefix {
		name += "*"
	}
	e.write("performed %s", name)
	if n.Filter != nil {
		e.write(" with a filter")
	}
	if n.Windowed {
		e.write(" within %s", n.Within)
	}
	if t.count == n.Count.enough() {
		more = " or more"
	}
	yes := n.Count.result(t).True
	e.write(" (%d%s) %s %d → %t", t.count, more, n.Count.Op, n.Count.N, yes)
	return yes, nil
}

func (n *Received) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() {
		e.say("received ", n.Kind)
		if n.Template != "" {
			e.say(" of ", n.Template)
		}
		if n.Windowed {
			e.write(" within %s", n.Within)
		}
	})
}

func (n *Subscribed) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() { e.say("subscribed ", n.Group) })
}

func (n *Bucket) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() {
		e.write("bucket %d.%02d %% of %s", n.Limit/100, n.Limit%100, shortJSON(n.Salt))
	})
}

func (n *Compare) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() { e.compare(n) })
}

func (e *explainer) compare(n *Compare) {
	e.say(n.Pointer.String(), " (", e.value(n.Pointer), ")")
	if n.Negate {
		e.say(" not")
	}
	switch {
	case n.Op == OpTruthy:
		e.say(" truthy")
	case n.Operand.Ref != nil:
		e.say(" ", string(n.Op), " ", n.Operand.Ref.String(), " (", e.value(n.Operand.Ref), ")")
	default:
		e.say(" ", string(n.Op), " ", shortJSON(n.Operand.Literal))
	}
}
