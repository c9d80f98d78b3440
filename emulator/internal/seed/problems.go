package seed

import (
	"fmt"
	"strings"
)

// reported is a problem that was found while a seed was applied.
type reported struct {
	Problem
	index int      // of the seed
	kind  string   // tells it from other problems at the same place, whatever data its message names
	twin  *mistake // the same mistake in an empty world, if it has another place there
}

func errorOf(problems []reported) *Error { return &Error{published(problems)} }

// published returns the part of problems that the author of the seed sees.
func published(problems []reported) []Problem {
	var shown []Problem
	for i := range problems {
		shown = append(shown, problems[i].Problem)
	}
	return shown
}

// report adds a mistake, unless the text at that place has a mistake already.
func (s *seeding) report(at, format string, args ...any) {
	kind := format
	if format == "%s" {
		kind = fmt.Sprint(args...)
	}
	problem := Problem{Path: at, Message: fmt.Sprintf(format, args...)}
	if s.source != nil {
		for _, known := range s.source.problems {
			if known.Path != "" && (at == known.Path || strings.HasPrefix(at, known.Path+"/")) {
				return
			}
		}
		problem.File, problem.Line = s.source.file, s.source.line(at)
	}
	s.found = append(s.found, reported{Problem: problem, index: s.index, kind: kind})
}

// mistake identifies a problem of the seeds independently of the stored data.
type mistake struct {
	location
	kind string
}

func (problem *reported) mistake() mistake {
	if problem.twin != nil {
		return *problem.twin
	}
	return mistake{location{problem.index, problem.Path}, problem.kind}
}
