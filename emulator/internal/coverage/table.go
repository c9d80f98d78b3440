package coverage

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Table returns the report as text: a line per version of a Journey, with what was never reached below it, and a line
// for all together.
func (r Report) Table() string {
	width := len("total")
	for _, j := range r.Journeys {
		width = max(width, utf8.RuneCountInString(j.Title()))
	}
	var out strings.Builder
	row := func(title string, share Share, runs string) {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(title))
		fmt.Fprintf(&out, "%s%s  %8s  %d of %d%s\n", title, pad, share.percent(), share.Reached, share.All, runs)
	}

	for _, j := range r.Journeys {
		row(j.Title(), j.Share(), ", "+plural(j.Runs, "run"))
		missed := j.Missed()
		for i, part := range missed {
			lead, kind := "       ", ""
			if i == 0 {
				lead = "  never"
			}
			if i == 0 || missed[i-1].Kind != part.Kind {
				kind = kindNames[part.Kind]
			}
			fmt.Fprintf(&out, "%s  %-9s  %s\n", lead, kind, part.Label())
		}
	}
	row("total", r.Share(), "")
	return out.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// printable returns a name as it is, or quoted if a terminal would not show it as it is.
func printable(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
