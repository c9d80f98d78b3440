package graph

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Box is a box to draw. Its first line is its name.
type Box struct {
	Class string // of the SVG elements
	Lines []Line
}

// Line is a line of a box. If it has a Link, it leads there.
type Line struct{ Class, Text, Link string }

// Arc leads from a box to another one, which are places in the list of boxes.
type Arc struct {
	From, To     int
	Class, Label string
}

// Drawing is a graph, ready to be written as SVG.
type Drawing struct {
	Label         string // what it shows, for those who do not see it
	Width, Height float64
	Boxes         []BoxView
	Arcs          []ArcView
}

// BoxView is a box at its place.
type BoxView struct {
	X, Y, Width, Height float64
	Class               string
	Full                string // everything, for a pointer that rests on it; "" if the lines show it
	Lines               []TextView
}

// ArcView is an arc at its place.
type ArcView struct {
	Class, Path, Arrow, Full string
	Label                    TextView
	X, Y, Width, Height      float64 // the ground of the label
}

// TextView is a line of text at its place.
type TextView struct {
	X, Y        float64
	Class, Text string
	Link        string
}

// The sizes of boxes and texts.
const (
	boxWidth   = 240
	boxInset   = 10
	lineTall   = 18
	letterWide = 7.2
	boxLetters = 31
	labelMost  = 28
	maxPort    = 28
	arrowTall  = 7
	arrowHalf  = 4
	longestTip = 300 // letters
)

// Draw draws boxes and arcs, from top to bottom. It returns nil if the graph is too large.
func Draw(label string, boxes []Box, arcs []Arc) *Drawing {
	p := &plane{}
	for _, box := range boxes {
		tall := float64(len(box.Lines))*lineTall + boxInset
		p.vertices = append(p.vertices, vertex{width: boxWidth, height: tall})
	}
	for _, a := range arcs {
		wide := math.Ceil(float64(letters(shorten(a.Label, labelMost)))*letterWide/2)*2 + boxInset
		p.arcs = append(p.arcs, arc{from: a.From, to: a.To, label: wide})
	}
	if !p.arrange() {
		return nil
	}

	d := &Drawing{Label: label, Width: p.width, Height: p.height}
	for i, box := range boxes {
		d.Boxes = append(d.Boxes, box.at(p.vertices[i]))
	}
	for i, a := range arcs {
		d.Arcs = append(d.Arcs, p.draw(i, a))
	}
	return d
}

// at draws a box at its place.
func (box Box) at(place vertex) BoxView {
	view := BoxView{
		X:      place.x - place.width*halfOf,
		Y:      place.y,
		Width:  place.width,
		Height: place.height,
		Class:  box.Class,
	}
	var full []string
	cut := false
	for i, line := range box.Lines {
		full = append(full, line.Text)
		cut = cut || shorten(line.Text, boxLetters) != line.Text
		view.Lines = append(view.Lines, TextView{
			X:     view.X + boxInset,
			Y:     view.Y + float64(i+1)*lineTall,
			Class: line.Class,
			Text:  shorten(line.Text, boxLetters),
			Link:  line.Link,
		})
	}
	if cut {
		view.Full = shorten(strings.Join(full, "\n"), longestTip)
	}
	return view
}

// draw draws an arc at its place.
func (p *plane) draw(i int, a Arc) ArcView {
	wide, at := p.arcs[i].label, p.vertices[p.arcs[i].labelAt]
	view := ArcView{Class: a.Class, Width: wide, Height: labelTall - 4}
	if text := shorten(a.Label, labelMost); text != a.Label {
		view.Full = shorten(a.Label, longestTip)
	}
	view.X, view.Y = at.x-wide*halfOf, at.y+at.height*halfOf-view.Height*halfOf
	view.Label = TextView{X: at.x, Y: at.y + at.height*halfOf + 4, Text: shorten(a.Label, labelMost)}
	view.Path, view.Arrow = p.route(i)
	return view
}

// route returns the line of an arc and its arrow, as SVG paths.
func (p *plane) route(i int) (line, arrow string) {
	a := p.arcs[i]
	top, bottom := p.vertices[a.top()], p.vertices[a.bottom()]
	x, y := p.port(i, a.top(), true), top.y+top.height
	endX, endY := p.port(i, a.bottom(), false), bottom.y
	if a.reverse {
		arrow = triangle(x, y, 1)
		y += arrowTall
	} else {
		arrow = triangle(endX, endY, -1)
		endY -= arrowTall
	}

	var path strings.Builder
	fmt.Fprintf(&path, "M%g %g", x, y)
	curve := func(toX, toY float64) {
		half := (y + toY) * halfOf
		if x != toX {
			fmt.Fprintf(&path, "C%g %g %g %g %g %g", x, half, toX, half, toX, toY)
		}
		x, y = toX, toY
	}
	for k, bend := range a.bends {
		v := p.vertices[bend]
		curve(v.x, v.y)
		y = v.y + v.height
		if k == len(a.bends)-1 || p.vertices[a.bends[k+1]].x != x {
			fmt.Fprintf(&path, "V%g", y) // as far as the arc is straight
		}
	}
	if endX == x {
		fmt.Fprintf(&path, "V%g", endY)
	}
	curve(endX, endY)
	return path.String(), arrow
}

// triangle returns an arrow that touches a box at a point. It lies below the point if down is 1, above it if -1.
func triangle(x, y, down float64) string {
	base := y + down*arrowTall
	return fmt.Sprintf("M%g %gl%d %gh%dz", x, y, -arrowHalf, base-y, 2*arrowHalf)
}

// port returns where an arc touches a box. The arcs of one side are spread in the order of their first bends.
func (p *plane) port(i, box int, below bool) float64 {
	type touch struct {
		arc int
		x   float64
	}
	var touches []touch
	for k, a := range p.arcs {
		switch {
		case below && a.top() == box:
			touches = append(touches, touch{k, p.vertices[a.bends[0]].x})
		case !below && a.bottom() == box:
			touches = append(touches, touch{k, p.vertices[a.bends[len(a.bends)-1]].x})
		}
	}
	slices.SortStableFunc(touches, func(a, b touch) int { return cmp.Compare(a.x, b.x) })
	at := slices.IndexFunc(touches, func(t touch) bool { return t.arc == i })
	apart := min(maxPort, (boxWidth-2*boxInset)/float64(len(touches)))
	return math.Round(p.vertices[box].x + (float64(at)-float64(len(touches)-1)*halfOf)*apart)
}

// letters returns how many letters wide a text is about.
func letters(text string) (n int) {
	const wide = 0x1100 // letters from here on are mostly wide
	for _, r := range text {
		n++
		if r >= wide && !strings.ContainsRune("✓✗→…“”×–", r) {
			n++
		}
	}
	return n
}

// shorten cuts a text to a width in letters.
func shorten(text string, most int) string {
	if len(text) <= most || letters(text) <= most {
		return text
	}
	wide := 0
	for i, r := range text {
		if wide += letters(string(r)); wide > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}
