package journey

import (
	"slices"
	"strings"
)

// graph checks the nodes as a whole. It reports nodes that no run can reach, and
// cycles in which no time passes.
func (c *checker) graph(d *Definition) {
	if d.partial {
		return
	}
	c.unreachable(d)
	c.cycles(d)
}

func (c *checker) unreachable(d *Definition) {
	start := d.byID[d.Start]
	if start == nil {
		return
	}

	reached := map[*Node]bool{start: true}
	for queue := []*Node{start}; len(queue) > 0; queue = queue[1:] {
		for _, edge := range queue[0].Edges() {
			if next := d.byID[edge.To]; next != nil && !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}

	for _, n := range d.Nodes {
		if !reached[n] && d.byID[n.ID] == n {
			c.add(n.at, "node %q cannot be reached from %q, where runs begin", n.ID, d.Start)
		}
	}
}

// cycles reports a cycle once, at the first of its nodes.
func (c *checker) cycles(d *Definition) {
	graph := d.instantGraph()
	reported := map[int]bool{}
	for i, n := range graph.nodes {
		if reported[i] {
			continue
		}
		cycle := graph.cycle(i)
		if cycle == nil {
			continue
		}

		ids := make([]string, 0, len(cycle)+1)
		for _, each := range cycle {
			reported[each] = true
			ids = append(ids, graph.nodes[each].ID)
		}
		c.add(n.at, "is part of a cycle that a run could walk without time passing and without an event: %s; "+
			"add a delay with for or untilLocal, or a waitFor that ends by an event",
			strings.Join(append(ids, n.ID), " → "))
	}
}

// instantGraph is the graph of the instant edges. A run may take those without the
// clock moving and without an event from outside.
type instantGraph struct {
	nodes []*Node
	next  [][]int // for each node, the indexes of its next nodes
}

func (d *Definition) instantGraph() instantGraph {
	graph := instantGraph{}
	places := map[*Node]int{}
	for _, n := range d.Nodes {
		if d.byID[n.ID] == n {
			places[n] = len(graph.nodes)
			graph.nodes = append(graph.nodes, n)
		}
	}

	graph.next = make([][]int, len(graph.nodes))
	for i, n := range graph.nodes {
		for _, edge := range n.Edges() {
			if to := d.byID[edge.To]; to != nil && edge.instant {
				graph.next[i] = append(graph.next[i], places[to])
			}
		}
	}
	return graph
}

// cycle returns the shortest path from a node back to it, nil if there is none.
func (graph instantGraph) cycle(from int) []int {
	before := make([]int, len(graph.nodes)) // index+1 of the node before; 0 if not reached
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range graph.next[queue[0]] {
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
	cycle := []int{from}
	for at := before[from] - 1; at != from; at = before[at] - 1 {
		cycle = append(cycle, at)
	}
	slices.Reverse(cycle[1:])
	return cycle
}
