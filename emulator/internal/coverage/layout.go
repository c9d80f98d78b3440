package coverage

import (
	"cmp"
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

// graph has the boxes first, in the order in which they are declared, and then the bends.
type graph struct {
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
func (g *graph) arrange() bool {
	g.boxes = len(g.vertices)
	g.turnBackArcs()
	g.assignLayers()
	bends := 0
	for _, a := range g.arcs {
		bends += g.vertices[a.bottom()].layer - g.vertices[a.top()].layer
	}
	if bends > maxBends {
		return false
	}
	for i := range g.arcs {
		g.bend(&g.arcs[i])
	}
	g.fillLayers()
	for range sweeps {
		g.order(true)
		g.order(false)
	}
	g.place()
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
func (g *graph) turnBackArcs() {
	const open, done = 1, 2
	state := make([]int, g.boxes)
	var visit func(box int)
	visit = func(box int) {
		state[box] = open
		for i := range g.arcs {
			a := &g.arcs[i]
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
	for box := range g.boxes {
		if state[box] == 0 {
			visit(box)
		}
	}
}

// assignLayers puts each box below all boxes that lead to it.
func (g *graph) assignLayers() {
	for again := true; again; {
		again = false
		for _, a := range g.arcs {
			below := g.vertices[a.top()].layer + layersEach
			if bottom := &g.vertices[a.bottom()]; bottom.layer < below {
				bottom.layer, again = below, true
			}
		}
	}
}

// bend adds the bends of an arc. The label is next to the box that the arc comes from.
func (g *graph) bend(a *arc) {
	last := a.top()
	for layer := g.vertices[a.top()].layer + 1; layer < g.vertices[a.bottom()].layer; layer++ {
		next := len(g.vertices)
		g.vertices = append(g.vertices, vertex{width: bendWidth, layer: layer})
		g.join(last, next)
		a.bends = append(a.bends, next)
		last = next
	}
	g.join(last, a.bottom())

	a.labelAt = a.bends[0]
	if a.reverse {
		a.labelAt = last
	}
	g.vertices[a.labelAt].width, g.vertices[a.labelAt].height = a.label, labelTall
}

func (g *graph) join(above, below int) {
	g.vertices[above].down = append(g.vertices[above].down, below)
	g.vertices[below].up = append(g.vertices[below].up, above)
}

func (g *graph) fillLayers() {
	for i := range g.vertices {
		for len(g.layers) <= g.vertices[i].layer {
			g.layers = append(g.layers, nil)
		}
		g.layers[g.vertices[i].layer] = append(g.layers[g.vertices[i].layer], i)
	}
	for _, layer := range g.layers {
		g.pack(layer)
	}
}

// order sorts each layer by the middle of the neighbours in the layer before it, so that fewer arcs cross.
func (g *graph) order(downwards bool) {
	for i := range g.layers {
		layer := g.layers[i]
		if !downwards {
			layer = g.layers[len(g.layers)-1-i]
		}
		wanted := map[int]float64{}
		for _, v := range layer {
			near := g.vertices[v].up
			if !downwards {
				near = g.vertices[v].down
			}
			wanted[v] = g.middle(near, g.vertices[v].x)
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(wanted[a], wanted[b]) })
		g.pack(layer)
	}
}

// middle returns the mean place of vertices, or otherwise if there are none.
func (g *graph) middle(vertices []int, otherwise float64) float64 {
	if len(vertices) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, v := range vertices {
		sum += g.vertices[v].x
	}
	return sum / float64(len(vertices))
}

// pack puts the vertices of a layer side by side, with the middle of all at 0.
func (g *graph) pack(layer []int) {
	at := 0.0
	for _, v := range layer {
		g.vertices[v].x = at + g.vertices[v].width*halfOf
		at += g.vertices[v].width + gapAcross
	}
	for _, v := range layer {
		g.vertices[v].x -= (at - gapAcross) * halfOf
	}
}

// place moves every vertex as near to its neighbours as its layer allows.
func (g *graph) place() {
	for sweep := range sweeps {
		for i := range g.layers {
			layer := g.layers[i]
			if sweep%2 == 1 {
				layer = g.layers[len(g.layers)-1-i]
			}
			wanted := make([]float64, len(layer))
			for k, v := range layer {
				wanted[k] = g.middle(g.near(v), g.vertices[v].x)
			}
			g.settle(layer, wanted)
		}
	}

	left, y := 0.0, float64(margin)
	for i, v := range g.vertices {
		if edge := v.x - v.width*halfOf; i == 0 || edge < left {
			left = edge
		}
	}
	for _, layer := range g.layers {
		tall := 0.0
		for _, i := range layer {
			v := &g.vertices[i]
			v.x += margin - left
			v.y = y
			tall = max(tall, v.height)
			g.width = max(g.width, v.x+v.width*halfOf+margin)
		}
		for _, i := range layer {
			if i >= g.boxes {
				g.vertices[i].height = tall
			}
		}
		y += tall + gapDown
	}
	g.height = y
}

// near returns the neighbours that a vertex moves to. A bend moves to the other bends of its arc, so that arcs are
// straight.
func (g *graph) near(v int) []int {
	near := slices.Concat(g.vertices[v].up, g.vertices[v].down)
	if v < g.boxes {
		return near
	}
	isBox := func(other int) bool { return other < g.boxes }
	if slices.ContainsFunc(near, func(other int) bool { return !isBox(other) }) {
		return slices.DeleteFunc(near, isBox)
	}
	return near
}

// settle places a layer as near as possible to where its vertices want to be, without overlaps and in its order.
// Vertices that push each other form a block, which is placed at the mean of what its members want.
func (g *graph) settle(layer []int, wanted []float64) {
	type block struct {
		sum   float64
		count int
	}
	mean := func(b block) float64 { return b.sum / float64(b.count) }
	offsets, offset := make([]float64, len(layer)), 0.0
	var blocks []block
	for i, v := range layer {
		if i > 0 {
			offset += (g.vertices[layer[i-1]].width+g.vertices[v].width)*halfOf + gapAcross
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
			g.vertices[layer[i]].x = mean(b) + offsets[i]
			i++
		}
	}
}
