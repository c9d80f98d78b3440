package seed

import (
	"fmt"
	"strings"
)

// reported is a problem of the seed whose turn it is. Kind tells it from other problems at the same place, whatever
// the world is that it names.
type reported struct {
	Problem
	turn int
	kind string
	twin *mistake // the same mistake in an empty world, where it has another place there
}

func errorOf(problems []reported) *Error { return &Error{published(problems)} }

// published are problems as those who wrote the seed see them.
func published(problems []reported) []Problem {
	var shown []Problem
	for _, p := range problems {
		shown = append(shown, p.Problem)
	}
	return shown
}

// report tells of a mistake, unless the text at that place has been found unreadable.
func (s *seeding) report(at, format string, args ...any) {
	kind := format
	if format == "%s" {
		kind = fmt.Sprint(args...)
	}
	p := Problem{Path: at, Message: fmt.Sprintf(format, args...)}
	if s.source != nil {
		for _, known := range s.source.problems {
			if known.Path != "" && (at == known.Path || strings.HasPrefix(at, known.Path+"/")) {
				return
			}
		}
		p.File, p.Line = s.source.file, s.source.line(at)
	}
	s.found = append(s.found, reported{Problem: p, turn: s.turn, kind: kind})
}

// mistake tells problems of seeds apart in any world.
type mistake struct {
	location
	kind string
}

func (p *reported) mistake() mistake {
	if p.twin != nil {
		return *p.twin
	}
	return mistake{location{p.turn, p.Path}, p.kind}
}
