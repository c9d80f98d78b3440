package journey

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// outcomeDefault is the outcome, and the label of the edge, if no path is true.
const outcomeDefault = "default"

func parseBranch(o members, n *Node, _ Settings) behavior {
	branch := &Branch{Default: o.text("default")}
	n.Branch = branch
	o.each("paths", "paths", func(item members) {
		item.allow("id", "when", "next")
		if !item.has("when") {
			item.add("when", "must be a condition; it is missing")
		}
		branch.Paths = append(branch.Paths, Path{
			ID:   item.required("id", "a name for the path, unique in the node"),
			When: item.condition("when"),
			Next: item.text("next"),
		})
	})
	return branch
}

func (branch *Branch) check(c *checker, n *Node) {
	at := n.at + "/paths"
	c.unique("path", len(branch.Paths), func(i int) (string, string) { return branch.Paths[i].ID, cond.Nth(at, i) })
	for i, path := range branch.Paths {
		c.condition(path.When, cond.Nth(at, i)+"/when")
	}
}

func (branch *Branch) edges(n *Node) []Edge {
	edges := make([]Edge, 0, len(branch.Paths)+1)
	for i, path := range branch.Paths {
		edges = append(edges, Edge{
			Label:   path.ID,
			To:      path.Next,
			at:      cond.Nth(n.at+"/paths", i) + "/next",
			instant: true,
		})
	}
	return append(edges, Edge{
		Label:   outcomeDefault,
		To:      branch.Default,
		at:      n.at + "/default",
		when:    "no path is true",
		instant: true,
	})
}

func (branch *Branch) arrive(_ *Definition, _ *Node, in Input) (Effect, error) {
	var why []string
	for _, path := range branch.Paths {
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
			return Effect{Outcome: path.ID, Next: path.Next, Why: joinReasons(why)}, nil
		}
	}
	return Effect{Outcome: outcomeDefault, Next: branch.Default, Why: joinReasons(why)}, nil
}

func (branch *Branch) words(*Node) cond.Phrase {
	phrase := sentence("takes the first path that is true:")
	for _, path := range branch.Paths {
		phrase.Of = append(phrase.Of, named(path.ID, path.When))
	}
	phrase.Of = append(phrase.Of, sentence("otherwise: the default"))
	return phrase
}

func (*Branch) fire(*Node) (Effect, bool) { return Effect{}, false }

// longestWhy is the most bytes of an explanation that are kept.
const longestWhy = 1000

func joinReasons(why []string) string { return cond.Shorten(strings.Join(why, "; "), longestWhy) }
