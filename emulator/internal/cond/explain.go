package cond

import (
	"fmt"
	"strconv"
)

// Explain describes the outcome of the condition in one line, with the values
// that it was evaluated with: /event/plan ("Free") in ["Pro","Team"] → false. It
// leaves out the conditions that do not decide, and the values that env hides.
func (c *Cond) Explain(env *Env) (string, error) {
	_, text, err := c.Decide(env)
	return text, err
}

// Decide evaluates the condition and explains the outcome.
func (c *Cond) Decide(env *Env) (yes bool, text string, err error) {
	e := explainer{env: env}
	e.text.Grow(usualExplanation)
	if yes, err = c.root.explain(&e, 0); err != nil {
		return false, "", fmt.Errorf("explain condition: %w", err)
	}
	return yes, Shorten(e.text.String(), longestExplanation), nil
}

// usualExplanation is how many bytes the explanation of a comparison has, or fewer.
const usualExplanation = 64

// leaf evaluates a node without inner nodes. It writes the node and its outcome.
func (e *explainer) leaf(n Node, depth int, what func()) (bool, error) {
	result, err := n.eval(e.env, depth)
	if err != nil {
		return false, err
	}
	what()
	e.print(" → ", strconv.FormatBool(result.True))
	return result.True, nil
}

func (n *Const) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() { e.print("always") })
}

func (n *And) explain(e *explainer, depth int) (bool, error) {
	return e.list(n.Of, " and ", false, depth)
}

func (n *Or) explain(e *explainer, depth int) (bool, error) {
	return e.list(n.Of, " or ", true, depth)
}

func (n *Not) explain(e *explainer, depth int) (bool, error) {
	e.print("not (")
	yes, err := n.Of.explain(e, depth)
	e.print(")")
	return !yes, err
}

// list stops where evaluation stops.
func (e *explainer) list(list []Node, word string, decisive bool, depth int) (bool, error) {
	for i, n := range list {
		if i > 0 {
			e.print(word)
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
	result, err := n.eval(e.env, depth)
	if err != nil {
		return false, err
	}

	e.printf("inSegment %s → %t", n.Segment, result.True)
	if e.env.Facts == nil || e.text.Len() > longestExplanation {
		return result.True, nil
	}
	inner, _, err := e.env.Facts.Segment(n.Segment)
	if err != nil || inner == nil {
		return result.True, err
	}
	e.print(" (")
	_, err = inner.root.explain(e, depth+1)
	e.print(")")
	return result.True, err
}

// explain writes the number of events that were counted, up to where counting
// stopped.
func (n *Performed) explain(e *explainer, depth int) (bool, error) {
	found, err := n.count(e.env, depth)
	if err != nil {
		return false, err
	}

	name, more := n.Event, ""
	if n.Prefix {
		name += "*"
	}
	e.printf("performed %s", name)
	if n.Filter != nil {
		e.printf(" with a filter")
	}
	if n.Windowed {
		e.printf(" within %s", n.Within)
	}

	if found.count == n.Count.enough() {
		more = " or more"
	}
	yes := n.Count.result(found).True
	e.printf(" (%d%s) %s %d → %t", found.count, more, n.Count.Op, n.Count.N, yes)
	return yes, nil
}

func (n *Received) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() {
		e.print("received ", n.Kind)
		if n.Template != "" {
			e.print(" of ", n.Template)
		}
		if n.Windowed {
			e.printf(" within %s", n.Within)
		}
	})
}

func (n *Subscribed) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() { e.print("subscribed ", n.Group) })
}

func (n *Bucket) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() {
		e.printf("bucket %d.%02d %% of %s", n.Limit/100, n.Limit%100, shortJSON(n.Salt))
	})
}

func (n *Compare) explain(e *explainer, depth int) (bool, error) {
	return e.leaf(n, depth, func() { e.compare(n) })
}

func (e *explainer) compare(n *Compare) {
	e.print(n.Pointer.String(), " (", e.value(n.Pointer), ")")
	if n.Negate {
		e.print(" not")
	}
	switch {
	case n.Op == OpTruthy:
		e.print(" truthy")
	case n.Operand.Ref != nil:
		e.print(" ", string(n.Op), " ", n.Operand.Ref.String(), " (", e.value(n.Operand.Ref), ")")
	default:
		e.print(" ", string(n.Op), " ", shortJSON(n.Operand.Literal))
	}
}
