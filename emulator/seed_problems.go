package emulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// seedProblem is a problem of the seed whose turn it is. Kind tells it from other problems at the same place, whatever
// the world is that it names.
type seedProblem struct {
	SeedProblem
	turn int
	kind string
	twin *seedMistake // the same mistake in an empty world, where it has another place there
}

func seedError(problems []seedProblem) *SeedError {
	e := &SeedError{}
	for _, p := range problems {
		e.Problems = append(e.Problems, p.SeedProblem)
	}
	return e
}

// report tells of a mistake, unless the text at that place has been found unreadable.
func (s *seeding) report(at, format string, args ...any) {
	kind := format
	if format == "%s" {
		kind = fmt.Sprint(args...)
	}
	p := SeedProblem{Path: at, Message: fmt.Sprintf(format, args...)}
	if s.origin != nil {
		for _, known := range s.origin.problems {
			if known.Path != "" && (at == known.Path || strings.HasPrefix(at, known.Path+"/")) {
				return
			}
		}
		p.File, p.Line = s.origin.file, s.origin.line(at)
	}
	s.found = append(s.found, seedProblem{SeedProblem: p, turn: s.turn, kind: kind})
}

// seedMistake tells problems of seeds apart in any world.
type seedMistake struct {
	seedPlace
	kind string
}

func (p *seedProblem) mistake() seedMistake {
	if p.twin != nil {
		return *p.twin
	}
	return seedMistake{seedPlace{p.turn, p.Path}, p.kind}
}

// mistakes are the problems that seeds have in an empty world: those that are their own.
func mistakes(at time.Time, seeds []Seed) (found map[seedMistake]bool, err error) {
	found = map[seedMistake]bool{}
	err = world.Scratch(at, func(tx *world.Tx) error {
		s, err := applyOnly(tx, nil, seeds)
		if err != nil {
			return err
		}
		for i := range s.problems {
			found[s.problems[i].mistake()] = true
		}
		return nil
	})
	return found, err
}
