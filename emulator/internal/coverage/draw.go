package coverage

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
)

// sketch collects the boxes and arcs of a version.
type sketch struct {
	boxes  []graph.Box
	arcs   []graph.Arc
	places map[string]int // of the nodes among the boxes
}

// draw draws a version. It returns nil if the graph is too large.
func draw(j Journey) *graph.Drawing {
	s := &sketch{places: map[string]int{}}
	s.box(Part{Count: j.Runs}, "entry", j.Entry, insideOf(j, PartSkip))
	if rules := insideOf(j, PartExitRule); len(rules) > 0 {
		all := Part{}
		for _, rule := range rules {
			all.Count += rule.Count
		}
		s.box(all, "exit rules", "from any node", rules)
	}
	for _, part := range j.Parts {
		if part.Kind == PartNode {
			s.places[part.Node] = len(s.boxes)
			about := strings.TrimSpace(part.Name + " " + part.Detail)
			s.box(part, part.Node, about+" · "+part.state(), linesOf(j, part.Node))
		}
	}
	if start, ok := s.places[j.Start]; ok {
		s.arc(0, start, Part{Name: "runs", Count: j.Runs})
	}
	for _, part := range j.Parts {
		to, known := s.places[part.To]
		if part.Kind == PartBranch && known && part.To != part.Node {
			s.arc(s.places[part.Node], to, part)
		}
	}
	return graph.Draw("The table below describes this graph.", s.boxes, s.arcs)
}

// insideOf returns the parts of a kind that belong to no node.
func insideOf(j Journey, kind string) (parts []Part) {
	for _, part := range j.Parts {
		if part.Kind == kind && part.Node == "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// linesOf returns the parts that are written inside the box of a node: its skips, and the branches that lead to no
// other box.
func linesOf(j Journey, node string) (lines []Part) {
	for _, part := range j.Parts {
		inside := part.Kind == PartSkip || part.Kind == PartBranch && (part.To == "" || part.To == node)
		if part.Node == node && inside {
			lines = append(lines, part)
		}
	}
	return lines
}

// box adds a box: its name and its mark, what it does, and a line for each of the parts inside.
func (s *sketch) box(part Part, title, about string, inside []Part) {
	box := graph.Box{Class: part.class(), Lines: []graph.Line{
		{Class: "name", Text: part.mark() + " " + printable(title)},
		{Class: "quiet", Text: printable(about)},
	}}
	for _, each := range inside {
		box.Lines = append(box.Lines, graph.Line{Class: each.class(), Text: each.short(each.Name + each.target())})
	}
	s.boxes = append(s.boxes, box)
}

// short is the text of a part in a drawing: its mark, its name and its count.
func (p Part) short(name string) string {
	text := p.mark() + " " + printable(name)
	if p.Kind == PartSkip {
		text = p.mark() + " skipped: " + printable(name)
	}
	if p.Count > 0 {
		text += " " + p.state()
	}
	return text
}

func (s *sketch) arc(from, to int, part Part) {
	s.arcs = append(s.arcs, graph.Arc{From: from, To: to, Class: part.class(), Label: part.short(part.Name)})
}
