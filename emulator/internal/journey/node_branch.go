package journey

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// outcomeDefault is the outcome, and the label of the edge, if no path is true.
const outcomeDefault = "default"

func parseBranch(o members, n *Node, _ Settings) behavior {
	b := &Branch{Default: o.text("default")}
	n.Branch = b
	o.each("paths", "paths", func(item members) {
		item.known("id", "when", "next")
		if !item.has("when") {
			item.add("when", "must be a condition; it is missing")
		}
		b.Paths = append(b.Paths, Path{
			ID:   item.need("id", "a name for the path, unique in the node"),
			When: item.condition("when"), Next: item.text("next"),
		})
	})
	return b
}

func (b *Branch) check(c *checker, n *Node) {
	at := n.at + "/paths"
	c.unique("path", len(b.Paths), func(i int) (string, string) { return b.Paths[i].ID, cond.Nth(at, i) })
	for i, path := range b.Paths {
		c.condition(path.When, cond.Nth(at, i)+"/when")
	}
}

func (b *Branch) edges(n *Node) []Edge {
	edges := make([]Edge, 0, len(b.Paths)+1)
	for i, path := range b.Paths {
		edges = append(edges, Edge{Label: path.ID, To: path.Next, at: cond.Nth(n.at+"/paths", i) + "/next", instant: true})
	}
	return append(edges, Edge{
		Label: outcomeDefault, To: b.Default, at: n.at + "/default", when: "no path is true", instant: true,
	})
}

func (b *Branch) arrive(_ *Definition, _ *Node, in Input) (Effect, error) {
	var why []string
	for _, path := range b.Paths {
		yes, _, err := holds(path.When, in.Env)
		if err != nil {
			return Effect{}, err
		}
		text, err := path.When.Explain(in.Env)
		if err != nil {
			return Effect{}, err
		}
		why = append(why, path.ID+": "+text)
		if yes {
			return Effect{Outcome: path.ID, Next: path.Next, Why: joined(why)}, nil
		}
	}
	return Effect{Outcome: outcomeDefault, Next: b.Default, Why: joined(why)}, nil
}

func (*Branch) fire(*Node) (Effect, bool) { return Effect{}, false }

// longestWhy bounds what is kept of a decision.
const longestWhy = 1000

func joined(why []string) string { return cond.Shorten(strings.Join(why, "; "), longestWhy) }
