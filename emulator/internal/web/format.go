package web

import (
	"fmt"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// functions are the functions of templates.
var functions = template.FuncMap{
	"at":             at,
	"back":           back,
	"bytes":          size,
	"choose":         choose,
	"count":          count,
	"cut":            cut,
	"exampleJourney": func() string { return exampleJourney },
	"field":          field,
	"first":          first,
	"linked":         linked,
	"mode":           mode,
	"more":           more,
	"people":         func(n int) string { return plural(n, "person", "people") },
	"plural":         plural,
	"runs":           runsOf,
	"short":          short,
	"span":           span,
	"tab":            tabOf,
	"when":           when,
	"why":            why,
	"wireTime":       wireTime,
}

// count formats a number with its digits in groups of three.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:] // a narrow space that does not break
	}
	return digits
}

// cut shortens a text to what a row of a list has room for.
func cut(text string) string { return gateway.Clip(text, 200) }

// describeCall names a call of the API in a few words.
func describeCall(entry gateway.Entry) string {
	if entry.Operation != "" {
		return entry.Operation
	}
	return entry.Method + " " + entry.Path
}

// plural returns a number and the noun that fits.
func plural(n int, one, several string) string {
	if n == 1 {
		return count(n) + " " + one
	}
	return count(n) + " " + several
}

func size(n int) string {
	const kilo = 1000
	if n < kilo {
		return plural(n, "byte", "bytes")
	}
	return strconv.FormatFloat(float64(n)/kilo, 'f', 1, 64) + " kB"
}

// short cuts a text that may be long to what a line of a page has room for.
func short(text string) string { return cond.Shorten(text, 200) }

// runsLink is a number of runs, and the path of the list of them.
type runsLink struct {
	Path string
	N    int
}

func runsOf(journeyID, status string, n int) runsLink {
	return runsLink{"/dashboard/runs?" + url.Values{"journey": {journeyID}, "status": {status}}.Encode(), n}
}

func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// when shows a time relative to now, with the exact time on hover.
func when(now, t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	text := span(t.Sub(now).Abs()) + " ago"
	switch {
	case t.Sub(now).Abs() < time.Second:
		text = "now"
	case t.After(now):
		text = "in " + span(t.Sub(now))
	}
	//nolint:gosec // It contains no text but that of times.
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-when>%s</time>`, wireTime(t), at(t), text))
}

// span describes a length of time in its one or two largest units.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		large, small         time.Duration
		largeName, smallName string
	}{
		{365 * day, day, "year", "day"},
		{day, time.Hour, "day", "h"},
		{time.Hour, time.Minute, "h", "min"},
		{time.Minute, time.Second, "min", "s"},
	} {
		if d < unit.large {
			continue
		}
		n, rest := int(d/unit.large), int(d%unit.large/unit.small)
		text := units(n, unit.largeName)
		if rest > 0 && n < 10 {
			text += " " + units(rest, unit.smallName)
		}
		return text
	}
	return units(int(d/time.Second), "s")
}

func units(n int, name string) string {
	if n != 1 && (name == "day" || name == "year") {
		name += "s"
	}
	return count(n) + " " + name
}

// anID matches the ids of things, and of calls in the journal.
var anID = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\breq_[0-9a-f]{8,32}\b`)

// linked shows a text in which every id is a link to what has it.
func linked(text string) template.HTML {
	var out strings.Builder
	last := 0
	for _, place := range anID.FindAllStringIndex(text, -1) {
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

// pager is where the neighbours of a page of a list are. The paths are "" if there are none.
type pager struct{ Newest, Older string }

// pagesOf returns the pager of the page that v shows. The cursor is that of the next page, "" if there is none.
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
		p.Older = turn(cursor)
	}
	if v.r.URL.Query().Has("before") {
		p.Newest = turn("")
	}
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
	if query, _ := frame["Query"].(url.Values); len(query) > 0 && len(query.Encode()) < 2000 {
		path += "?" + query.Encode()
	}
	return path
}
