package journey

import (
	"slices"
	"strings"
)

// graph checks what only the whole shows: what is never reached, and circles in
// which no time passes.
func (c *checker) graph(d *Definition) {
	if d.partial {
		return
	}
	c.unreachable(d)
	c.circles(d)
}

func (c *checker) unreachable(d *Definition) {
	start := d.byID[d.Start]
	if start == nil {
		return
	}
	reached := map[*Node]bool{start: true}
	for queue := []*Node{start}; len(queue) > 0; queue = queue[1:] {
		for _, e := range queue[0].Edges() {
			if next := d.byID[e.To]; next != nil && !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	for _, n := range d.Nodes {
		if !reached[n] && d.byID[n.ID] == n {
			c.add(n.at, "no way leads from %q to node %q", d.Start, n.ID)
		}
	}
}

// circles reports a circle once, at the first of its nodes.
func (c *checker) circles(d *Definition) {
	ways := d.instantWays()
	reported := map[int]bool{}
	for i, n := range ways.nodes {
		if reported[i] {
			continue
		}
		circle := ways.circle(i)
		if circle == nil {
			continue
		}
		ids := make([]string, 0, len(circle)+1)
		for _, each := range circle {
			reported[each] = true
			ids = append(ids, ways.nodes[each].ID)
		}
		c.add(n.at, "runs in a circle in which no time need pass and nothing need happen: %s; "+
			"put a delay with for or untilLocal in it, or a waitFor that goes on by an event",
			strings.Join(append(ids, n.ID), " → "))
	}
}

// instantWays are the nodes with the ways that a run may go without the clock
// moving and without an event from outside.
type instantWays struct {
	nodes []*Node
	next  [][]int // by the node's place, places
}

func (d *Definition) instantWays() instantWays {
	w := instantWays{}
	places := map[*Node]int{}
	for _, n := range d.Nodes {
		if d.byID[n.ID] == n {
			places[n] = len(w.nodes)
			w.nodes = append(w.nodes, n)
		}
	}
	w.next = make([][]int, len(w.nodes))
	for i, n := range w.nodes {
		for _, e := range n.Edges() {
			if to := d.byID[e.To]; to != nil && e.instant {
				w.next[i] = append(w.next[i], places[to])
			}
		}
	}
	return w
}

// circle returns the shortest way from a node back to it, nil if there is none.
func (w instantWays) circle(from int) []int {
	before := make([]int, len(w.nodes)) // place+1, 0 for a node that is not reached
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range w.next[queue[0]] {
			if before[to] != 0 {
				continue
			}
			before[to] = queue[0] + 1
			if to == from {
				return trail(before, from)
			}
			queue = append(queue, to)
		}
	}
	return nil
}

func trail(before []int, from int) []int {
	circle := []int{from}
	for at := before[from] - 1; at != from; at = before[at] - 1 {
		circle = append(circle, at)
	}
	slices.Reverse(circle[1:])
	return circle
}
