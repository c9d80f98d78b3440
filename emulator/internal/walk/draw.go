package walk

import (
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
)

// class says how to draw what runs have come to, or the run of the trail.
func (t *Trail) class(n int, walked, uncounted bool) string {
	switch {
	case t != nil && walked:
		return "walked"
	case t != nil:
		return "plain"
	case n > 0:
		return "reached"
	case uncounted:
		return "uncounted"
	}
	return "missed"
}

// Draw draws the nodes of a version. It returns nil if the graph is too large for a page.
func Draw(reached *coverage.Journey, nodes []Node, trail *Trail) *graph.Drawing {
	const most = 235_000 // bytes
	entry := graph.Box{Class: trail.class(reached.Runs, true, false), Lines: []graph.Line{
		{Class: "name", Text: "entry"},
		{Class: "quiet", Text: reached.Entry},
		{Class: "quiet", Text: format.Plural(reached.Runs, "run", "runs")},
	}}
	boxes, arcs := []graph.Box{entry}, []graph.Arc{}
	boxOf := func(id string) int {
		return slices.IndexFunc(nodes, func(n Node) bool { return n.ID == id }) + 1
	}
	if to := boxOf(reached.Start); to > 0 {
		arcs = append(arcs, graph.Arc{From: 0, To: to, Class: trail.class(reached.Runs, true, false)})
	}
	for i, node := range nodes {
		box := trail.box(node)
		for _, way := range node.Ways {
			class := trail.class(way.Count, way.Walked, way.Uncounted || way.Skip)
			if to := boxOf(way.To); !way.Skip && to > 0 && way.To != node.ID {
				arcs = append(arcs, graph.Arc{From: i + 1, To: to, Class: class, Label: way.Label()})
				continue
			}
			if class == "plain" {
				class = "quiet"
			}
			box.Lines = append(box.Lines, graph.Line{Class: class, Text: insideLabel(node, way)})
		}
		boxes = append(boxes, box)
	}
	drawing := graph.Draw("The graph of the Journey. The list of nodes says the same.", boxes, arcs)
	if drawing == nil || drawing.Size() > most {
		return nil
	}
	return drawing
}

// insideLabel is a way that leads to no other box.
func insideLabel(node Node, way Way) string {
	switch way.To {
	case node.ID:
		return "↺ " + way.Label()
	case "":
		return way.Label() + ", ends the run"
	}
	return way.Label()
}

func (t *Trail) box(node Node) graph.Box {
	name := node.ID
	if node.Last {
		name = "● " + name
	}
	counts := "reached " + format.Count(node.Passed) + "×"
	if node.Passed == 0 {
		counts = "never reached"
	}
	line := graph.Line{Class: "quiet", Text: counts}
	if node.Here > 0 {
		line = graph.Line{Text: counts + ", " + format.Plural(node.Here, "is", "are") + " here", Link: node.Runs}
	}
	return graph.Box{Class: t.class(node.Passed, node.Walked, false), Lines: []graph.Line{
		{Class: "name", Text: strconv.Itoa(node.Number) + " " + name, Link: node.Place},
		{Class: "quiet", Text: node.Type + " · " + node.Words.Text},
		line,
	}}
}
