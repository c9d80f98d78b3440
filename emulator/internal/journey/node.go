package journey

import (
	"fmt"
	"slices"
	"strings"
)

// The types of nodes.
const (
	TypeEmail        = "email"
	TypeDelay        = "delay"
	TypeWaitFor      = "waitFor"
	TypeBranch       = "branch"
	TypeRandomCohort = "randomCohort"
	TypeSetProperty  = "setProperty"
	TypeEmitEvent    = "emitEvent"
	TypeExit         = "exit"
)

// memberNext names the node to go on to, for the types that have one way on.
const memberNext = "next"

// nodeTypes are the node types, in the order in which an error names them.
var nodeTypes = []nodeType{
	{TypeEmail, []string{
		memberNext, "template", "subscriptionGroup", "senderProfile", "subject", "onUnsubscribed", "onFailure",
	}, parseEmail},
	{TypeDelay, []string{memberNext, "for", "untilLocal", "untilProperty"}, parseDelay},
	{TypeWaitFor, []string{"branches", "timeout", "timeoutNext", "since", "matchKey"}, parseWait},
	{TypeBranch, []string{"paths", "default"}, parseBranch},
	{TypeRandomCohort, []string{"arms", "sticky"}, parseCohort},
	{TypeSetProperty, []string{memberNext, "set"}, parseSet},
	{TypeEmitEvent, []string{memberNext, "event", "data"}, parseEmit},
	{TypeExit, []string{"reason"}, parseExit},
}

// nodeType is a row of the table.
type nodeType struct {
	name string
	// members are those that a node has beside its id and type, in the order in which an error names them.
	members []string
	// parse reads the members, of which next is read already. It returns nil if it cannot tell where the node leads.
	parse func(o members, n *Node, s Settings) behavior
}

// behavior is what the nodes of one type do. It has no defaults, so that each type decides everything.
type behavior interface {
	// check reports what stands in the way of activation. The edges have a check of their own.
	check(c *checker, n *Node)
	// edges returns the ways on, in declared order.
	edges(n *Node) []Edge
	// arrive is the step of a run that reaches the node.
	arrive(d *Definition, n *Node, in Input) (Effect, error)
	// fire is the step of a run whose timer has come. It returns false if nodes of this type set no timer.
	fire(n *Node) (Effect, bool)
}

// Node is one node. Of the pointers, only its type's is set.
type Node struct {
	ID, Type string
	Next     string // empty for the types that have their own ways on, and for exit
	Reason   string // of an exit

	Email  *EmailNode
	Delay  *Delay
	Wait   *Wait
	Branch *Branch
	Cohort *Cohort

	at       string   // JSON pointer in the document
	behavior behavior // nil if the node cannot be read
}

// Edge is one way on from a node. Label is the branch, path or arm, "default" or
// "timeout", or empty.
type Edge struct {
	Label, To string

	at      string // where the document names To
	when    string // when a run goes this way, to say in an error; empty if nothing need be said
	instant bool   // it may be gone without time passing
}

// Edges are the ways on from the node, in declared order.
func (n *Node) Edges() []Edge {
	if n.behavior == nil {
		return nil
	}
	return n.behavior.edges(n)
}

// onlyNext returns the edges of a node that has one way on.
func (n *Node) onlyNext(instant bool) []Edge {
	return []Edge{{To: n.Next, at: below(n.at, memberNext), instant: instant}}
}

// node reads a node. A way on that is missing is no finding here: a draft may
// have loose ends.
func (p *parser) node(o members, s Settings) *Node {
	n := &Node{at: o.at, ID: o.need("id", "a name for the node, unique in the journey")}
	n.Type, _ = o.raw["type"].(string)
	names := make([]string, len(nodeTypes))
	for i, t := range nodeTypes {
		if t.name == n.Type {
			t.read(o, n, s)
			return n
		}
		names[i] = t.name
	}
	o.add("type", "must be one of %s, not %s", strings.Join(names, ", "), shown(o.raw["type"]))
	return n
}

func (t *nodeType) read(o members, n *Node, s Settings) {
	o.known(append([]string{"id", "type"}, t.members...)...)
	if slices.Contains(t.members, memberNext) {
		n.Next = o.text(memberNext)
	}
	n.behavior = t.parse(o, n, s)
}

func (c *checker) node(n *Node) {
	if n.behavior == nil {
		return
	}
	n.behavior.check(c, n)
	for _, e := range n.behavior.edges(n) {
		c.edge(e)
	}
}

func (c *checker) edge(e Edge) {
	switch {
	case e.To == "" && e.when == "":
		c.add(e.at, "must be the id of the node to go on to; only an exit ends a run")
	case e.To == "":
		c.add(e.at, "must be the id of the node to go on to when %s; it is missing", e.when)
	case c.d.byID[e.To] == nil:
		c.add(e.at, "there is no node %q", e.To)
	}
}

// Arrive is the step of a run that reaches a node.
func (d *Definition) Arrive(node string, in Input) (Effect, error) {
	n := d.byID[node]
	if n == nil {
		return Effect{}, fmt.Errorf("journey %s has no node %q", d.Key, node)
	}
	if n.behavior == nil {
		return Effect{}, fmt.Errorf(
			"journey %s has a node %q that cannot be read; correct the journey and activate it again", d.Key, node)
	}
	effect, err := n.behavior.arrive(d, n, in)
	if err != nil {
		return Effect{}, fmt.Errorf("arrive at node %s of journey %s: %w", n.ID, d.Key, err)
	}
	return effect, nil
}

// Fire is the step of a run whose timer, set when it reached a delay or a
// waitFor, has come.
func (d *Definition) Fire(node string, _ Input) (Effect, error) {
	if n := d.byID[node]; n != nil && n.behavior != nil {
		if effect, timed := n.behavior.fire(n); timed {
			return effect, nil
		}
	}
	return Effect{}, fmt.Errorf("journey %s has no timer at %q", d.Key, node)
}
