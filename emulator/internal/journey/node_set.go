package journey

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// setNode sets properties of the Profile.
type setNode struct{ properties []assignment }

const outcomeSet = "set"

// builtIn lists the fields of the Profile itself. A property with such a name could
// never be read.
var builtIn = []string{"id", "email", "externalId", "phone"}

func parseSet(o members, _ *Node, _ Settings) behavior {
	set, ok := o.raw["set"].(map[string]any)
	if !ok || len(set) == 0 {
		o.add("set", "must be an object with at least one property, such as {\"tier\": \"gold\"}")
		return &setNode{}
	}

	at := cond.Below(o.at, "set")
	node := &setNode{o.p.assignments(set, at)}
	for _, property := range node.properties {
		switch name := property.name; {
		case slices.Contains(builtIn, name):
			o.p.add(cond.Below(at, name),
				"%s is a field of the Profile itself; choose another name for the property", name)
		case name == "" || isKeyword(name):
			o.p.add(cond.Below(at, name), "%.40q cannot be the name of a property; "+
				"write an expression as the value of one property", name)
		}
	}
	return node
}

func (node *setNode) check(c *checker, n *Node) {
	for _, property := range node.properties {
		c.value(property.value, cond.Below(n.at+"/set", property.name))
	}
}

func (node *setNode) words(*Node) cond.Phrase {
	return cond.Phrase{Text: "sets properties of the Profile:", Of: assignmentWords(node.properties)}
}

func (*setNode) edges(n *Node) []Edge { return n.onlyNext(true) }

// arrive leaves out properties whose value is missing, so that they stay as they
// are.
func (node *setNode) arrive(_ *Definition, n *Node, in Input) (Effect, error) {
	effect := Effect{Outcome: outcomeSet, Next: n.Next, Set: make(map[string]any, len(node.properties))}
	for _, property := range node.properties {
		found, ok, err := property.value.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		if ok {
			effect.Set[property.name] = found
		}
	}
	return effect, nil
}

func (*setNode) fire(*Node) (Effect, bool) { return Effect{}, false }
