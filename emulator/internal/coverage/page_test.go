package coverage_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
)

func TestTheTableListsWhatWasNeverReached(t *testing.T) {
	onboarding := document(`"entry": {"type": "api"}, "exitOn": [{"id": "left", "event": "x"}]`,
		`{"id": "a", "type": "branch", "paths": [{"id": "gold", "when": true, "next": "end"}], "default": "end"}`, end)
	report := coverage.Report{Journeys: []coverage.Journey{
		recorded(t, onboarding, coverage.Run(), coverage.Node("a"), coverage.Way("a", "gold", "end")),
		recorded(t, exit, coverage.Run(), coverage.Run(), coverage.Node("a"), coverage.Skip("suppressed")),
	}}
	report.Journeys[1].Key = "a\tlong\x1b[31m key"
	require.Equal(t, strings.TrimPrefix(`
j v1 (eeb71d6)                        33.3 %  2 of 6, 1 run
  never  branch     a: default → end
         node       end (exit)
         exit rule  left
         skip       entry: suppressed
"a\tlong\x1b[31m key" v1 (b7ce589)   100.0 %  2 of 2, 2 runs
total                                 50.0 %  4 of 8
`, "\n"), report.Table())
}

func TestThePercentageIsRoundedDown(t *testing.T) {
	for share, want := range map[coverage.Share]float64{
		{}:                          0,
		{Reached: 0, All: 3}:        0,
		{Reached: 1, All: 3}:        33.3,
		{Reached: 2, All: 3}:        66.6,
		{Reached: 3, All: 3}:        100,
		{Reached: 9999, All: 10000}: 99.9,
		{Reached: 29, All: 100}:     29,
		{Reached: 57, All: 1000}:    5.7,
	} {
		require.InDelta(t, want, share.Percent(), 0, "%v", share)
	}
}

// pageOf returns the page about one Journey.
func pageOf(t *testing.T, j coverage.Journey) (string, *html.Node) {
	t.Helper()
	var out strings.Builder
	require.NoError(t, coverage.Report{Journeys: []coverage.Journey{j}}.WriteHTML(&out))
	root, err := html.Parse(strings.NewReader(out.String()))
	require.NoError(t, err)
	return out.String(), root
}

// element is an element of a page: its attributes and its text.
type element struct {
	name, text string
	attributes map[string]string
}

func (e element) number(t *testing.T, attribute string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(e.attributes[attribute], 64)
	require.NoError(t, err)
	return n
}

func elements(root *html.Node, names ...string) (found []element) {
	for node := range root.Descendants() {
		if node.Type != html.ElementNode || !strings.Contains(" "+strings.Join(names, " ")+" ", " "+node.Data+" ") {
			continue
		}
		e := element{name: node.Data, attributes: map[string]string{}}
		for _, attribute := range node.Attr {
			e.attributes[attribute.Key] = attribute.Val
		}
		for below := range node.Descendants() {
			if below.Type == html.TextNode {
				e.text += below.Data
			}
		}
		found = append(found, e)
	}
	return found
}

func TestThePageNeedsNothingElseAndEscapesNames(t *testing.T) {
	const evil = `</title><script>alert(1)</script>\"'&`
	j := recorded(t, document(`"name": "`+evil+`", "entry": {"type": "event", "event": "`+evil+`"}`,
		`{"id": "a", "type": "branch", "default": "end",
			"paths": [{"id": "`+evil+`", "when": true, "next": "end"}]}`, end))
	j.Key = evil
	text, root := pageOf(t, j)
	require.Empty(t, elements(root,
		"script", "link", "img", "iframe", "object", "base", "use", "image", "foreignobject"))
	require.NotContains(t, text, "http:")
	require.NotContains(t, text, "https:")
	require.NotContains(t, text, "url(")
	require.NotContains(t, text, "ZgotmplZ", "html/template has refused something")
	require.Equal(t, "Journey coverage: 0.0 %", elements(root, "title")[0].text)
	require.Contains(t, elements(root, "h2")[0].text, evil)
}

func TestThePageShowsWhatWasReachedWithoutColours(t *testing.T) {
	_, root := pageOf(t, recorded(t, document("",
		`{"id": "a", "type": "branch", "paths": [{"id": "p", "when": true, "next": "end"}], "default": "end"}`, end),
		coverage.Run(), coverage.Node("a"), coverage.Way("a", "p", "end"), coverage.Node("end"), coverage.Node("end")))
	texts := []string{}
	for _, e := range elements(root, "text") {
		texts = append(texts, e.text)
	}
	require.Equal(t, []string{
		"✓ runs 1×", "✓ p 1×", "✗ default",
		"✓ entry", "event go", "✗ skipped: suppressed", "✓ a", "branch · 1×", "✓ end", "exit · 2×",
	}, texts)

	cells := []string{}
	for _, e := range elements(root, "td") {
		cells = append(cells, e.text)
	}
	table := strings.Join(cells, "|")
	require.Contains(t, table, "✓ 2×|node|end (exit)|")
	require.Contains(t, table, "✗ never|branch|a: default → end|")
	require.Equal(t, "img", elements(root, "svg")[0].attributes["role"])
	require.NotEmpty(t, elements(root, "svg")[0].attributes["aria-label"])
}

// randomJourney is a Journey of any shape, with cycles, loops to the same node, and nodes that nothing leads to.
func randomJourney(random *rand.Rand) *coverage.Version {
	nodes := []string{}
	size := 2 + random.IntN(14)
	for i := range size {
		paths := []string{}
		for k := range random.IntN(5) {
			paths = append(paths, fmt.Sprintf(`{"id": "p%d", "when": true, "next": "n%d"}`, k, random.IntN(size)))
		}
		nodes = append(nodes, fmt.Sprintf(`{"id": "n%d", "type": "branch", "paths": [%s], "default": "n%d"}`,
			i, strings.Join(paths, ", "), random.IntN(size)))
	}
	return document(`"entry": {"type": "api"}`, strings.ReplaceAll(strings.Join(nodes, ", "), `"n0"`, `"a"`))
}

func TestNothingInADrawingOverlaps(t *testing.T) {
	for seed := range uint64(30) {
		j := recorded(t, randomJourney(rand.New(rand.NewPCG(seed, 0))))
		_, root := pageOf(t, j)
		rects, svg := elements(root, "rect"), elements(root, "svg")[0]
		ways, boxes := 0, 1
		for _, part := range j.Parts {
			switch {
			case part.Kind == coverage.PartNode:
				boxes++
			case part.Kind == coverage.PartBranch && part.To != part.Node:
				ways++
			}
		}
		require.Len(t, rects, boxes+ways+1, "a box for each node and the entry, a label for each branch and the start")

		for i, a := range rects {
			x, y, wide, tall := a.number(t, "x"), a.number(t, "y"), a.number(t, "width"), a.number(t, "height")
			require.GreaterOrEqual(t, x, 0.0)
			require.LessOrEqual(t, x+wide, svg.number(t, "width"))
			require.LessOrEqual(t, y+tall, svg.number(t, "height"))
			for _, b := range rects[:i] {
				apart := b.number(t, "x") >= x+wide || b.number(t, "x")+b.number(t, "width") <= x ||
					b.number(t, "y") >= y+tall || b.number(t, "y")+b.number(t, "height") <= y
				require.True(t, apart, "seed %d: %v and %v", seed, a.attributes, b.attributes)
			}
		}
	}
}

func TestALargeGraphIsNotDrawn(t *testing.T) {
	nodes := []string{}
	for i := range 150 {
		paths := []string{}
		for k := range 50 {
			paths = append(paths, fmt.Sprintf(`{"id": "p%d", "when": true, "next": "n%d"}`, k, min(149, i+k)))
		}
		nodes = append(nodes, fmt.Sprintf(`{"id": "n%d", "type": "branch", "paths": [%s], "default": "n149"}`,
			i, strings.Join(paths, ", ")))
	}
	_, root := pageOf(t, recorded(t, document("", nodes...)))
	require.Empty(t, elements(root, "svg"))
	found := false
	for _, e := range elements(root, "p") {
		found = found || e.text == "The graph is too large to be drawn. The table has all of it."
	}
	require.True(t, found)
}

func TestAPageWithoutJourneysSaysSo(t *testing.T) {
	var out strings.Builder
	require.NoError(t, coverage.Report{}.WriteHTML(&out))
	require.Contains(t, out.String(), "No emulator had an Active Journey.")
}
