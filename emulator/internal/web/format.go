package web

import (
	"fmt"
	"html"
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// functions are the functions of templates.
var functions = template.FuncMap{
	"at":             format.Time,
	"back":           back,
	"bytes":          format.Size,
	"choose":         choose,
	"count":          format.Count,
	"exampleJourney": func() string { return exampleJourney },
	"field":          field,
	"first":          first,
	"linked":         linked,
	"mode":           mode,
	"more":           more,
	"people":         func(n int) string { return format.Plural(n, "person", "people") },
	"plural":         format.Plural,
	"runs":           runsOf,
	"short":          format.Value,
	"span":           format.Span,
	"tab":            tabOf,
	"when":           when,
	"why":            why,
	"wireTime":       wireTime,
}

// runsLink is a number of runs, and the path of the list of them.
type runsLink struct {
	Path string
	N    int
}

func runsOf(journeyID, status string, n int) runsLink {
	return runsLink{"/dashboard/runs?" + url.Values{"journey": {journeyID}, "status": {status}}.Encode(), n}
}

func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// when shows a time relative to now, with the exact time on hover.
func when(now, t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	text := format.Span(t.Sub(now).Abs()) + " ago"
	switch {
	case t.Sub(now).Abs() < time.Second:
		text = "now"
	case t.After(now):
		text = "in " + format.Span(t.Sub(now))
	}
	//nolint:gosec // It contains no text but that of times.
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-when>%s</time>`,
		wireTime(t), format.Time(t), text))
}

// anID matches the ids of things, and of calls in the journal.
var anID = lazy.Regexp(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\breq_[0-9a-f]{8,32}\b`)

// linked shows a text in which every id is a link to what has it.
func linked(text string) template.HTML {
	var out strings.Builder
	last := 0
	for _, place := range anID().FindAllStringIndex(text, -1) {
		id := text[place[0]:place[1]]
		out.WriteString(html.EscapeString(text[last:place[0]]))
		fmt.Fprintf(&out, `<a href="%s">%s</a>`, find(id), id)
		last = place[1]
	}
	out.WriteString(html.EscapeString(text[last:]))
	return template.HTML(out.String()) //nolint:gosec // All of the text is escaped.
}

// find returns the path that leads to the page of what has an id.
func find(id string) string { return "/dashboard/find/" + url.PathEscape(id) }

// field returns the value of a field in the query of a page, to show it in its form.
func field(query url.Values, name string) string { return query.Get(name) }

// selection is a field of a filter with options.
type selection struct {
	Name, Label, Chosen string
	Options             []string
}

// choose returns a field of a filter, of which the user chooses one option or any.
func choose(name, label, chosen string, options []string) selection {
	return selection{name, label, chosen, options}
}

// why describes a skip reason in words.
func why(reason string) string {
	words := map[string]string{
		world.SkipUnsubscribed:                           "has unsubscribed",
		world.SkipNotOptedIn:                             "has never subscribed",
		world.SkipProfileDeleted:                         "the Profile is deleted",
		world.SkipSuppressed + world.SuppressedBounce:    "the address bounces",
		world.SkipSuppressed + world.SuppressedComplaint: "has reported an email as spam",
		world.SkipSuppressed + world.SuppressedManual:    "the address is blocked",
	}
	if words[reason] == "" {
		return reason
	}
	return words[reason]
}

// tab is one link of the navigation.
type tab struct {
	Path, Name string
	Here       bool
}

// tabOf returns the tab of a page, whose path is below /dashboard.
func tabOf(frame map[string]any, path, name string) tab {
	at, _ := frame["Path"].(string)
	at = strings.TrimSuffix(strings.TrimPrefix(at, "/dashboard"), "/")
	return tab{path, name, at == path || path != "" && strings.HasPrefix(at, path+"/")}
}

// pager is where the first page and the next page of a list are. The paths are "" if there are none.
type pager struct {
	First, Next string
	InOrder     bool // the list is not sorted by time
}

// pagesOf returns the pager of the page that v shows, of a list that has the newest first. The cursor is that of the
// next page, "" if there is none.
func pagesOf(v *visit, cursor string) pager {
	turn := func(cursor string) string {
		query := v.r.URL.Query()
		query.Del("before")
		if cursor != "" {
			query.Set("before", cursor)
		}
		if len(query) == 0 {
			return v.r.URL.Path
		}
		return v.r.URL.Path + "?" + query.Encode()
	}
	var p pager
	if cursor != "" {
		p.Next = turn(cursor)
	}
	if v.r.URL.Query().Has("before") {
		p.First = turn("")
	}
	return p
}

// pagesInOrder is pagesOf for a list that is not sorted by time.
func pagesInOrder(v *visit, cursor string) pager {
	p := pagesOf(v, cursor)
	p.InOrder = true
	return p
}

// mode says in words how a clock moves.
func mode(name string) string {
	switch name {
	case world.ClockManual:
		return "Time stands still."
	case world.ClockLive:
		return "Time passes, and work runs when it is due."
	}
	return "Time passes, and due work runs with the next call."
}

// back returns the path to which the form of a page returns, with the page's query unless that is very long.
func back(frame map[string]any) string {
	path, _ := frame["Path"].(string)
	query, _ := frame["Query"].(url.Values)
	if whole := path + "?" + query.Encode(); len(query) > 0 && len(whole) <= longestNext {
		return whole
	}
	return path
}

// sentence makes a sentence of a text that begins with a small letter and has no full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
