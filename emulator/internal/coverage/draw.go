package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// drawing is the graph of a version, ready to be written as SVG.
type drawing struct {
	Width, Height float64
	Boxes         []boxView
	Arcs          []arcView
}

// boxView is a node, or the entry. The other lines are its skips.
type boxView struct {
	X, Y, Width, Height float64
	Class               string
	Full                string // everything, for a pointer that rests on it
	Lines               []textView
}

type arcView struct {
	Class, Path, Arrow, Full string
	Label                    textView
	X, Y, Width, Height      float64 // the ground of the label
}

type textView struct {
	X, Y  float64
	Class string
	Text  string
}

// The sizes of boxes and texts.
const (
	boxWidth   = 240
	boxInset   = 10
	lineTall   = 18
	letterWide = 7.2
	boxLetters = 32
	labelMost  = 28
	maxPort    = 28
	arrowTall  = 7
	arrowHalf  = 4
)

// sketch collects the boxes and arcs of a version.
type sketch struct {
	graph   graph
	boxes   []boxView
	classes []string // of the arcs
	labels  []string
	places  map[string]int // of the nodes among the boxes
}

// draw draws a version. It returns nil if the graph is too large.
func draw(j Journey) *drawing {
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
	if !s.graph.arrange() {
		return nil
	}
	return s.finish()
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
	box := boxView{Width: boxWidth, Class: part.class()}
	full := []string{}
	add := func(class, text string) {
		y := float64(len(box.Lines)+1) * lineTall
		box.Lines = append(box.Lines, textView{boxInset, y, class, shorten(text, boxLetters)})
		full = append(full, text)
	}
	add("name", part.mark()+" "+printable(title))
	add("quiet", printable(about))
	for _, each := range inside {
		add(each.class(), each.short(each.Name+each.target()))
	}
	box.Height = float64(len(box.Lines))*lineTall + boxInset
	box.Full = strings.Join(full, "\n")
	s.boxes = append(s.boxes, box)
	s.graph.vertices = append(s.graph.vertices, vertex{width: box.Width, height: box.Height})
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
	label := part.short(part.Name)
	s.labels, s.classes = append(s.labels, label), append(s.classes, part.class())
	wide := float64(letters(shorten(label, labelMost)))*letterWide + boxInset
	s.graph.arcs = append(s.graph.arcs, arc{from: from, to: to, label: wide})
}

// finish turns the arranged graph into a drawing.
func (s *sketch) finish() *drawing {
	g := &s.graph
	d := &drawing{Width: g.width, Height: g.height}
	for i, box := range s.boxes {
		box.X, box.Y = g.vertices[i].x-box.Width*halfOf, g.vertices[i].y
		for k := range box.Lines {
			box.Lines[k].X += box.X
			box.Lines[k].Y += box.Y
		}
		d.Boxes = append(d.Boxes, box)
	}
	for i, a := range g.arcs {
		at := g.vertices[a.labelAt]
		view := arcView{Class: s.classes[i], Full: s.labels[i], Width: a.label, Height: labelTall - 4}
		view.X, view.Y = at.x-a.label*halfOf, at.y+at.height*halfOf-view.Height*halfOf
		view.Label = textView{at.x, at.y + at.height*halfOf + 4, "label", shorten(s.labels[i], labelMost)}
		view.Path, view.Arrow = g.route(i)
		d.Arcs = append(d.Arcs, view)
	}
	return d
}

// route returns the line of an arc and its arrow, as SVG paths.
func (g *graph) route(i int) (line, arrow string) {
	a := g.arcs[i]
	top, bottom := g.vertices[a.top()], g.vertices[a.bottom()]
	x, y := g.port(i, a.top(), true), top.y+top.height
	endX, endY := g.port(i, a.bottom(), false), bottom.y
	if a.reverse {
		arrow = triangle(x, y, 1)
		y += arrowTall
	} else {
		arrow = triangle(endX, endY, -1)
		endY -= arrowTall
	}

	var path strings.Builder
	fmt.Fprintf(&path, "M%.1f %.1f", x, y)
	curve := func(toX, toY float64) {
		half := (y + toY) * halfOf
		fmt.Fprintf(&path, " C%.1f %.1f %.1f %.1f %.1f %.1f", x, half, toX, half, toX, toY)
		x, y = toX, toY
	}
	for _, bend := range a.bends {
		v := g.vertices[bend]
		curve(v.x, v.y)
		y = v.y + v.height
		fmt.Fprintf(&path, " L%.1f %.1f", x, y)
	}
	curve(endX, endY)
	return path.String(), arrow
}

// triangle returns an arrow that touches a box at a point. It lies below the point if down is 1, above it if -1.
func triangle(x, y, down float64) string {
	base := y + down*arrowTall
	return fmt.Sprintf("M%.1f %.1f L%.1f %.1f L%.1f %.1f Z", x, y, x-arrowHalf, base, x+arrowHalf, base)
}

// port returns where an arc touches a box. The arcs of one side are spread in the order of their first bends.
func (g *graph) port(i, box int, below bool) float64 {
	type touch struct {
		arc int
		x   float64
	}
	var touches []touch
	for k, a := range g.arcs {
		switch {
		case below && a.top() == box:
			touches = append(touches, touch{k, g.vertices[a.bends[0]].x})
		case !below && a.bottom() == box:
			touches = append(touches, touch{k, g.vertices[a.bends[len(a.bends)-1]].x})
		}
	}
	slices.SortStableFunc(touches, func(a, b touch) int { return cmp.Compare(a.x, b.x) })
	at := slices.IndexFunc(touches, func(t touch) bool { return t.arc == i })
	apart := min(maxPort, (boxWidth-2*boxInset)/float64(len(touches)))
	return g.vertices[box].x + (float64(at)-float64(len(touches)-1)*halfOf)*apart
}

// letters returns how many letters wide a text is about.
func letters(text string) (n int) {
	const wide = 0x1100 // letters from here on are mostly wide
	for _, r := range text {
		n++
		if r >= wide && r != '✓' && r != '✗' && r != '→' && r != '…' {
			n++
		}
	}
	return n
}

// shorten cuts a text to a width in letters.
func shorten(text string, most int) string {
	if letters(text) <= most {
		return text
	}
	runes := []rune(text)
	for letters(string(runes)) > most-1 {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
