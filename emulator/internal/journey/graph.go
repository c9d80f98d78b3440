package journey

import (
	"slices"
	"strings"
)

// graph checks what only the whole shows: what is never reached, and circles in
// which no time passes.
func (c *checker) graph() {
	if c.d.partial {
		return
	}
	c.unreachable()
	c.circles()
}

func (c *checker) unreachable() {
	start := c.d.byID[c.d.Start]
	if start == nil {
		return
	}
	reached := map[*Node]bool{start: true}
	for queue := []*Node{start}; len(queue) > 0; queue = queue[1:] {
		for _, e := range queue[0].Edges() {
			if next := c.d.byID[e.To]; next != nil && !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	for _, n := range c.d.Nodes {
		if !reached[n] && c.d.byID[n.ID] == n {
			c.add(n.at, "no way leads from %q to node %q", c.d.Start, n.ID)
		}
	}
}

// circles reports a circle once, at the first of its nodes.
func (c *checker) circles() {
	reported := map[*Node]bool{}
	for _, n := range c.d.Nodes {
		if reported[n] || c.d.byID[n.ID] != n {
			continue
		}
		circle := c.circle(n)
		if circle == nil {
			continue
		}
		ids := make([]string, 0, len(circle)+1)
		for _, each := range circle {
			reported[each] = true
			ids = append(ids, each.ID)
		}
		c.add(n.at, "runs in a circle in which no time need pass: %s; put a delay in it (one until a property must exit when that is missing or past)",
			strings.Join(append(ids, n.ID), " → "))
	}
}

// circle is the shortest instant way from a node back to it, nil when there is
// none.
func (c *checker) circle(from *Node) []*Node {
	before := map[*Node]*Node{}
	for queue := []*Node{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, e := range at.Edges() {
			next := c.d.byID[e.To]
			if next == nil || !e.instant || before[next] != nil {
				continue
			}
			before[next] = at
			if next == from {
				return trail(before, from)
			}
			queue = append(queue, next)
		}
	}
	return nil
}

func trail(before map[*Node]*Node, from *Node) []*Node {
	circle := []*Node{from}
	for at := before[from]; at != from; at = before[at] {
		circle = append(circle, at)
	}
	slices.Reverse(circle[1:])
	return circle
}
