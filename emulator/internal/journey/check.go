package journey

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Refs answers for what a definition refers to by id or key. OK is false when
// there is no such thing.
type Refs interface {
	// Template gives its purpose, whether it is active (not archived), and whether
	// the sender it names by itself may send.
	Template(ref string) (purpose string, active, senderVerified, ok bool)
	SubscriptionGroup(ref string) bool
	// Segment returns how large its condition is.
	Segment(ref string) (size cond.Size, ok bool)
	SenderProfile(ref string) (verified, ok bool)
}

// checker collects what stands in the way of activation.
type checker struct {
	parser

	d    *Definition
	refs Refs
}

// Check says everything that stands in the way of activation, by pointers
// relative to the document: in the head, then node by node, then in the graph.
func (d *Definition) Check(refs Refs) []cond.Finding {
	c := &checker{d: d, refs: refs}
	c.head()
	c.unique("node", len(d.Nodes), func(i int) (string, string) { return d.Nodes[i].ID, d.Nodes[i].at })
	for _, n := range d.Nodes {
		c.node(n)
	}
	c.graph()
	return c.findings
}

func (c *checker) head() {
	d := c.d
	c.entry()
	c.condition(d.Audience, "/audience")
	c.unique("exit rule", len(d.ExitOn), func(i int) (string, string) { return d.ExitOn[i].ID, nth("/exitOn", i) })
	for i, r := range d.ExitOn {
		at := nth("/exitOn", i)
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

func (c *checker) matchKey(wanted bool, at string) {
	key := c.d.Entry.Key
	switch {
	case !wanted:
	case len(key) == 0:
		c.add(at+"/matchKey", "needs an entry with a key, such as \"key\": \"/event/trialId\"")
	case key[0] == rootProfile:
		c.add(at+"/matchKey", "needs a key that events carry; the entry's key %q is the Profile's own", key.String())
	}
}

// unique reports every id that was there before. Get gives the id and where its
// object stands.
func (c *checker) unique(noun string, n int, get func(i int) (id, at string)) {
	first := map[string]string{}
	for i := range n {
		id, at := get(i)
		before, twice := first[id]
		switch {
		case id == "":
		case twice:
			c.add(at+"/id", "another %s is called %q already: %s", noun, id, before)
		default:
			first[id] = at
		}
	}
}
