package graph

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
)

// Chart is a bar chart, whose numbers are also in its description and in the table beside it. It says nothing by color
// alone: each bar has its name and its number. ID is unique in its page.
type Chart struct {
	ID, Title string
	Sum       string // the sentence in which the bars add up, "" if they do not
	Bars      []Bar
}

// Bar is one bar of a Chart. Code is the word of the API for what it counts, "" if there is none.
type Bar struct {
	Label, Code string
	Value       int
}

const (
	chartWidth = 480
	chartRow   = 30 // the height of a bar with its gap
	chartLabel = 170
	chartBar   = 220 // the length of the longest bar
	maxLabel   = 20  // letters
)

// SVG draws the chart. The longest bar has the full length. A bar of anything but zero can be seen.
func (c Chart) SVG() template.HTML {
	longest := 1
	var numbers []string
	for _, b := range c.Bars {
		longest = max(longest, b.Value)
		numbers = append(numbers, fmt.Sprintf("%s: %s", b.Label, format.Count(b.Value)))
	}

	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="chart" role="img" aria-labelledby="%s-title %[1]s-desc" viewBox="0 0 %d %d">`,
		html.EscapeString(c.ID), chartWidth, max(len(c.Bars), 1)*chartRow)
	fmt.Fprintf(&out, `<title id="%s-title">%s</title>`, html.EscapeString(c.ID), html.EscapeString(c.Title))
	fmt.Fprintf(&out, `<desc id="%s-desc">%s</desc>`, html.EscapeString(c.ID),
		html.EscapeString(strings.Join(numbers, "; ")))
	for i, b := range c.Bars {
		length := float64(max(b.Value, 0)) / float64(longest) * chartBar
		if b.Value > 0 {
			length = max(length, 2)
		}
		top := i * chartRow
		fmt.Fprintf(&out, `<text class="name" x="%d" y="%d" text-anchor="end">%s</text>`,
			chartLabel-8, top+20, html.EscapeString(shorten(b.Label, maxLabel)))
		fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`,
			chartLabel, top+5, length, chartRow-10)
		fmt.Fprintf(&out, `<text x="%.1f" y="%d">%s</text>`, chartLabel+length+8, top+20, format.Count(b.Value))
	}
	out.WriteString("</svg>")
	return template.HTML(out.String()) //nolint:gosec // All texts are escaped.
}
