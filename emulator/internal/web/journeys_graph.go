package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the nodes of a Journey, as a list and as a graph.

// underWay is the status by which the list of runs selects those that have not ended.
const underWay = "underway"

// nodeView is a node with what happens at it.
type nodeView struct {
	Number       int
	Place        string // where it is in the list
	ID, Type     string
	Words        cond.Phrase
	Template     string // the key or id of its Template
	Passed, Here int    // how often runs have come to it, and how many are there now
	Runs         string // the path of the list of those
	Ways         []wayView
	MoreWays     int  // how many ways are left out
	Walked, Last bool // the marked run has come to it, and is there now
}

// Anchor is the id of the node's place in the page.
func (n nodeView) Anchor() string { return "node-" + strconv.Itoa(n.Number) }

// wayView is a way on which runs leave a node.
type wayView struct {
	Name, To  string // To is the next node, "" ends the run
	Place     string // of that node
	Count     int
	Skip      bool // the node's email was not sent
	Uncounted bool
	Walked    bool
}

// trail is where a run has been. The zero trail is that of no run.
type trail struct {
	run, at string
	nodes   map[string]bool
	ways    map[[3]string]int // from node, outcome, to node
}

func trailOf(run *world.Run, steps []world.RunStep) *trail {
	t := &trail{run: run.ID, at: run.Node, nodes: map[string]bool{run.Node: true}, ways: map[[3]string]int{}}
	for i, step := range steps {
		to := ""
		switch {
		case i+1 < len(steps):
			to = steps[i+1].Node
		case run.CompletedAt.IsZero():
			to = run.Node
		}
		t.nodes[step.Node] = true
		t.ways[[3]string{step.Node, step.Outcome, to}]++
	}
	return t
}

// walked reports whether the run has left a node on a way. A way that has no name of its own is known by where it
// leads.
func (t *trail) walked(node string, way wayView) bool {
	for walked := range t.ways {
		named := walked[1] == way.Name || way.Name == "next" ||
			way.Skip && strings.HasPrefix(walked[1], "skipped") ||
			way.Name == "failed" && strings.HasPrefix(walked[1], "failed")
		if walked[0] == node && walked[2] == way.To && named {
			return true
		}
	}
	return false
}

// nodesOf returns the nodes of a version in the order in which they are declared.
func nodesOf(
	view *journeyView, d *journey.Definition, found *coverage.Journey, here map[string]int, mark *trail, first int,
) (nodes []nodeView) {
	places := map[string]string{}
	for _, part := range found.Parts {
		if part.Kind != coverage.PartNode {
			continue
		}
		node := nodeView{Number: len(nodes) + 1, ID: part.Node, Type: part.Name}
		node.Passed, node.Here = part.Count, here[part.Node]
		node.Words = d.Node(part.Node).Words()
		if email := d.Node(part.Node).Email; email != nil {
			node.Template = email.Template
		}
		query := url.Values{"journey": {view.ID}, "node": {part.Node}, "status": {underWay},
			"version": {strconv.Itoa(view.Shown)}}
		node.Runs = "/dashboard/runs?" + query.Encode()
		node.Walked, node.Last = mark.nodes[part.Node], mark.at == part.Node
		node.Place = view.placeOf(len(nodes), first)
		places[node.ID] = node.Place
		nodes = append(nodes, node)
	}

	at := -1
	for _, part := range found.Parts {
		if part.Kind == coverage.PartNode {
			at++
			continue
		}
		if part.Node == "" {
			continue
		}
		way := wayView{
			Name:      part.Name,
			To:        part.To,
			Place:     places[part.To],
			Count:     part.Count,
			Skip:      part.Kind == coverage.PartSkip,
			Uncounted: part.Uncounted,
		}
		way.Walked = mark.walked(part.Node, way)
		nodes[at].Ways = append(nodes[at].Ways, way)
	}
	return nodes
}

// Label is the way in a few words.
func (way wayView) Label() string {
	name := way.Name
	if way.Skip {
		name = "skipped: " + name
	}
	if way.Count > 0 {
		name += " " + count(way.Count) + "×"
	}
	return name
}

// class says how to draw what runs have come to, or the marked run.
func (view *journeyView) class(n int, walked, uncounted bool) string {
	switch {
	case view.Run != "" && walked:
		return "walked"
	case view.Run != "":
		return "plain"
	case n > 0:
		return "reached"
	case uncounted:
		return "uncounted"
	}
	return "missed"
}

// drawJourney draws the shown version. It returns nil if the graph is too large for a page.
func drawJourney(view *journeyView, start string, found *coverage.Journey) *graph.Drawing {
	const most = 235_000 // bytes
	entry := graph.Box{Class: view.class(found.Runs, true, false), Lines: []graph.Line{
		{Class: "name", Text: "entry"},
		{Class: "quiet", Text: found.Entry},
		{Class: "quiet", Text: plural(found.Runs, "run", "runs")},
	}}
	boxes, arcs := []graph.Box{entry}, []graph.Arc{}
	boxOf := func(id string) int {
		return slices.IndexFunc(view.Nodes, func(n nodeView) bool { return n.ID == id }) + 1
	}
	if to := boxOf(start); to > 0 {
		arcs = append(arcs, graph.Arc{From: 0, To: to, Class: view.class(found.Runs, true, false)})
	}
	for i, node := range view.Nodes {
		box := view.boxOf(node)
		for _, way := range node.Ways {
			class := view.class(way.Count, way.Walked, way.Uncounted || way.Skip)
			if to := boxOf(way.To); !way.Skip && to > 0 && way.To != node.ID {
				arcs = append(arcs, graph.Arc{From: i + 1, To: to, Class: class, Label: way.Label()})
				continue
			}
			if class == "plain" {
				class = "quiet"
			}
			box.Lines = append(box.Lines, graph.Line{Class: class, Text: insideLabel(node, way)})
		}
		boxes = append(boxes, box)
	}
	drawing := graph.Draw("The graph of the Journey. The list of nodes says the same.", boxes, arcs)
	if drawing == nil || drawing.Size() > most {
		return nil
	}
	return drawing
}

// insideLabel is a way that leads to no other box.
func insideLabel(node nodeView, way wayView) string {
	switch way.To {
	case node.ID:
		return "↺ " + way.Label()
	case "":
		return way.Label() + ", ends the run"
	}
	return way.Label()
}

func (view *journeyView) boxOf(node nodeView) graph.Box {
	name := node.ID
	if node.Last {
		name = "● " + name
	}
	counts := "reached " + count(node.Passed) + "×"
	if node.Passed == 0 {
		counts = "never reached"
	}
	line := graph.Line{Class: "quiet", Text: counts}
	if node.Here > 0 {
		line = graph.Line{Text: counts + ", " + plural(node.Here, "is", "are") + " here", Link: node.Runs}
	}
	return graph.Box{Class: view.class(node.Passed, node.Walked, false), Lines: []graph.Line{
		{Class: "name", Text: strconv.Itoa(node.Number) + " " + name, Link: node.Place},
		{Class: "quiet", Text: node.Type + " · " + node.Words.Text},
		line,
	}}
}

const listedNodes = 100

// firstNode returns the place of the first node of the page of the list that begins at before.
func firstNode(before string) int {
	n, err := strconv.Atoi(before)
	if err != nil || n < 0 {
		return 0
	}
	return n / listedNodes * listedNodes
}

// placeOf returns where the nth node is in the list, of which the page shows the nodes from first on.
func (view *journeyView) placeOf(n, first int) string {
	anchor := "#" + nodeView{Number: n + 1}.Anchor()
	if n >= first && n < first+listedNodes {
		return anchor
	}
	query := url.Values{"version": {strconv.Itoa(view.Shown)}, "before": {strconv.Itoa(n / listedNodes * listedNodes)}}
	if view.Run != "" {
		query = url.Values{"run": {view.Run}, "before": query["before"]}
	}
	return journeyPath(view.ID) + "?" + query.Encode() + anchor
}

// nodesFrom returns the nodes of one page of the list, and the place of the next one, "" if there is none. It cuts what
// would make the page too long.
func nodesFrom(nodes []nodeView, first int) (page []nodeView, next string) {
	const wayBytes = 150
	last := min(first+listedNodes, len(nodes))
	if last < len(nodes) {
		next = strconv.Itoa(last)
	}
	page = nodes[min(max(first, 0), last):max(last, 0)]
	left := longestPhrases
	for i := range page {
		page[i].Words = cutPhrase(page[i].Words, &left)
		fitting := min(len(page[i].Ways), max(left, 0)/wayBytes)
		page[i].MoreWays = len(page[i].Ways) - fitting
		page[i].Ways = page[i].Ways[:fitting]
		left -= fitting * wayBytes
	}
	return page, next
}

// longestPhrases is how many bytes of phrases a page shows.
const longestPhrases = 60_000

// cutPhrase leaves out the parts of a phrase for which no bytes are left.
func cutPhrase(phrase cond.Phrase, left *int) cond.Phrase {
	const tags = 30
	*left -= len(phrase.Text) + tags
	shown := cond.Phrase{Text: phrase.Text}
	for i, part := range phrase.Of {
		if *left < 0 {
			shown.Of = append(shown.Of, cond.Phrase{Text: "… and " + count(len(phrase.Of)-i) + " more"})
			break
		}
		shown.Of = append(shown.Of, cutPhrase(part, left))
	}
	return shown
}

// nodeTexts returns the nodes of a document as text, by id.
func nodeTexts(definition []byte) map[string]string {
	var doc struct{ Nodes []json.RawMessage }
	_ = json.Unmarshal(definition, &doc) // the document was valid when it was saved
	texts := map[string]string{}
	for _, raw := range doc.Nodes {
		var node struct{ ID string }
		if json.Unmarshal(raw, &node) == nil {
			texts[node.ID] = string(raw)
		}
	}
	return texts
}

// Percent returns how much of the version runs have reached.
func (view *journeyView) Percent() string {
	return strconv.FormatFloat(view.Share.Percent(), 'f', -1, 64)
}

// AllMissed returns how much of the version no run has reached.
func (view *journeyView) AllMissed() int { return len(view.Missed) + view.More }

// Difference says how the nodes of a version differ from those before it.
func (one versionView) Difference() string {
	if one.Number == 1 {
		return "the first version"
	}
	var parts []string
	for _, each := range []struct {
		n    int
		what string
	}{{one.Added, "added"}, {one.Removed, "removed"}, {one.Changed, "changed"}} {
		if each.n > 0 {
			parts = append(parts, plural(each.n, "node ", "nodes ")+each.what)
		}
	}
	if parts == nil {
		return "the nodes are the same"
	}
	return strings.Join(parts, ", ")
}

// StartCall is the call that starts a run.
func (view *journeyView) StartCall() string {
	if view.Event == "" {
		return fmt.Sprintf(`client.Journeys.Trigger(ctx, %q, &segmentflow.TriggerJourneyParams{
	Profile: segmentflow.TriggerProfile{Email: "alex@example.com"},
})`, short(view.Key))
	}
	return fmt.Sprintf(`client.Events.Track(ctx, &segmentflow.TrackEventParams{
	Event:   %q,
	Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
})`, short(view.Event))
}

// exampleJourney is a small Journey in a seed.
const exampleJourney = `journeys:
  - key: welcome
    name: Welcome
    status: Active
    entry: {type: event, event: user.signed_up}
    start: pause
    nodes:
      - {id: pause, type: delay, for: P1D, next: done}
      - {id: done, type: exit}`
