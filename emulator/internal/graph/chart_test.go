package graph_test

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
)

// drawn is a chart as a program reads it.
type drawn struct {
	Role  string   `xml:"role,attr"`
	Named string   `xml:"aria-labelledby,attr"`
	Title string   `xml:"title"`
	Desc  string   `xml:"desc"`
	Texts []string `xml:"text"`
	Bars  []struct {
		X     float64 `xml:"x,attr"`
		Width float64 `xml:"width,attr"`
	} `xml:"rect"`
	ViewBox string `xml:"viewBox,attr"`
}

func draw(t *testing.T, c graph.Chart) drawn {
	t.Helper()
	var d drawn
	require.NoError(t, xml.Unmarshal([]byte(c.SVG()), &d))
	width, err := strconv.Atoi(strings.Fields(d.ViewBox)[2])
	require.NoError(t, err)
	require.Len(t, d.Bars, len(c.Bars))
	for _, b := range d.Bars {
		require.GreaterOrEqual(t, b.Width, 0.0)
		require.LessOrEqual(t, b.X+b.Width, float64(width))
	}
	return d
}

func TestAChartHasItsNamesAndNumbersAsText(t *testing.T) {
	bars := []graph.Bar{{Label: "sent", Value: 12000}, {Label: "failed", Value: 3000}}
	d := draw(t, graph.Chart{ID: "who", Title: "The audience", Bars: bars})
	require.Equal(t, "img", d.Role)
	require.Equal(t, "who-title who-desc", d.Named)
	require.Equal(t, "The audience", d.Title)
	require.Equal(t, "sent: 12\u202f000; failed: 3\u202f000", d.Desc)
	require.Equal(t, []string{"sent", "12\u202f000", "failed", "3\u202f000"}, d.Texts)
	require.InDelta(t, d.Bars[0].Width, 4*d.Bars[1].Width, 0.1)
}

func TestChartsOfAnyNumbersStayInTheirFrame(t *testing.T) {
	zeros := draw(t, graph.Chart{Bars: []graph.Bar{{Label: "a"}, {Label: "b"}}})
	require.Zero(t, zeros.Bars[0].Width)
	require.Empty(t, draw(t, graph.Chart{}).Bars)
	one := draw(t, graph.Chart{Bars: []graph.Bar{{Label: "only", Value: 1}}})
	require.Positive(t, one.Bars[0].Width)
	huge := draw(t, graph.Chart{Bars: []graph.Bar{{Label: "huge", Value: math.MaxInt}, {Label: "one", Value: 1}}})
	require.Positive(t, huge.Bars[1].Width, "one can be seen")
	require.Zero(t, draw(t, graph.Chart{Bars: []graph.Bar{{Label: "below", Value: -1}}}).Bars[0].Width)
}

func TestAHostileLabelStaysText(t *testing.T) {
	label := `</text><script>alert(1)</script>"&` + strings.Repeat("x", 10_000)
	d := draw(t, graph.Chart{ID: `"><b>`, Title: "<i>", Bars: []graph.Bar{{Label: label, Value: 1}}})
	require.Equal(t, "<i>", d.Title)
	require.Equal(t, "</text><script>aler…", d.Texts[0])
}
