// Package walk says how runs go through a version of a Journey: how often they have come to its nodes and left them on
// each way, and where one run has been. It also draws that.
package walk

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// Node is a node with what happens at it.
type Node struct {
	Number       int
	ID, Type     string
	Words        cond.Phrase
	Template     string // the key or id of its Template
	Passed, Here int    // how often runs have come to it, and how many are there now
	Ways         []Way
	Walked, Last bool // the run of the trail has come to it, and is there now

	Place, Runs string // the caller sets where the node and the runs that are there now are shown
}

// Way is a way on which runs leave a node.
type Way struct {
	Name, To  string // To is the next node, "" ends the run
	Count     int
	Skip      bool // the node's email was not sent
	Uncounted bool
	Walked    bool
}

// Label is the way in a few words.
func (way Way) Label() string {
	name := way.Name
	if way.Skip {
		name = "skipped: " + name
	}
	if way.Count > 0 {
		name += " " + format.Count(way.Count) + "×"
	}
	return name
}

// Trail is where a run has been. A nil Trail is that of no run.
type Trail struct {
	at    string
	nodes map[string]bool
	ways  []step
}

type step struct{ node, outcome, to string }

// NewTrail returns the trail of a run that is at a node, or has ended there.
func NewTrail(at string) *Trail { return &Trail{at: at, nodes: map[string]bool{at: true}} }

// Add adds that the run has left a node with an outcome. To is the next node, "" if the run has ended.
func (t *Trail) Add(node, outcome, to string) {
	t.nodes[node] = true
	t.ways = append(t.ways, step{node, outcome, to})
}

// has reports whether the run has come to a node, and whether it is there now.
func (t *Trail) has(node string) (walked, last bool) {
	if t == nil {
		return false, false
	}
	return t.nodes[node], t.at == node
}

// walked reports whether the run has left a node on a way.
func (t *Trail) walked(node string, way Way) bool {
	if t == nil {
		return false
	}
	return slices.ContainsFunc(t.ways, func(s step) bool {
		return s.node == node && s.to == way.To && way.has(s.outcome)
	})
}

// has reports whether an outcome can be that of the way. Skips are named by the class of their reason. A way that has
// no name of its own is known by where it leads.
func (way Way) has(outcome string) bool {
	if way.Skip {
		reason, skipped := strings.CutPrefix(outcome, "skipped: ")
		return skipped && journey.SkipClass(reason) == way.Name
	}
	return outcome == way.Name || way.Name == "next" || way.Name == "failed" && strings.HasPrefix(outcome, "failed")
}

// Nodes returns the nodes of a version in the order in which they are declared. here has the number of runs that are
// now at each.
func Nodes(d *journey.Definition, reached *coverage.Journey, here map[string]int, trail *Trail) (nodes []Node) {
	for _, part := range reached.Parts {
		switch {
		case part.Kind == coverage.PartNode:
			node := Node{
				Number: len(nodes) + 1,
				ID:     part.Node,
				Type:   part.Name,
				Words:  d.Node(part.Node).Words(),
				Passed: part.Count,
				Here:   here[part.Node],
			}
			if email := d.Node(part.Node).Email; email != nil {
				node.Template = email.Template
			}
			node.Walked, node.Last = trail.has(part.Node)
			nodes = append(nodes, node)
		case part.Node != "": // it follows its node
			way := Way{
				Name:      part.Name,
				To:        part.To,
				Count:     part.Count,
				Skip:      part.Kind == coverage.PartSkip,
				Uncounted: part.Uncounted,
			}
			way.Walked = trail.walked(part.Node, way)
			last := &nodes[len(nodes)-1]
			last.Ways = append(last.Ways, way)
		}
	}
	return nodes
}
