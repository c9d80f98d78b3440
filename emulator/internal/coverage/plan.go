package coverage

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// plan is what can be reached in a version of a Journey, by its definition. counted fills it with what was reached.
type plan struct {
	d      *journey.Definition
	about  map[string]string // what each node does
	places map[Place]int
	parts  []Part
}

// Reached returns a version of a Journey with how often its places were reached. It returns nil if the definition
// cannot be read.
func Reached(version *Version, places map[Place]int) *Journey {
	return newJourney(&counted{version, maps.Clone(places)})
}

// newJourney returns a version of a Journey with what was reached in it. It returns nil if the definition cannot be
// read.
func newJourney(one *counted) *Journey {
	d := journey.Load(one.Definition)
	if d == nil {
		return nil
	}
	p := &plan{d: d, about: details(one.Definition), places: one.places}
	for _, node := range d.Nodes {
		if d.Node(node.ID) == node {
			p.node(node)
		}
	}
	for _, rule := range d.ExitOn {
		p.parts = append(p.parts, Part{Kind: PartExitRule, Name: rule.ID, Count: p.places[Exit(rule.ID)]})
	}
	for _, reason := range entrySkips(d) {
		p.parts = append(p.parts, Part{Kind: PartSkip, Name: reason, Count: p.places[Skip(reason)]})
	}
	return &Journey{
		Key:    d.Key,
		Name:   d.Name,
		Digest: one.Digest,
		Number: one.Number,
		Runs:   one.places[Run()],
		Entry:  entryOf(d.Entry),
		Start:  d.Start,
		Parts:  p.parts,
	}
}

func entryOf(entry journey.Entry) string {
	switch entry.Type {
	case journey.EntryEvent:
		return "event " + entry.Event
	case journey.EntrySegment:
		return "Segment " + entry.Segment
	}
	return "API"
}

// skipSuppressed is the last reason that is tested, after those of package journey. Every Journey has it.
const skipSuppressed = "suppressed"

// profileID is the key of an entry that every Profile has.
const profileID = "/profile/id"

// entrySkips returns the reasons for which Profiles may not enter, in the order in which they are tested.
func entrySkips(d *journey.Definition) (reasons []string) {
	add := func(possible bool, reason string) {
		if possible {
			reasons = append(reasons, reason)
		}
	}
	mode := d.Reentry.Mode
	add(d.Entry.Filter != nil, journey.SkipFilterMismatch)
	add(d.Entry.Key != nil && d.Entry.Key.String() != profileID, journey.SkipMissingKey)
	add(d.Audience != nil, journey.SkipAudienceMismatch)
	add(mode != journey.ReenterAlways, journey.SkipAlreadyActive)
	add(mode == journey.ReenterOnce, journey.SkipAlreadyEntered)
	add(mode != journey.ReenterOnce && d.Reentry.Cooldown > 0, journey.SkipCooldown)
	add(true, skipSuppressed)
	return reasons
}

// node adds a node, and the ways in which runs leave it.
func (p *plan) node(n *journey.Node) {
	p.parts = append(p.parts, Part{
		Kind:   PartNode,
		Node:   n.ID,
		Name:   n.Type,
		Detail: p.about[n.ID],
		Count:  p.places[Node(n.ID)],
	})
	switch {
	case n.Email != nil:
		p.email(n)
	case n.Delay != nil:
		p.delay(n)
	default:
		p.edges(n)
	}
}

// edges adds the branches of a node. An arm that gets nobody does not count.
func (p *plan) edges(n *journey.Node) {
	for i, edge := range n.Edges() {
		part := Part{Kind: PartBranch, Node: n.ID, Name: edge.Label, To: edge.To}
		part.Uncounted = n.Cohort != nil && n.Cohort.Arms[i].Share == 0
		if edge.Label == "" {
			part.Name = "next"
			part.Count = p.left(n.ID, edge.To)
		} else {
			part.Count = p.places[Way(n.ID, edge.Label, edge.To)]
			delete(p.places, Way(n.ID, edge.Label, edge.To)) // another branch of this name and target is unknown
		}
		p.parts = append(p.parts, part)
	}
}

// left returns how often runs left a node for another, whatever the outcome.
func (p *plan) left(node, to string) (n int) {
	for place, count := range p.places {
		if place.Kind == kindWay && place.Node == node && place.To == to {
			n += count
		}
	}
	return n
}

// delay adds how a delay can end. One until a property has more ways than one.
func (p *plan) delay(n *journey.Node) {
	ways := []struct{ outcome, then string }{{"elapsed", journey.Continue}}
	if property := n.Delay.Property; property != nil {
		ways = append(ways, []struct{ outcome, then string }{
			{"missing", property.IfMissing},
			{"past", property.IfPast},
			{"unreadable", property.IfUnreadable},
		}...)
	}
	for _, way := range ways {
		part := Part{Kind: PartBranch, Node: n.ID, Name: way.outcome}
		if way.then == journey.Continue {
			part.To = n.Next
		}
		part.Count = p.places[Way(n.ID, way.outcome, part.To)]
		p.parts = append(p.parts, part)
	}
}

// The outcomes of an email that was not sent begin with these.
const (
	skippedPrefix = "skipped: "
	failedPrefix  = "failed: "
)

// email adds what can become of an email. That the recipient has withdrawn consent counts if the node asks for consent.
// That the email fails counts if the Journey says how to continue then. The rest is added only if it happened.
func (p *plan) email(n *journey.Node) {
	skips := map[string]*Part{}
	skip := func(class string) *Part {
		if skips[class] == nil {
			skips[class] = &Part{Kind: PartSkip, Node: n.ID, Name: class, Uncounted: true}
			if n.Email.OnUnsubscribed == journey.Skip && class != journey.ReasonProfileDeleted {
				skips[class].To = n.Next
			}
		}
		return skips[class]
	}
	failed := Part{Kind: PartBranch, Node: n.ID, Name: "failed", Uncounted: true}
	if n.Email.OnFailure == journey.Continue {
		failed.To, failed.Uncounted = n.Next, false
	}
	skip(journey.ReasonSuppressed).Uncounted = false
	skip(journey.ReasonUnsubscribed).Uncounted = n.Email.SubscriptionGroup == ""

	for place, count := range p.places {
		if place.Kind != kindWay || place.Node != n.ID {
			continue
		}
		if reason, ok := strings.CutPrefix(place.Name, skippedPrefix); ok {
			part := skip(journey.SkipClass(reason))
			if part.Reasons == nil {
				part.Reasons = map[string]int{}
			}
			part.Count += count
			part.Reasons[reason] += count
		}
		if strings.HasPrefix(place.Name, failedPrefix) {
			failed.Count += count
		}
	}

	sent := Part{Kind: PartBranch, Node: n.ID, Name: "sent", To: n.Next, Count: p.places[Way(n.ID, "sent", n.Next)]}
	classes := []string{journey.ReasonUnsubscribed, journey.ReasonSuppressed, journey.ReasonProfileDeleted}
	p.parts = append(p.parts, sent)
	if !failed.Uncounted || failed.Count > 0 {
		p.parts = append(p.parts, failed)
	}
	for _, class := range classes {
		if part := skips[class]; part != nil && (!part.Uncounted || part.Count > 0) {
			p.parts = append(p.parts, *part)
		}
	}
}

// nodeMembers are the members of a node that say in short what it does.
type nodeMembers struct {
	ID, Template, For, Timeout, Event, Reason string
	UntilLocal                                *struct{ Hour, Minute int }
	UntilProperty                             *struct{ Path string }
	Set                                       map[string]any
}

// details returns what each node of a document does, in a few words.
func details(definition []byte) map[string]string {
	var doc struct{ Nodes []json.RawMessage }
	_ = json.Unmarshal(definition, &doc) // the document was valid when it was saved
	about := map[string]string{}
	for _, raw := range doc.Nodes {
		var n nodeMembers
		if json.Unmarshal(raw, &n) == nil {
			about[n.ID] = n.detail()
		}
	}
	return about
}

func (n nodeMembers) detail() string {
	switch {
	case n.UntilLocal != nil:
		return fmt.Sprintf("until %02d:%02d", n.UntilLocal.Hour, n.UntilLocal.Minute)
	case n.UntilProperty != nil:
		return "until " + n.UntilProperty.Path
	case n.Timeout != "":
		return "at most " + n.Timeout
	case len(n.Set) > 0:
		return strings.Join(sortedKeys(n.Set), ", ")
	}
	return n.Template + n.For + n.Event + n.Reason
}
