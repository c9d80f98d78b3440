package journey

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Check returns everything that prevents activation. Pointers are relative to the
// document. Findings in the head come first, then those of each node, then those
// of the graph.
func (d *Definition) Check(refs Refs) []cond.Finding {
	c := &checker{refs: refs, entryKey: d.Entry.Key}
	c.head(d)
	c.unique("node", len(d.Nodes), func(i int) (string, string) { return d.Nodes[i].ID, d.Nodes[i].at })
	for _, n := range d.Nodes {
		c.node(d, n)
	}
	c.graph(d)
	return c.findings
}

func (c *checker) head(d *Definition) {
	c.entry(d.Entry)
	c.condition(d.Audience, "/audience")
	c.unique("exit rule", len(d.ExitOn), func(i int) (string, string) { return d.ExitOn[i].ID, cond.Nth("/exitOn", i) })
	for i, r := range d.ExitOn {
		at := cond.Nth("/exitOn", i)
		c.matchKey(r.MatchKey, at)
		c.condition(r.Filter, at+"/filter")
		c.condition(r.Condition, at+"/condition")
	}

	switch {
	case d.Start == "":
		c.add("/start", "must be the id of the node where runs begin; it is missing")
	case d.byID[d.Start] == nil:
		c.add("/start", "there is no node %q", d.Start)
	}
	if len(d.Nodes) == 0 {
		c.add("/nodes", "must have at least one node")
	}
}

func (c *checker) node(d *Definition, n *Node) {
	if n.behavior == nil {
		return
	}
	n.behavior.check(c, n)
	for _, edge := range n.behavior.edges(n) {
		c.edge(d, edge)
	}
}

func (c *checker) edge(d *Definition, edge Edge) {
	switch {
	case edge.To == "" && edge.when == "":
		c.add(edge.at, "must be the id of the next node; only an exit ends a run")
	case edge.To == "":
		c.add(edge.at, "must be the id of the next node when %s; it is missing", edge.when)
	case d.byID[edge.To] == nil:
		c.add(edge.at, "there is no node %q", edge.To)
	}
}
