package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/walk"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the nodes of a Journey, as a list and as a graph.

// underWay is the status by which the list of runs selects those that have not ended.
const underWay = "underway"

// nodeView is a node in the list.
type nodeView struct {
	walk.Node
	MoreWays int // how many ways are left out
}

func trailOf(run *world.Run, steps []world.RunStep) *walk.Trail {
	trail := walk.NewTrail(run.Node)
	for i, step := range steps {
		to := ""
		switch {
		case i+1 < len(steps):
			to = steps[i+1].Node
		case run.CompletedAt.IsZero():
			to = run.Node
		}
		trail.Add(step.Node, step.Outcome, to)
	}
	return trail
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

// link sets where the nodes are shown. The page lists those from first on.
func (view *journeyView) link(nodes []walk.Node, first int) {
	view.places = map[string]string{}
	for i := range nodes {
		node := &nodes[i]
		query := url.Values{"journey": {view.ID}, "node": {node.ID}, "status": {underWay},
			"version": {strconv.Itoa(view.Shown)}}
		node.Runs = "/dashboard/runs?" + query.Encode()
		node.Place = view.placeOf(i, first)
		view.places[node.ID] = node.Place
	}
}

// Place returns where a node is in the list.
func (view *journeyView) Place(node string) string { return view.places[node] }

// placeOf returns where the nth node is in the list, of which the page shows the nodes from first on.
func (view *journeyView) placeOf(n, first int) string {
	anchor := "#node-" + strconv.Itoa(n+1)
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
func nodesFrom(nodes []walk.Node, first int) (page []nodeView, next string) {
	const wayBytes = 150
	last := min(first+listedNodes, len(nodes))
	if last < len(nodes) {
		next = strconv.Itoa(last)
	}
	left := longestPhrases
	for _, node := range nodes[min(max(first, 0), last):max(last, 0)] {
		node.Words = cutPhrase(node.Words, &left)
		fitting := min(len(node.Ways), max(left, 0)/wayBytes)
		more := len(node.Ways) - fitting
		node.Ways = node.Ways[:fitting]
		left -= fitting * wayBytes
		page = append(page, nodeView{node, more})
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
			shown.Of = append(shown.Of, cond.Phrase{Text: "… and " + format.Count(len(phrase.Of)-i) + " more"})
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
			parts = append(parts, format.Plural(each.n, "node ", "nodes ")+each.what)
		}
	}
	if parts == nil {
		return "the nodes are the same"
	}
	return strings.Join(parts, ", ")
}

// StartCall is the call that starts a run of the current version.
func (view *journeyView) StartCall() string {
	if view.EntryEvent == "" {
		return fmt.Sprintf(`client.Journeys.Trigger(ctx, %q, &segmentflow.TriggerJourneyParams{
	Profile: segmentflow.TriggerProfile{Email: "alex@example.com"},
})`, format.Value(view.Key))
	}
	return fmt.Sprintf(`client.Events.Track(ctx, &segmentflow.TrackEventParams{
	Event:   %q,
	Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
})`, format.Value(view.EntryEvent))
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
