package walk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/walk"
)

const document = `{"key": "j", "start": "mail", "entry": {"type": "event", "event": "go"}, "nodes": [
	{"id": "mail", "type": "email", "template": "letter", "subscriptionGroup": "news", "onUnsubscribed": "skip",
		"next": "wait"},
	{"id": "wait", "type": "delay", "for": "P1D", "next": "end"},
	{"id": "end", "type": "exit"}
]}`

// walked returns the nodes after two runs have been sent an email, of which one waits, and a third was skipped.
func walked(t *testing.T, trail *walk.Trail) (*coverage.Journey, []walk.Node) {
	t.Helper()
	d := journey.Load([]byte(document))
	require.NotNil(t, d)
	reached := coverage.Reached(coverage.NewVersion(1, []byte(document)), map[coverage.Place]int{
		coverage.Run():                       3,
		coverage.Node("mail"):                3,
		coverage.Node("wait"):                3,
		coverage.Way("mail", "sent", "wait"): 2,
		coverage.Way("mail", "skipped: suppressed_bounce", "wait"): 1,
		coverage.Way("wait", "elapsed", "end"):                     2,
		coverage.Node("end"):                                       2,
	})
	require.NotNil(t, reached)
	return reached, walk.Nodes(d, reached, map[string]int{"wait": 1}, trail)
}

// ways returns the ways of a node, with "*" before those of the trail.
func ways(node walk.Node) string {
	var list []string
	for _, way := range node.Ways {
		text := fmt.Sprintf("%s > %s", way.Label(), way.To)
		if way.Walked {
			text = "*" + text
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// classes returns the classes of the boxes, each with a space after it.
func classes(d *graph.Drawing) (list string) {
	for _, box := range d.Boxes {
		list += box.Class + " "
	}
	return list
}

func TestNodesHaveTheCountsOfTheirWays(t *testing.T) {
	reached, nodes := walked(t, nil)
	require.Len(t, nodes, 3)
	require.Equal(t, "letter", nodes[0].Template)
	require.Equal(t, []int{1, 2, 3}, []int{nodes[0].Number, nodes[1].Number, nodes[2].Number})
	require.Equal(t, []int{3, 3, 2}, []int{nodes[0].Passed, nodes[1].Passed, nodes[2].Passed})
	require.Equal(t, []int{0, 1, 0}, []int{nodes[0].Here, nodes[1].Here, nodes[2].Here})
	require.Equal(t, "sent 2× > wait; skipped: unsubscribed > wait; skipped: suppressed 1× > wait", ways(nodes[0]))
	require.Equal(t, "elapsed 2× > end", ways(nodes[1]))
	for _, node := range nodes {
		require.False(t, node.Walked || node.Last)
	}
	require.Equal(t, strings.Repeat("reached ", 4), classes(walk.Draw(reached, nodes, nil)))
}

func TestATrailMarksWhereTheRunHasBeen(t *testing.T) {
	trail := walk.NewTrail("wait")
	trail.Add("mail", "skipped: suppressed_bounce", "wait")
	reached, nodes := walked(t, trail)
	require.Equal(t, "sent 2× > wait; skipped: unsubscribed > wait; *skipped: suppressed 1× > wait", ways(nodes[0]))
	require.Equal(t, "elapsed 2× > end", ways(nodes[1]))
	require.Equal(t, []bool{true, true, false}, []bool{nodes[0].Walked, nodes[1].Walked, nodes[2].Walked})
	require.Equal(t, []bool{false, true, false}, []bool{nodes[0].Last, nodes[1].Last, nodes[2].Last})
	require.Equal(t, strings.Repeat("walked ", 3)+"plain ", classes(walk.Draw(reached, nodes, trail)))
}

func TestTheDrawingLeadsWhereTheCallerSays(t *testing.T) {
	reached, nodes := walked(t, nil)
	nodes[1].Place, nodes[1].Runs = "#there", "/runs"
	drawing := walk.Draw(reached, nodes, nil)
	lines := drawing.Boxes[2].Lines
	require.Equal(t, []string{"2 wait", "#there"}, []string{lines[0].Text, lines[0].Link})
	last := lines[len(lines)-1]
	require.Equal(t, []string{"reached 3×, 1 is here", "/runs"}, []string{last.Text, last.Link})
	require.Len(t, drawing.Arcs, 3, "the entry, sent and elapsed; a skip is written inside its box")
}
