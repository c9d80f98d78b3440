package journey

import (
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
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
	// members are the members of a node besides its id and type, in the order in which
	// an error names them.
	members []string
	// parse reads the members; next is read already. It returns nil if the next nodes
	// are unclear.
	parse func(o members, n *Node, settings Settings) behavior
}

// node reads a node. A missing next node is not a finding here, because a draft may
// be incomplete.
func (p *parser) node(o members, settings Settings) *Node {
	n := &Node{at: o.at, ID: o.required("id", "a name for the node, unique in the journey")}
	n.Type, _ = o.raw["type"].(string)
	names := make([]string, len(nodeTypes))
	for i, row := range nodeTypes {
		if row.name == n.Type {
			row.read(o, n, settings)
			return n
		}
		names[i] = row.name
	}
	o.add("type", "must be one of %s, not %s", strings.Join(names, ", "), describe(o.raw["type"]))
	return n
}

func (row *nodeType) read(o members, n *Node, settings Settings) {
	o.allow(append([]string{"id", "type"}, row.members...)...)
	if slices.Contains(row.members, memberNext) {
		n.Next = o.text(memberNext)
	}
	n.behavior = row.parse(o, n, settings)
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
	if effect.Until.After(cond.LastInstant) {
		return Effect{End: &End{Status: Failed, Error: "node " + n.ID + " would wait beyond the year 9999"}}, nil
	}
	return effect, nil
}

// ReadsState reports whether the arrival at a node may read the Profile or the data of
// the run.
func (d *Definition) ReadsState(node string) bool {
	n := d.byID[node]
	if n == nil {
		return false
	}
	switch behavior := n.behavior.(type) {
	case exitNode, *Cohort:
		return false
	case *Delay:
		return behavior.Local != nil || behavior.Property != nil
	}
	return true
}

// Fire is the step of a run whose timer fires. The timer was set when the run
// reached a delay or a waitFor.
func (d *Definition) Fire(node string) (Effect, error) {
	if n := d.byID[node]; n != nil && n.behavior != nil {
		if effect, timed := n.behavior.fire(n); timed {
			return effect, nil
		}
	}
	return Effect{}, fmt.Errorf("journey %s has no timer at %q", d.Key, node)
}
