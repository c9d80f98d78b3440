package graph

import (
	"cmp"
	"math"
	"slices"
)

// A graph is drawn from top to bottom in layers. Every arc passes a bend in each layer between its ends, and one of
// these bends has the space of its label. So two arcs between the same boxes stay apart, and labels do not overlap.

// vertex is a box or a bend. x is its middle and y its top.
type vertex struct {
	width, height, x, y float64

	layer    int
	up, down []int // vertices of the layers above and below, of bends one each
}

// arc leads from a box to another one.
type arc struct {
	from, to int
	label    float64 // the width of its label

	reverse bool  // it leads upwards
	bends   []int // from top to bottom
	labelAt int   // the bend with the label
}

// plane has the boxes first, in the order in which they are declared, and then the bends.
type plane struct {
	vertices []vertex
	boxes    int
	arcs     []arc
	layers   [][]int // from left to right

	width, height float64
}

// The distances in a drawing, and its limits.
const (
	gapAcross  = 24
	gapDown    = 18
	bendWidth  = 8
	labelTall  = 22
	margin     = 12
	sweeps     = 12
	maxBends   = 4000
	halfOf     = 0.5
	layersEach = 2 // a layer of boxes, and one of bends
)

// arrange computes where everything is. It returns false if the graph is too large to be drawn.
func (p *plane) arrange() bool {
	p.boxes = len(p.vertices)
	p.turnBackArcs()
	p.assignLayers()
	bends := 0
	for _, a := range p.arcs {
		bends += p.vertices[a.bottom()].layer - p.vertices[a.top()].layer
	}
	if bends > maxBends {
		return false
	}
	for i := range p.arcs {
		p.bend(&p.arcs[i])
	}
	p.fillLayers()
	for range sweeps {
		p.order(true)
		p.order(false)
	}
	p.place()
	return true
}

func (a arc) top() int {
	if a.reverse {
		return a.to
	}
	return a.from
}

func (a arc) bottom() int {
	if a.reverse {
		return a.from
	}
	return a.to
}

// turnBackArcs marks the arcs that close a cycle, so that the others have none.
func (p *plane) turnBackArcs() {
	const open, done = 1, 2
	state := make([]int, p.boxes)
	var visit func(box int)
	visit = func(box int) {
		state[box] = open
		for i := range p.arcs {
			a := &p.arcs[i]
			switch {
			case a.from != box:
			case state[a.to] == open:
				a.reverse = true
			case state[a.to] == 0:
				visit(a.to)
			}
		}
		state[box] = done
	}
	for box := range p.boxes {
		if state[box] == 0 {
			visit(box)
		}
	}
}

// assignLayers puts each box below all boxes that lead to it.
func (p *plane) assignLayers() {
	for again := true; again; {
		again = false
		for _, a := range p.arcs {
			below := p.vertices[a.top()].layer + layersEach
			if bottom := &p.vertices[a.bottom()]; bottom.layer < below {
				bottom.layer, again = below, true
			}
		}
	}
}

// bend adds the bends of an arc. The label is next to the box that the arc comes from.
func (p *plane) bend(a *arc) {
	last := a.top()
	for layer := p.vertices[a.top()].layer + 1; layer < p.vertices[a.bottom()].layer; layer++ {
		next := len(p.vertices)
		p.vertices = append(p.vertices, vertex{width: bendWidth, layer: layer})
		p.join(last, next)
		a.bends = append(a.bends, next)
		last = next
	}
	p.join(last, a.bottom())

	a.labelAt = a.bends[0]
	if a.reverse {
		a.labelAt = last
	}
	p.vertices[a.labelAt].width, p.vertices[a.labelAt].height = a.label, labelTall
}

func (p *plane) join(above, below int) {
	p.vertices[above].down = append(p.vertices[above].down, below)
	p.vertices[below].up = append(p.vertices[below].up, above)
}

func (p *plane) fillLayers() {
	for i := range p.vertices {
		for len(p.layers) <= p.vertices[i].layer {
			p.layers = append(p.layers, nil)
		}
		p.layers[p.vertices[i].layer] = append(p.layers[p.vertices[i].layer], i)
	}
	for _, layer := range p.layers {
		p.pack(layer)
	}
}

// order sorts each layer by the middle of the neighbours in the layer before it, so that fewer arcs cross.
func (p *plane) order(downwards bool) {
	for i := range p.layers {
		layer := p.layers[i]
		if !downwards {
			layer = p.layers[len(p.layers)-1-i]
		}
		wanted := map[int]float64{}
		for _, v := range layer {
			near := p.vertices[v].up
			if !downwards {
				near = p.vertices[v].down
			}
			wanted[v] = p.middle(near, p.vertices[v].x)
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(wanted[a], wanted[b]) })
		p.pack(layer)
	}
}

// middle returns the mean place of vertices, or otherwise if there are none.
func (p *plane) middle(vertices []int, otherwise float64) float64 {
	if len(vertices) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, v := range vertices {
		sum += p.vertices[v].x
	}
	return sum / float64(len(vertices))
}

// pack puts the vertices of a layer side by side, with the middle of all at 0.
func (p *plane) pack(layer []int) {
	at := 0.0
	for _, v := range layer {
		p.vertices[v].x = at + p.vertices[v].width*halfOf
		at += p.vertices[v].width + gapAcross
	}
	for _, v := range layer {
		p.vertices[v].x -= (at - gapAcross) * halfOf
	}
}

// place moves every vertex as near to its neighbours as its layer allows.
func (p *plane) place() {
	for sweep := range sweeps {
		for i := range p.layers {
			layer := p.layers[i]
			if sweep%2 == 1 {
				layer = p.layers[len(p.layers)-1-i]
			}
			wanted := make([]float64, len(layer))
			for k, v := range layer {
				wanted[k] = p.middle(p.near(v), p.vertices[v].x)
			}
			p.settle(layer, wanted)
		}
	}

	left, y := 0.0, float64(margin)
	for i, v := range p.vertices {
		if edge := v.x - v.width*halfOf; i == 0 || edge < left {
			left = edge
		}
	}
	for _, layer := range p.layers {
		tall := 0.0
		for _, i := range layer {
			v := &p.vertices[i]
			v.x = math.Round(v.x + margin - left) // whole numbers keep the drawing short
			v.y = y
			tall = max(tall, v.height)
			p.width = max(p.width, v.x+v.width*halfOf+margin)
		}
		for _, i := range layer {
			if i >= p.boxes {
				p.vertices[i].height = tall
			}
		}
		y += tall + gapDown
	}
	p.height = y
}

// near returns the neighbours that a vertex moves to. A bend moves to the other bends of its arc, so that arcs are
// straight.
func (p *plane) near(v int) []int {
	near := slices.Concat(p.vertices[v].up, p.vertices[v].down)
	if v < p.boxes {
		return near
	}
	isBox := func(other int) bool { return other < p.boxes }
	if slices.ContainsFunc(near, func(other int) bool { return !isBox(other) }) {
		return slices.DeleteFunc(near, isBox)
	}
	return near
}

// settle places a layer as near as possible to where its vertices want to be, without overlaps and in its order.
// Vertices that push each other form a block, which is placed at the mean of what its members want.
func (p *plane) settle(layer []int, wanted []float64) {
	type block struct {
		sum   float64
		count int
	}
	mean := func(b block) float64 { return b.sum / float64(b.count) }
	offsets, offset := make([]float64, len(layer)), 0.0
	var blocks []block
	for i, v := range layer {
		if i > 0 {
			offset += (p.vertices[layer[i-1]].width+p.vertices[v].width)*halfOf + gapAcross
		}
		offsets[i] = offset
		blocks = append(blocks, block{wanted[i] - offset, 1})
		for n := len(blocks); n > 1 && mean(blocks[n-2]) > mean(blocks[n-1]); n-- {
			blocks[n-2] = block{blocks[n-2].sum + blocks[n-1].sum, blocks[n-2].count + blocks[n-1].count}
			blocks = blocks[:n-1]
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			p.vertices[layer[i]].x = mean(b) + offsets[i]
			i++
		}
	}
}
