package coverage

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
)

//go:embed page.html
var pageText string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageText + graph.Template))
})

// WriteHTML writes the report as one page that needs no other file.
func (r Report) WriteHTML(w io.Writer) error {
	view := pageView{Percent: r.Share().percent(), Share: r.Share()}
	for i, j := range r.Journeys {
		view.Journeys = append(view.Journeys, journeyView{
			ID:      fmt.Sprintf("journey-%d", i+1),
			Title:   j.Title(),
			Name:    printable(j.Name),
			Percent: j.Share().percent(),
			Share:   j.Share(),
			Runs:    plural(j.Runs, "run"),
			Drawing: draw(j),
			Rows:    rows(j),
		})
	}
	return page().Execute(w, view)
}

type pageView struct {
	Percent  string
	Share    Share
	Journeys []journeyView
}

type journeyView struct {
	ID, Title, Name, Percent, Runs string
	Share                          Share
	Drawing                        *graph.Drawing // nil if the graph is too large
	Rows                           []rowView
}

// rowView is a part of a Journey in its table.
type rowView struct{ Mark, State, Class, Kind, Label, Note string }

func rows(j Journey) (views []rowView) {
	for _, part := range j.Parts {
		views = append(views, rowView{
			Mark:  part.mark(),
			State: part.state(),
			Class: part.class(),
			Kind:  kindNames[part.Kind],
			Label: part.Label(),
			Note:  part.note(),
		})
	}
	return views
}

// The marks show what was reached without a colour.
const (
	markReached   = "✓"
	markMissed    = "✗"
	markUncounted = "–"
)

func (p Part) mark() string {
	switch {
	case p.Count > 0:
		return markReached
	case p.Uncounted:
		return markUncounted
	}
	return markMissed
}

func (p Part) class() string {
	switch {
	case p.Count > 0:
		return "reached"
	case p.Uncounted:
		return "uncounted"
	}
	return "missed"
}

func (p Part) state() string {
	if p.Count > 0 {
		return fmt.Sprintf("%d×", p.Count)
	}
	return "never"
}

// note says what the label does not: what a node does, the exact reasons, and that a part does not count.
func (p Part) note() string {
	var notes []string
	if p.Detail != "" {
		notes = append(notes, printable(p.Detail))
	}
	for _, reason := range sortedKeys(p.Reasons) {
		notes = append(notes, fmt.Sprintf("%s %d×", printable(reason), p.Reasons[reason]))
	}
	if p.Uncounted {
		notes = append(notes, "does not count")
	}
	return strings.Join(notes, ", ")
}
