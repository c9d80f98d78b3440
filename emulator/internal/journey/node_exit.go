package journey

import "github.com/segmentflow/segmentflow-go/emulator/internal/cond"

// exitNode completes the run. The run's reason is the node's, if it has one.
type exitNode struct{}

// outcomeExit is the outcome of an exit without a reason.
const outcomeExit = "exit"

func parseExit(o members, n *Node, _ Settings) behavior {
	n.Reason = o.text("reason")
	return exitNode{}
}

func (exitNode) check(*checker, *Node) {}

func (exitNode) edges(*Node) []Edge { return nil }

func (exitNode) arrive(_ *Definition, n *Node, _ Input) (Effect, error) {
	outcome := n.Reason
	if outcome == "" {
		outcome = outcomeExit
	}
	return Effect{Outcome: outcome, End: &End{Status: Completed, Reason: n.Reason}}, nil
}

func (exitNode) fire(*Node) (Effect, bool) { return Effect{}, false }

func (exitNode) words(n *Node) cond.Phrase {
	if n.Reason == "" {
		return sentence("ends the run")
	}
	return sentence("ends the run with the reason %s", cond.Quote(n.Reason))
}
