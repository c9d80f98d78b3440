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

const (
	transactional = "Transactional" // the purpose that needs no subscription group
	fullShare     = 10_000          // all arms together, in hundredths of a per cent
)

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
		if !n.broken {
			c.node(n)
		}
	}
	c.graph()
	return c.findings
}

func (c *checker) head() {
	d := c.d
	c.key()
	if d.Entry.Segment != "" {
		c.segment(d.Entry.Segment, "/entry/segment")
	}
	c.condition(d.Entry.Filter, "/entry/filter")
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

// key refuses a key that can never be found: the state of an event entry has no
// data, that of an api entry no event.
func (c *checker) key() {
	key, root := c.d.Entry.Key, "event"
	if key == nil {
		return
	}
	if c.d.Entry.Type == EntryAPI {
		root = "data"
	}
	if len(key) < 2 || key[0] != root && key[0] != "profile" {
		c.add("/entry/key", "must lead below /%s or /profile, such as \"/%s/trialId\"; nothing is ever found at %q", root, root, key.String())
	}
}

func (c *checker) matchKey(wanted bool, at string) {
	key := c.d.Entry.Key
	switch {
	case !wanted:
	case len(key) == 0:
		c.add(at+"/matchKey", "needs an entry with a key, such as \"key\": \"/event/trialId\"")
	case key[0] == "profile":
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

func (c *checker) node(n *Node) {
	switch n.Type {
	case TypeEmail:
		c.email(n.Email, n.at)
	case TypeWaitFor:
		c.wait(n.Wait, n.at)
	case TypeBranch:
		c.ids(n, "/paths", "path")
		for i, path := range n.Branch.Paths {
			c.condition(path.When, nth(n.at+"/paths", i)+"/when")
		}
	case TypeRandomCohort:
		c.ids(n, "/arms", "arm")
		c.shares(n.Cohort, n.at)
	}
	c.values(n)
	for _, e := range n.Edges() {
		c.edge(n, e)
	}
}

func (c *checker) edge(n *Node, e Edge) {
	switch {
	case e.To != "":
		if c.d.byID[e.To] == nil {
			c.add(e.at, "there is no node %q", e.To)
		}
	case e.at == n.at+"/default":
		c.add(e.at, "must be the id of the node to go on to when no path is true; it is missing")
	case e.at == n.at+"/timeoutNext":
		c.add(e.at, "must be the id of the node to go on to when the timeout ends; it is missing")
	default:
		c.add(e.at, "must be the id of the node to go on to; only an exit ends a run")
	}
}

func (c *checker) email(e *EmailNode, at string) {
	groupKnown := e.SubscriptionGroup != "" && c.refs.SubscriptionGroup(e.SubscriptionGroup)
	if e.SubscriptionGroup != "" && !groupKnown {
		c.add(at+"/subscriptionGroup", "there is no subscription group %q", e.SubscriptionGroup)
	}
	c.sender(e, at)
	if e.Template == "" {
		return
	}
	purpose, active, senderVerified, ok := c.refs.Template(e.Template)
	if !ok {
		c.add(at+"/template", "there is no template %q", e.Template)
		return
	}
	if !active {
		c.add(at+"/template", "the template %q is archived", e.Template)
	}
	if purpose != transactional && e.SubscriptionGroup == "" {
		c.add(at+"/subscriptionGroup", "must be given: the template %q is %s, and only Transactional mail goes without", e.Template, purpose)
	}
	if e.SenderProfile == "" && !senderVerified {
		c.add(at+"/template", "the sender of the template %q has no verified domain", e.Template)
	}
}

func (c *checker) sender(e *EmailNode, at string) {
	if e.SenderProfile == "" {
		return
	}
	switch verified, ok := c.refs.SenderProfile(e.SenderProfile); {
	case !ok:
		c.add(at+"/senderProfile", "there is no sender profile %q", e.SenderProfile)
	case !verified:
		c.add(at+"/senderProfile", "the sender profile %q has no verified domain", e.SenderProfile)
	}
}

func (c *checker) wait(w *Wait, at string) {
	if !w.timed {
		c.add(at+"/timeout", "must be an ISO 8601 duration such as \"P3D\": how long to wait at most; it is missing")
	}
	c.matchKey(w.MatchKey, at)
	c.unique("branch", len(w.Branches), func(i int) (string, string) {
		return w.Branches[i].ID, nth(at+"/branches", i)
	})
	for i, b := range w.Branches {
		below := nth(at+"/branches", i)
		c.condition(b.Filter, below+"/filter")
		c.condition(b.Condition, below+"/condition")
	}
}

// ids are unique within a node. Its edges carry them as labels.
func (c *checker) ids(n *Node, list, noun string) {
	edges := n.Edges()
	if n.Type == TypeBranch {
		edges = edges[:len(edges)-1]
	}
	c.unique(noun, len(edges), func(i int) (string, string) { return edges[i].Label, nth(n.at+list, i) })
}

func (c *checker) shares(cohort *Cohort, at string) {
	sum := 0
	for _, arm := range cohort.Arms {
		sum += arm.Share
	}
	if sum != fullShare {
		c.add(at+"/arms", "the percents add up to %d.%02d, not to 100", sum/100, sum%100)
	}
}
